import { Button, Group, NativeSelect, Stack, Text, Title } from '@mantine/core';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { DataTable, type Column } from '../../parts/DataTable';
import { Allowed, useBarred } from '../../parts/roles';
import { State } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { everyConnector } from '../connectors/reading';

type Level = Schema<'LogLevel'>['level'];
type Change = Schema<'LevelChange'>;

const logLevel = queryOptions({
  queryKey: ['log-level'],
  queryFn: ({ signal }) => ask(api.GET('/log-level', { signal })),
  refetchInterval: 15_000, // a change ends by itself
});

const levels: { value: Level; label: string }[] = [
  { value: 'debug', label: 'Everything (debug)' },
  { value: 'info', label: 'What happens (info)' },
  { value: 'warn', label: 'What may go wrong (warn)' },
  { value: 'error', label: 'What went wrong (error)' },
];
const called = (level: Level) => levels.find((l) => l.value === level)?.label ?? level;

// Logging says what the server logs, and changes it for a while.
export function Logging() {
  const query = useQuery(logLevel);
  return (
    <Stack>
      <Text>What every replica writes to its log. A change holds within seconds, ends by itself, and stands in the audit. Above debug the log holds no paths, as they name people.</Text>
      <Answer query={query} what="the log level" lines={5}>{(now) => <Now now={now} />}</Answer>
    </Stack>
  );
}

function Now({ now }: { now: Schema<'LogLevel'> }) {
  const barred = useBarred('owner', true);
  const cache = useQueryClient();
  const end = useMutation({
    mutationFn: (change: Change) => ask(api.DELETE('/log-level', { params: { query: { connector: change.connector } } })),
    onSuccess: (after) => { cache.setQueryData(logLevel.queryKey, after); announce('It logs as before.'); },
  });
  const columns: Column<Change>[] = [
    { head: 'Of', cell: (c) => c.connector ?? 'Everything' },
    { head: 'Level', cell: (c) => <State tone={c.level === 'debug' ? 'warn' : 'info'}>{called(c.level)}</State> },
    { head: 'Ends', cell: (c) => <When at={c.until} /> },
    ...(barred !== undefined ? [] : [{ head: 'Actions', cell: (c: Change) => <Button variant="default" size="compact-md" mih={36} aria-label={`End now: ${c.connector ?? 'everything'}`} loading={end.isPending && end.variables === c} onClick={() => end.mutate(c)}>End now</Button> }]),
  ];
  return (
    <Stack>
      <dl className="fields">
        <div><dt>Logged now</dt><dd>{called(now.level)}</dd></div>
        <div><dt>Started with</dt><dd>{called(now.started)} <Text span c="var(--mute)">(<code>MUSTER_LOG_LEVEL</code>)</Text></dd></div>
      </dl>
      {end.isError && <Failed error={end.error} what="Ending the change" />}
      {now.changes.length > 0 && <DataTable caption="Changes that hold now" columns={columns} rows={now.changes} id={(c) => c.connector ?? ''} />}
      <Title order={2}>Change it for a while</Title>
      <Allowed role="owner" deployment><ChangeForm /></Allowed>
    </Stack>
  );
}

function ChangeForm() {
  const connectors = useQuery(everyConnector());
  const [level, setLevel] = useState<Level>('debug');
  const [connector, setConnector] = useState('');
  const [time, setTime] = useState('15m');
  const cache = useQueryClient();
  const change = useMutation({
    mutationFn: () => ask(api.PUT('/log-level', { body: { level, connector: connector || undefined, for: time } })),
    onSuccess: (after) => { cache.setQueryData(logLevel.queryKey, after); announce('Changed what is logged.'); },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!change.isPending) change.mutate();
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <Group gap="sm" align="flex-end">
          <NativeSelect label="Log" value={level} data={levels} onChange={(e) => setLevel(e.currentTarget.value as Level)} />
          <NativeSelect label="Of" value={connector} data={[{ value: '', label: 'Everything' }, ...(connectors.data ?? []).map((c) => ({ value: c.slug, label: c.slug }))]} onChange={(e) => setConnector(e.currentTarget.value)} />
          <NativeSelect label="For" value={time} data={[{ value: '15m', label: '15 minutes' }, { value: '1h', label: 'an hour' }, { value: '4h', label: '4 hours' }, { value: '24h', label: 'a day' }]} onChange={(e) => setTime(e.currentTarget.value)} />
          <Button type="submit" variant="default" loading={change.isPending}>Change it</Button>
        </Group>
        {change.isError && <Failed error={change.error} what="Changing what is logged" />}
      </Stack>
    </form>
  );
}
