import { Button, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { problemOf } from '../../api/problem';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { ButtonLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Allowed } from '../../parts/roles';
import { Note } from '../../parts/State';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { credentialsOf } from '../connectors/reading';
import { domainsOf } from '../linking/reading';

type Connector = Schema<'Connector'>;

// Ends are the ways to a connector's end: retired by a plan, then deleted.
export function Ends({ connector: c }: { connector: Connector }) {
  const [deleting, setDeleting] = useState(false);
  const people = useQuery(domainsOf(c.slug));
  const params = { slug: c.slug };
  return (
    <Stack component="section" gap="sm" className="panel" aria-labelledby="ends">
      <Title order={2} id="ends">Retire and delete</Title>
      <Answer query={people} what="how much it holds" lines={2}>
        {({ records, linked }) => (records === 0
          ? <Text>It holds nobody.</Text>
          : <Text>It holds {records} {records === 1 ? 'person' : 'people'}, {linked} of them linked to users of directory <Name>{c.directory}</Name>. They are let go by a plan first: it says what becomes of each, and nothing happens before you have read it.</Text>)}
      </Answer>
      <Text>To pause without consequences, <b>only observe</b>: the identity provider gets its answers, and the directory stands still.</Text>
      <Group gap="sm">
        <ButtonLink variant="default" to="/connectors/$slug/mode" params={params}>Pause or retire</ButtonLink>
        <Allowed role="ruleEditor"><Button color="bad" variant="outline" onClick={() => setDeleting(true)}>Delete the connector</Button></Allowed>
      </Group>
      {deleting && <Delete connector={c} records={people.data?.records} onClose={() => setDeleting(false)} />}
    </Stack>
  );
}

// Delete asks before a connector is deleted, and wants its short name. The server refuses while it
// holds records, or anybody waits for what its rules say.
function Delete({ connector: c, records, onClose }: { connector: Connector; records?: number; onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const [wrong, setWrong] = useState(false);
  const credentials = useQuery(credentialsOf(c.slug));
  const cache = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => ask(api.DELETE('/connectors/{c}', { params: { path: { c: c.slug } } })),
    onSuccess: async () => {
      announce(`Deleted connector ${c.slug}.`);
      await navigate({ to: '/connectors' });
      cache.removeQueries({ queryKey: ['connectors', c.slug] });
      void cache.invalidateQueries({ queryKey: ['connectors'] });
    },
  });
  const n = credentials.data?.length ?? 0;
  const holds = (records ?? 0) > 0;
  function submit() {
    setWrong(typed.trim() !== c.slug);
    if (typed.trim() === c.slug && !remove.isPending) remove.mutate();
  }
  return (
    <Dialog title="Delete this connector?" onClose={onClose}>
      <Stack>
        {holds && <Note tone="warn" title="Retire it first">It still holds {records} {records === 1 ? 'person' : 'people'}, and cannot be deleted before a plan of retirement has said what becomes of them.</Note>}
        {!holds && <Text>Its base URL answers nobody any more, {n === 1 ? 'its credential ends' : `its ${n} credentials end`}, and its rules with all their versions go. What it did stays in the audit. This cannot be taken back.</Text>}
        {!holds && <TextInput label={`Type ${c.slug} to confirm`} autoComplete="off" spellCheck={false} value={typed} error={wrong ? `This is not ${c.slug}.` : undefined} onChange={(e) => setTyped(e.currentTarget.value)} />}
        {remove.isError && <Failed error={problemOf(remove.error)} what="Deleting" />}
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>Keep it</Button>
          {holds
            ? <ButtonLink to="/connectors/$slug/mode" params={{ slug: c.slug }}>Retire it</ButtonLink>
            : <Button color="bad" loading={remove.isPending} onClick={submit}>Delete</Button>}
        </Group>
      </Stack>
    </Dialog>
  );
}
