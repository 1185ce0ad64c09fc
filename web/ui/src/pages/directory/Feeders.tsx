import { List, Stack, Text } from '@mantine/core';

import type { Schema } from '../../api/client';
import { DataTable } from '../../parts/DataTable';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Note, State } from '../../parts/State';
import { Heading } from './Heading';
import { origins } from './words';

type Feeders = Schema<'GroupFeeders'>;
type Feeder = Schema<'GroupFeeder'>;
type Verdict = Schema<'GroupVerdict'>;

// Feeders are what connectors have to do with a group's name: what their IdPs send, which rules are
// about it, and what becomes of it.
export function Feeders({ d, feeders }: { d: string; feeders: Feeders }) {
  return (
    <Stack gap="lg">
      <Clashes d={d} feeders={feeders} />
      {feeders.members !== undefined && <Text>{counted(feeders.members)}</Text>}
      <section>
        <Heading>What feeds it</Heading>
        {feeders.connectors.length === 0
          ? <Text>No connector of this directory.</Text>
          : <DataTable caption="What each connector does with this name" rows={feeders.connectors} id={(f) => f.connector} columns={[
            { head: 'Connector', cell: (f) => <><TextLink to="/connectors/$slug/rules" params={{ slug: f.connector }} search={{ find: feeders.group.displayName }}>{f.connector}</TextLink>{f.mode !== 'live' && <Text c="dimmed" size="sm">{f.mode === 'observe' ? 'observed: changes nothing' : 'switched off'}</Text>}</> },
            { head: 'Its IdP sends', cell: (f) => <Sends feeder={f} /> },
            { head: 'Verdict', cell: (f) => <Verdicts feeder={f} /> },
            { head: 'Rules about this name', cell: (f) => <Rules feeder={f} /> },
          ]} />}
      </section>
    </Stack>
  );
}

function Clashes({ d, feeders }: { d: string; feeders: Feeders }) {
  if (feeders.conflicts.length === 0) return null;
  return (
    <Note tone="warn" title="A conflict about this name waits for somebody">
      {feeders.conflicts.map((c) => (
        <Text key={c.id}>
          {c.connector} sends a group of this name and may not feed it. <TextLink to="/conflicts" search={{ in: d, kind: 'foreignGroup', connector: c.connector, open: c.id }}>Weigh and decide<span className="visually-hidden"> about {c.connector}</span></TextLink>
        </Text>
      ))}
    </Note>
  );
}

function Sends({ feeder }: { feeder: Feeder }) {
  if (feeder.sends.length === 0) return <Text span c="dimmed">{feeder.mode === 'live' ? 'no group of this name' : 'nothing that counts'}</Text>;
  return feeder.sends.map((s) => <Text key={s.name}><Name>{s.name}</Name> <Text span c="dimmed">with {members(s.members)}</Text></Text>);
}

// Verdicts are what becomes of what the IdP sends; of what it does not send, what would.
function Verdicts({ feeder }: { feeder: Feeder }) {
  return (
    <>
      {feeder.sends.map((s) => <div key={s.name}><State tone={s.assigned ? 'ok' : 'bad'}>{s.assigned ? 'Let in' : 'Held back'}</State><Text size="sm"><Name>{s.because.sentence}</Name></Text></div>)}
      {feeder.sends.length === 0 && feeder.always === undefined && <Text c="dimmed">If it were sent: {would(feeder.ifSent)}</Text>}
      {feeder.always !== undefined && <div><State tone={feeder.always.assigned ? 'ok' : 'bad'}>{feeder.always.assigned ? 'Always assigned' : 'Not assigned'}</State><Text size="sm"><Name>{feeder.always.because.sentence}</Name></Text></div>}
    </>
  );
}

// would says a verdict about what is not sent; the sentence of the reason speaks of what is.
function would({ assigned, because }: Verdict) {
  if (assigned) return because.pattern === undefined ? 'let in.' : <>let in by {because.list} <Name>{because.pattern}</Name>.</>;
  switch (because.code) {
    case 'neverAssign': return <>dropped by neverAssign <Name>{because.pattern ?? ''}</Name>.</>;
    case 'onlyAssign': return 'dropped: no entry of onlyAssign matches it.';
    case 'foreignGroup': return 'dropped: the group is another tenant’s or local, and not shared.';
    case 'protectedGroup': return <>dropped: protectedGroups <Name>{because.pattern ?? ''}</Name> of the directory protects it.</>;
    case 'anotherTenant': return 'another tenant decides.';
    default: return <>not decided: {because.list} <Name>{because.pattern ?? ''}</Name> runs out of time.</>;
  }
}

function Rules({ feeder }: { feeder: Feeder }) {
  if (feeder.rules.length === 0) return <Text span c="dimmed">none</Text>;
  return (
    <List size="sm">
      {feeder.rules.map((r) => <List.Item key={r.list + r.place}>{r.list}, entry {r.place + 1}: {r.form === 'pattern' ? '' : `${forms[r.form]} `}<Name>{r.text}</Name></List.Item>)}
    </List>
  );
}

const forms: Record<Exclude<Schema<'MentioningRule'>['form'], 'pattern'>, string> = {
  is: 'is', startsWith: 'starts with', endsWith: 'ends with', contains: 'contains', matches: 'matches', set: 'set',
};

const members = (n: number) => `about ${n.toLocaleString()} ${n === 1 ? 'member' : 'members'}`;

function counted({ total, origins: by }: NonNullable<Feeders['members']>): string {
  if (total === 0) return 'Nobody is in it.';
  const parts = (Object.keys(origins) as (keyof typeof origins)[]).filter((o) => (by[o] ?? 0) > 0).map((o) => `${(by[o] ?? 0).toLocaleString()} ${origins[o]}`);
  return `${total.toLocaleString()} ${total === 1 ? 'member' : 'members'}: ${parts.join(', ')}.`;
}
