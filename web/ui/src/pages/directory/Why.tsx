import { Button, Group, SegmentedControl, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';

import { Page } from '../../parts/Page';
import { Answer } from '../../states/Answer';
import { WhyAnswer } from './WhyAnswer';
import { answerTo, isID, oneUser } from './reading';
import type { Question } from './routes';
import { useChosen, Where } from './Where';

type About = 'group' | 'status' | 'attribute';

// Why asks why a user is in a group or not, has its status, or an attribute its value. The
// question stands in the address, so that the answer can be sent on.
export function Why() {
  const asked = useSearch({ from: '/shell/why' });
  const d = useChosen();
  const byID = isID(asked.user ?? '');
  const known = useQuery({ ...oneUser(d ?? '', asked.user ?? ''), enabled: d !== undefined && byID });
  const who = known.data?.user.userName ?? asked.user;
  return (
    <Page title={asked.user === undefined ? 'Why' : `Why: ${who}${asked.group === undefined ? '' : ` and ${asked.group}`}${asked.attribute === undefined ? '' : `, ${asked.attribute}`}`} heading="Why?">
      {byID && known.isPending && d !== undefined ? null : <Ask key={`${who} ${asked.group} ${asked.attribute}`} asked={asked} who={who ?? ''} />}
      {asked.user !== undefined && <Where>{(directory) => <Asked d={directory} asked={asked} />}</Where>}
    </Page>
  );
}

function Asked({ d, asked }: { d: string; asked: Question }) {
  const query = useQuery(answerTo(d, asked));
  return <Answer query={query} what="the answer" lines={8}>{(answer) => <WhyAnswer d={d} answer={answer} asked={asked} />}</Answer>;
}

// Ask is the question: about whom, and what. It is asked with a button, as an answer can take a
// second.
function Ask({ asked, who }: { asked: Question; who: string }) {
  const navigate = useNavigate();
  const [user, setUser] = useState(who);
  const [about, setAbout] = useState<About>(asked.attribute !== undefined ? 'attribute' : asked.user === undefined || asked.group !== undefined ? 'group' : 'status');
  const [subject, setSubject] = useState(asked.group ?? asked.attribute ?? '');
  const [sent, setSent] = useState(false);
  const missing = about !== 'status' && subject.trim() === '';
  function ask(event: FormEvent) {
    event.preventDefault();
    setSent(true);
    if (user.trim() === '' || missing) return;
    const same = user === who && asked.user !== undefined; // then by its id, which stays when the name changes
    void navigate({ to: '/why', search: { in: asked.in, user: same ? asked.user : user.trim(), group: about === 'group' ? subject : undefined, attribute: about === 'attribute' ? subject.trim() : undefined } });
  }
  return (
    <form noValidate onSubmit={ask}>
      <Stack gap="sm">
        <SegmentedControl aria-label="About" value={about} onChange={(value) => { setAbout(value as About); setSubject(''); }} style={{ alignSelf: 'flex-start', maxWidth: '100%' }} styles={{ label: { paddingInline: '0.35rem' } }}
          data={[{ value: 'group', label: 'A group' }, { value: 'status', label: 'The status' }, { value: 'attribute', label: 'An attribute' }]} />
        <Group gap="sm" align="flex-start">
          <TextInput label="User" description="E-mail, userName or id" value={user} onChange={(e) => setUser(e.currentTarget.value)} style={{ flex: '1 1 16rem', maxWidth: '26rem' }}
            error={sent && user.trim() === '' ? 'Say whom the question is about.' : undefined} />
          {about !== 'status' && (
            <TextInput label={about === 'group' ? 'Group' : 'Attribute'} description={about === 'group' ? 'Its name' : 'SCIM’s name, such as title'} value={subject} onChange={(e) => setSubject(e.currentTarget.value)} style={{ flex: '1 1 16rem', maxWidth: '26rem' }}
              error={sent && missing ? (about === 'group' ? 'Name a group.' : 'Name an attribute.') : undefined} />
          )}
        </Group>
        <Group><Button type="submit">Ask why</Button></Group>
      </Stack>
    </form>
  );
}
