import { Group, List, Stack, Text } from '@mantine/core';

import type { Schema } from '../../api/client';
import { Copy } from '../../parts/Copy';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Note, State, type Tone } from '../../parts/State';
import { When } from '../../parts/When';
import { Heading } from './Heading';
import type { Question } from './routes';

type Answer = Schema<'Why'>;

const verdicts: Record<Answer['answer'], { tone: Tone; word: string }> = {
  member: { tone: 'ok', word: 'Yes, a member' }, notMember: { tone: 'bad', word: 'No, not a member' },
  active: { tone: 'ok', word: 'Active' }, disabled: { tone: 'warn', word: 'Disabled' }, deleted: { tone: 'bad', word: 'Deleted' },
  given: { tone: 'ok', word: 'Given' }, kept: { tone: 'info', word: 'Kept' }, notGiven: { tone: 'mute', word: 'Not given' },
};

const steps: Record<Schema<'WhyStep'>['step'], string> = {
  received: 'Received', linked: 'Linked', mapped: 'Mapped', inScope: 'In scope', lists: 'Decided', settled: 'Settled',
};

const hands: Record<Schema<'WhyOtherwise'>['by'], string> = {
  rules: 'Rules', directory: 'Directory settings', idp: 'At the IdP', administrator: 'By hand', mode: 'Connector mode',
};

// WhyAnswer is an answer: the sentence first, then the way there, and what would change it.
export function WhyAnswer({ d, answer, asked }: { d: string; answer: Answer; asked: Question }) {
  const { tone, word } = verdicts[answer.answer];
  const link = window.location.href;
  return (
    <Stack gap="xl">
      <div role="status">
        <Note tone={tone === 'mute' ? 'info' : tone} title={word}>
          <Text size="lg"><Name>{answer.sentence}</Name></Text>
          {answer.value !== undefined && <Text>The value: <code><Name>{typeof answer.value === 'string' ? answer.value : JSON.stringify(answer.value)}</Name></code></Text>}
          {answer.pending && <Text><State tone="info">Not settled yet</State> The directory does not show this yet: a change waits.</Text>}
          <Text c="dimmed" size="sm">Reason <code>{answer.code}</code></Text>
        </Note>
      </div>
      <Group gap="sm">
        <Copy text={link} what="link" />
        <Text span>the link, or</Text>
        <Copy text={ticket(answer, link)} what="answer for a ticket" />
        <Text span>the whole answer for a ticket.</Text>
        {asked.user !== undefined && <TextLink to="/users" search={{ in: d, q: asked.user }}>The user</TextLink>}
      </Group>
      <section>
        <Heading>How it came to this</Heading>
        {answer.steps.length === 0
          ? <Text>No connector has said anything about it.</Text>
          : <List type="ordered" spacing="sm">{answer.steps.map((s, i) => <List.Item key={i}><Step step={s} /></List.Item>)}</List>}
      </section>
      <section>
        <Heading>What would change it</Heading>
        {answer.wouldChange.length === 0
          ? <Text>Nothing is known that would.</Text>
          : <Stack gap="sm">{answer.wouldChange.map((w, i) => <Otherwise key={i} way={w} />)}</Stack>}
        <Text c="dimmed" mt="sm">Nothing of this is done.</Text>
      </section>
    </Stack>
  );
}

function Step({ step }: { step: Schema<'WhyStep'> }) {
  return (
    <>
      <strong>{steps[step.step]}</strong>{step.connector !== undefined && <> · {step.connector}</>}{step.rulesVersion !== undefined && <> · rules version {step.rulesVersion}</>}
      <Text><Name>{step.detail}</Name></Text>
      {step.said !== undefined && (
        <Text c="dimmed" size="sm" style={{ overflowWrap: 'anywhere' }}>
          <When at={step.said.time} />{step.said.credential !== undefined && <>, with “<Name>{step.said.credential}</Name>”</>}{step.said.request !== undefined && <>, in request <code>{step.said.request}</code></>}{step.said.likely === true && ', probably'}
        </Text>
      )}
    </>
  );
}

function Otherwise({ way }: { way: Schema<'WhyOtherwise'> }) {
  const c = way.consequences;
  return (
    <div className="panel">
      <Text fw={600}>{hands[way.by]}{way.connector !== undefined && <> · {way.connector}</>}</Text>
      <Text><Name>{way.sentence}</Name></Text>
      {c !== undefined && (
        <>
          <Text>
            {c.atLeast ? 'At least ' : ''}{c.joins} would join, {c.leaves} would leave; of {c.users} {c.users === 1 ? 'user' : 'users'} anything would change{c.statusChanges > 0 && <>, of {c.statusChanges} the status</>}.
          </Text>
          {c.groups.length > 0 && (
            <List size="sm">
              {c.groups.map((g) => <List.Item key={g.group}><Name>{g.group}</Name>: {g.joins} would join, {g.leaves} would leave</List.Item>)}
              {c.moreGroups > 0 && <List.Item>and {c.moreGroups} more groups</List.Item>}
            </List>
          )}
        </>
      )}
    </div>
  );
}

// ticket is the answer as a text for whoever asked.
function ticket(answer: Answer, link: string): string {
  const way = answer.steps.map((s, i) => `${i + 1}. ${steps[s.step]}${s.connector === undefined ? '' : ` (${s.connector})`}: ${s.detail}`);
  const changes = answer.wouldChange.map((w) => `- ${w.sentence}`);
  return [answer.sentence, '', 'How it came to this:', ...way, ...(changes.length === 0 ? [] : ['', 'What would change it:', ...changes]), '', link].join('\n');
}
