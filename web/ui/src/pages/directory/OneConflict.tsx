import { Button, Group, List, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Schema } from '../../api/client';
import { DataTable } from '../../parts/DataTable';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Allowed } from '../../parts/roles';
import { Note } from '../../parts/State';
import { Answer } from '../../states/Answer';
import { Decide, type Choice } from './Decide';
import { oneConflict } from './reading';
import { Weigh } from './Weigh';
import { foundAs } from './words';

type Detail = Schema<'ConflictDetail'>;
type Side = Schema<'Side'>;

// These arise when users are settled, and are not about whom a record belongs to unless linking
// found somebody there: their cause has to go, or the record is refused.
const fromSettling = new Set(['foreignGroup', 'userNameTaken', 'protectedUser']);

// OneConflict lays a record beside the users that it might be, and offers what can be decided.
export function OneConflict({ d, id }: { d: string; id: string }) {
  const query = useQuery(oneConflict(d, id));
  return <Answer query={query} what="the conflict">{(conflict) => <Beside d={d} conflict={conflict} />}</Answer>;
}

function Beside({ d, conflict }: { d: string; conflict: Detail }) {
  const [choice, setChoice] = useState<Choice>();
  const comparison = conflict.comparison;
  const aboutLinking = !fromSettling.has(conflict.kind) || conflict.candidates.length > 0;
  return (
    <Stack gap="sm">
      {comparison === undefined
        ? conflict.kind === 'foreignGroup' ? <Weigh d={d} id={conflict.id} open={conflict.decision === undefined} /> : <Text>The record is gone.</Text>
        : <SideBySide d={d} comparison={comparison} />}
      <Allowed role="operator" deployment>
        <Group gap="sm">
          {conflict.decision === undefined && aboutLinking && (
            <>
              {conflict.candidates.map((c, i) => <Button key={c.id} variant="default" onClick={() => setChoice({ decision: 'link', user: c })}>{conflict.candidates.length === 1 ? 'Link…' : `Link to user ${i + 1}…`}</Button>)}
              <Button variant="default" onClick={() => setChoice({ decision: 'keepSeparate' })}>Keep separate…</Button>
            </>
          )}
          {conflict.decision === undefined && <Button variant="outline" color="bad" onClick={() => setChoice({ decision: 'refuse' })}>Refuse…</Button>}
          {conflict.decision !== undefined && <Button variant="default" onClick={() => setChoice({ decision: 'undo' })}>Take it back…</Button>}
        </Group>
      </Allowed>
      {conflict.decision === undefined && !aboutLinking && <Note tone="info">It closes by itself when its cause is gone, at the IdP or in the directory’s settings.</Note>}
      {choice !== undefined && <Decide d={d} conflict={conflict.id} choice={choice} onClose={() => setChoice(undefined)} />}
    </Stack>
  );
}

function SideBySide({ d, comparison }: { d: string; comparison: Schema<'Comparison'> }) {
  const { record, candidates } = comparison;
  const rows: { what: string; of: (s: Side) => string | undefined }[] = [
    { what: 'userName', of: (s) => s.userName },
    { what: 'Name', of: (s) => s.displayName },
    { what: 'E-mail', of: (s) => s.email },
    { what: 'externalId', of: (s) => s.externalId },
    { what: 'employeeNumber', of: (s) => s.employeeNumber },
    { what: 'Status', of: (s) => s.status },
    { what: 'Found by', of: (s) => s.by?.map((k) => foundAs[k as keyof typeof foundAs] ?? k).join(', ') },
    { what: 'Connectors', of: (s) => (s.by === undefined ? undefined : s.connectors?.join(', ') ?? 'none') },
    { what: 'Groups', of: (s) => (s === record ? undefined : String(s.memberships)) },
  ];
  const cell = (v: string | undefined) => (v === undefined || v === '' ? <Text span c="dimmed">–</Text> : <Name>{v}</Name>);
  return (
    <>
      <DataTable caption="The record beside the users that it might be" rows={rows.filter((r) => [record, ...candidates].some((s) => r.of(s) !== undefined))} id={(r) => r.what} columns={[
        { head: 'What', cell: (r) => r.what },
        { head: 'The record', cell: (r) => cell(r.of(record)) },
        ...candidates.map((c, i) => ({ head: candidates.length === 1 ? 'The user' : `User ${i + 1}`, cell: (r: typeof rows[number]) => cell(r.of(c)) })),
      ]} />
      {candidates.map((c, i) => (
        <div key={c.id ?? i}>
          <Text>
            {candidates.length > 1 && `User ${i + 1}: `}A link to {c.id === undefined ? <Name>{c.userName}</Name> : <TextLink to="/users/$id" params={{ id: c.id }} search={{ in: d }}><Name>{c.userName}</Name></TextLink>}
            {c.changes.length === 0 ? ' would overwrite nothing.' : ' would overwrite:'}
          </Text>
          {c.changes.length > 0 && <List size="sm">{c.changes.map((a) => <List.Item key={a.name}>{a.name}: {worth(a.before)} becomes {worth(a.after)}</List.Item>)}</List>}
        </div>
      ))}
    </>
  );
}

function worth(value: unknown) {
  if (value === undefined || value === null) return <em>nothing</em>;
  return <Name>{typeof value === 'string' ? value : JSON.stringify(value)}</Name>;
}
