import { Button, Group, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';

import type { Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { DataTable, type Column } from '../../parts/DataTable';
import { IconDownload } from '../../parts/icons';
import { Name } from '../../parts/Name';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { Failed } from '../../states/Failed';
import type { PlanFilter } from '../rules/routes';
import { changesAsCSV, changesOf } from './reading';
import { Totals } from './Totals';
import { ops, OpState } from './words';

type Change = Schema<'PlanChange'>;

const views: { by: PlanFilter['by']; label: string }[] = [
  { by: undefined, label: 'Line by line' }, { by: 'group', label: 'By group' }, { by: 'user', label: 'By user' }, { by: 'reason', label: 'By reason' },
];

// Changes are what a plan does, losses first, line by line or counted, narrowed by what the address
// says.
export function Changes({ slug, plan }: { slug: string; plan: Schema<'Plan'> }) {
  const filter = useSearch({ from: '/shell/connectors/$slug/plans/$plan' });
  const navigate = useNavigate();
  const csv = useMutation({
    mutationFn: () => changesAsCSV(slug, plan.id, filter),
    onSuccess: (blob) => { save(blob, `plan-${slug}.csv`); announce('The file was written.'); },
  });
  const set = (change: PlanFilter) => void navigate({ to: '/connectors/$slug/plans/$plan', params: { slug, plan: plan.id }, search: { ...filter, ...change }, replace: true });
  const { by, from, ...narrowing } = filter;
  const narrowed = Object.values(narrowing).some((value) => value !== undefined);
  const clear = <Button variant="default" onClick={() => set({ op: undefined, user: undefined, group: undefined, reason: undefined })}>Clear the filters</Button>;
  return (
    <Stack component="section" gap="sm" aria-labelledby="changes">
      <Title order={2} id="changes">Who gains and loses what</Title>
      <nav aria-label="Ways to read the plan" className="tabs">
        {views.map((view) => <Link key={view.label} to="/connectors/$slug/plans/$plan" params={{ slug, plan: plan.id }} search={{ ...narrowing, by: view.by, from }} replace activeOptions={{ exact: true, includeSearch: true }}>{view.label}</Link>)}
      </nav>
      <Filters key={JSON.stringify(narrowing)} filter={filter} set={set} />
      <Group gap="sm">
        {filter.reason !== undefined && <Text>Only for the reason <code>{filter.reason}</code>.</Text>}
        {narrowed && clear}
        <Button variant="default" leftSection={<IconDownload />} loading={csv.isPending} onClick={() => csv.mutate()}>Download as CSV</Button>
      </Group>
      {csv.isError && <Failed error={csv.error} what="Writing the file" />}
      {by === undefined ? <Lines slug={slug} plan={plan} filter={filter} set={set} narrowed={narrowed} /> : <Totals key={by} slug={slug} plan={plan} by={by} filter={filter} set={set} />}
    </Stack>
  );
}

interface LinesProps {
  slug: string;
  plan: Schema<'Plan'>;
  filter: PlanFilter;
  set: (change: PlanFilter) => void;
  narrowed: boolean;
}

// Lines are the changes one by one.
function Lines({ slug, plan, filter, set, narrowed }: LinesProps) {
  const query = useInfiniteQuery(changesOf(slug, plan.id, plan.hash ?? '', filter));
  const columns: Column<Change>[] = [
    { head: 'User', cell: (c) => <div className="wide-cell"><Pick label={c.user.userName} on={filter.user} onPick={(user) => set({ user })} value={c.user.id ?? c.user.userName} /></div> },
    { head: 'What', cell: (c) => <OpState op={c.op} /> },
    { head: 'Group', cell: (c) => (c.group?.displayName === undefined ? (c.attributes ?? []).join(', ') : <Pick label={c.group.displayName} on={filter.group} onPick={(group) => set({ group })} value={c.group.displayName} />) },
    { head: 'Because', cell: (c) => <div className="wide-cell">{c.because.sentence} {filter.reason === undefined && <Button variant="subtle" size="compact-sm" mih={28} onClick={() => set({ reason: c.because.code })}>All for this reason</Button>}</div> },
  ];
  return (
    <Answer query={query} what="the changes" lines={6}>
      {(data) => {
        const rows = data.pages.flatMap((page) => page.items);
        if (rows.length === 0) return narrowed ? <Empty title="None is like this">Of what the plan does, nothing fits the filters.</Empty> : <Empty title="Nothing changes">Nobody gains or loses anything.</Empty>;
        return (
          <>
            <DataTable caption="Changes of the plan" columns={columns} rows={rows} id={(c) => [c.op, c.user.id, c.user.userName, c.group?.displayName, c.record].join('|')} />
            {query.hasNextPage && <Group><Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Show more</Button></Group>}
          </>
        );
      }}
    </Answer>
  );
}

// Filters narrow the lines. Users and groups are looked for when the field is sent.
function Filters({ filter, set }: { filter: PlanFilter; set: (change: PlanFilter) => void }) {
  const [user, setUser] = useState(filter.user ?? '');
  const [group, setGroup] = useState(filter.group ?? '');
  function submit(event: FormEvent) {
    event.preventDefault();
    set({ user: user.trim() || undefined, group: group.trim() || undefined });
  }
  return (
    <form onSubmit={submit}>
      <Group gap="sm" align="flex-end">
        <NativeSelect label="What" value={filter.op ?? ''} onChange={(e) => set({ op: e.currentTarget.value || undefined })} data={[{ value: '', label: 'Everything' }, ...ops.map(({ op, label }) => ({ value: op, label }))]} />
        <TextInput label="User" description="User name or id" value={user} onChange={(e) => setUser(e.currentTarget.value)} />
        <TextInput label="Group" description="Name or id" value={group} onChange={(e) => setGroup(e.currentTarget.value)} />
        <Button type="submit" variant="default">Find</Button>
      </Group>
    </form>
  );
}

// Pick shows a name; a button beside it narrows the list to it.
function Pick({ label, value, on, onPick }: { label: string; value: string; on?: string; onPick: (value: string) => void }) {
  return (
    <>
      <Name>{label}</Name>{' '}
      {on === undefined && <Button variant="subtle" size="compact-sm" mih={28} aria-label={`Only ${label}`} onClick={() => onPick(value)}>Only</Button>}
    </>
  );
}

function save(blob: Blob, name: string) {
  const url = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
