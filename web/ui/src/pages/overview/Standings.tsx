import { Button, Group, Title } from '@mantine/core';
import { useState } from 'react';

import type { Schema } from '../../api/client';
import { DataTable, type Column } from '../../parts/DataTable';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { State } from '../../parts/State';
import { When } from '../../parts/When';
import { kindLabel, ModeState } from '../connectors/words';

type Standing = Schema<'ConnectorStanding'>;

const page = 25;

const columns: Column<Standing>[] = [
  { head: 'Connector', cell: (c) => <TextLink to="/connectors/$slug" params={{ slug: c.connector }}><Name>{c.name}</Name></TextLink> },
  { head: 'Identity provider', cell: (c) => kindLabel(c.kind as Schema<'Connector'>['kind']) },
  { head: 'Mode', cell: (c) => <ModeState mode={c.mode} /> },
  { head: 'Health', cell: (c) => <Health c={c} /> },
  { head: 'Last good request', cell: (c) => <When at={c.last} never="never yet" /> },
  { head: 'Requests in 24 h', number: true, cell: (c) => (c.day.reads + c.day.writes + c.day.refused + c.day.failed).toLocaleString() },
  { head: 'Refused or failed', number: true, cell: (c) => <Bad c={c} /> },
  { head: 'Changes in 24 h', number: true, cell: (c) => c.day.changes.toLocaleString() },
];

// Standings is how each connector does.
export function Standings({ connectors }: { connectors: Standing[] }) {
  const [shown, setShown] = useState(page);
  return (
    <section aria-labelledby="standings">
      <Title order={2} id="standings" mb="xs">Connectors</Title>
      <DataTable caption="How connectors stand" columns={columns} rows={connectors.slice(0, shown)} id={(c) => c.connector} />
      {connectors.length > shown && <Group mt="sm"><Button variant="default" onClick={() => setShown(shown + page)}>Show {Math.min(page, connectors.length - shown)} more</Button></Group>}
    </section>
  );
}

// Health is a word for how a connector and its IdP get on.
function Health({ c }: { c: Standing }) {
  if (c.mode === 'disabled') return <State tone="mute">Switched off</State>;
  if (c.held > 0) return <State tone="bad">Changes held</State>;
  if (c.state === 'trouble') return <State tone="warn">Trouble</State>;
  if (c.quiet !== undefined) return <State tone="warn">Quiet</State>;
  if (c.ending.some((k) => k.expired)) return <State tone="warn">Credential expired</State>;
  if (c.state === 'waiting') return <State tone="mute">Waiting</State>;
  return <State tone="ok">Well</State>;
}

function Bad({ c }: { c: Standing }) {
  const bad = c.day.refused + c.day.failed;
  return bad === 0 ? <>0</> : <TextLink to="/activity" search={{ connector: c.connector, failed: true }}>{bad.toLocaleString()}<span className="visually-hidden"> refused or failed requests of {c.name}</span></TextLink>;
}
