import { Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

import type { Schema } from '../../api/client';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { State, type Tone } from '../../parts/State';
import { When } from '../../parts/When';

type Standing = Schema<'ConnectorStanding'>;

interface Decision {
  key: string;
  tone: Tone;
  word: string;
  text: ReactNode;
}

const most = 12; // that are shown, the gravest first

// Decisions is what waits for somebody, with a link to where it is decided. Each goes by itself
// once its cause is gone.
export function Decisions({ connectors }: { connectors: Standing[] }) {
  const all = decisionsOf(connectors);
  return (
    <section aria-labelledby="decisions">
      <Title order={2} id="decisions" mb="xs">Needs a decision</Title>
      {all.length === 0
        ? <Text><State tone="ok">Nothing waits</State></Text>
        : (
          <Stack component="ul" gap="xs" m={0} p={0} style={{ listStyle: 'none' }}>
            {all.slice(0, most).map((d) => <li key={d.key} className="panel"><State tone={d.tone}>{d.word}</State> {d.text}</li>)}
          </Stack>
        )}
      {all.length > most && <Text mt="xs">{all.length - most} more; the table below has a word for each connector.</Text>}
    </section>
  );
}

// decisionsOf lists what waits, the gravest first.
function decisionsOf(connectors: Standing[]): Decision[] {
  const held: Decision[] = [];
  const ended: Decision[] = [];
  const odd: Decision[] = [];
  const open: Decision[] = [];
  const ready: Decision[] = [];
  for (const c of connectors) {
    const slug = c.connector;
    const name = <Name>{c.name}</Name>;
    if (c.held > 0) {
      held.push({ key: `${slug} held`, tone: 'bad', word: 'Held', text: <>{name}: {count(c.held, 'change is', 'changes are')} held, since <When at={c.heldSince} />. <TextLink to="/connectors/$slug/holds" params={{ slug }}>Review what {name} may not do</TextLink></> });
    }
    for (const k of c.ending) {
      ended.push({ key: k.id, tone: k.expired ? 'bad' : 'warn', word: k.expired ? 'Expired' : 'Expires', text: <>{name}: the credential “<Name>{k.name}</Name>” {k.expired ? 'expired' : 'expires'} <When at={k.expires} />. <TextLink to="/connectors/$slug/credentials" params={{ slug }}>Replace “<Name>{k.name}</Name>”</TextLink></> });
    }
    if (c.mode !== 'disabled' && c.state === 'trouble') {
      odd.push({ key: `${slug} trouble`, tone: 'warn', word: 'Trouble', text: <>{name}: requests come that cannot work. <TextLink to="/connectors/$slug/setup" params={{ slug }}>See what is wrong with {name}</TextLink></> });
    }
    if (c.quiet !== undefined) {
      odd.push({ key: `${slug} quiet`, tone: 'warn', word: 'Quiet', text: <>{name}: {c.quiet} <TextLink to="/connectors/$slug/setup" params={{ slug }}>How {name} gets on</TextLink></> });
    }
    if (c.conflicts > 0) {
      const of = c.ambiguous === 0 ? '' : `, ${c.ambiguous === c.conflicts ? 'all' : c.ambiguous} because several users match`;
      open.push({ key: `${slug} conflicts`, tone: 'warn', word: 'Conflict', text: <>{name}: {count(c.conflicts, 'conflict waits', 'conflicts wait')}{of}. <TextLink to="/conflicts" search={{ in: c.directory, connector: slug }}>Decide what {name} left open</TextLink></> });
    }
    if (c.ready) {
      ready.push({ key: `${slug} ready`, tone: 'info', word: 'Observes', text: <>{name} is connected, and nothing that it sends is applied. <TextLink to="/connectors/$slug/plans/$plan" params={{ slug, plan: 'live' }}>See what going live with {name} would do</TextLink></> });
    }
  }
  return [...held, ...ended, ...odd, ...open, ...ready];
}

function count(n: number, one: string, many: string): string {
  return `${n.toLocaleString()} ${n === 1 ? one : many}`;
}
