import { Group, NativeSelect, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';

import type { Schema } from '../../api/client';
import { DataTable } from '../../parts/DataTable';
import { Answer } from '../../states/Answer';
import { Loading } from '../../states/Loading';
import type { Line } from './Chart';
import { trafficOf } from './reading';
import type { OverviewSearch } from './search';

type Step = Schema<'TrafficStep'>;

const Chart = lazy(() => import('./Chart').then((module) => ({ default: module.Chart }))); // with its library, which nothing else needs

const ranges = [{ value: '1h', label: '1 hour' }, { value: '24h', label: '24 hours' }, { value: '7d', label: '7 days' }];

// What is drawn in front of the line before it is a part of that.
const requests: Line[] = [
  { name: 'Requests', colour: '--info', of: (s) => s.reads + s.writes + s.refused + s.failed },
  { name: 'of them refused or failed', colour: '--bad', of: (s) => s.refused + s.failed },
];
const changes: Line[] = [
  { name: 'Changes', colour: '--ok', of: (s) => s.changes },
  { name: 'of them losses', colour: '--bad', of: (s) => s.losses },
];

// Traffic is what came and what it did over time, as charts or as a table of the same numbers.
export function Traffic({ connectors }: { connectors: Schema<'ConnectorStanding'>[] }) {
  const search = useSearch({ from: '/shell/' });
  const navigate = useNavigate();
  const query = useQuery(trafficOf(search));
  const set = (change: OverviewSearch) => void navigate({ to: '/', search: { ...search, ...change }, replace: true, resetScroll: false });
  const known = search.connector === undefined || connectors.some((c) => c.connector === search.connector);
  return (
    <Stack component="section" gap="sm" aria-labelledby="traffic">
      <Title order={2} id="traffic">Sync activity</Title>
      <Group gap="sm" align="flex-end">
        <SegmentedControl aria-label="How far back" value={search.range ?? '24h'} data={ranges} onChange={(range) => set({ range: range === '24h' ? undefined : range as OverviewSearch['range'] })} />
        <SegmentedControl aria-label="Shown as" value={search.as ?? 'charts'} data={[{ value: 'charts', label: 'Charts' }, { value: 'table', label: 'Table' }]} onChange={(as) => set({ as: as === 'table' ? as : undefined })} />
        <NativeSelect label="Connector" maw={320} value={search.connector ?? ''} onChange={(e) => set({ connector: e.currentTarget.value || undefined })}>
          <option value="">All connectors</option>
          {!known && <option value={search.connector}>{search.connector}</option>}
          {connectors.map((c) => <option key={c.connector} value={c.connector}>{c.name}</option>)}
        </NativeSelect>
      </Group>
      <Answer query={query} what="the sync activity" lines={8}>
        {({ items, total, seconds }) => (
          <>
            <Text>{words(total)}</Text>
            {search.as === 'table'
              ? <Numbers items={items} seconds={seconds} />
              : (
                <Suspense fallback={<Loading what="the charts" lines={8} />}>
                  <div className="charts">
                    <Chart title="Requests" lines={requests} steps={items} seconds={seconds} />
                    <Chart title="Effective changes" lines={changes} steps={items} seconds={seconds} />
                  </div>
                </Suspense>
              )}
          </>
        )}
      </Answer>
    </Stack>
  );
}

// words says the numbers of the whole range.
function words(t: Schema<'Traffic'>): string {
  const all = t.reads + t.writes + t.refused + t.failed;
  if (all === 0 && t.changes === 0) return 'Nothing came, and nothing changed.';
  const bad = t.refused + t.failed;
  return `${all.toLocaleString()} requests, ${bad === 0 ? 'none' : bad.toLocaleString()} of them refused or failed. ${t.changes.toLocaleString()} effective changes, ${t.losses === 0 ? 'none' : t.losses.toLocaleString()} of them losses.`;
}

// Numbers are the steps as a table, the newest first; those in which nothing was are left out.
function Numbers({ items, seconds }: { items: Step[]; seconds: number }) {
  const rows = items.filter((s) => s.reads + s.writes + s.refused + s.failed + s.changes > 0).reverse();
  if (rows.length === 0) return null;
  return (
    <DataTable caption="Sync activity in numbers" rows={rows} id={(s) => s.at} columns={[
      { head: `${span(seconds)} from`, cell: (s) => <time dateTime={s.at}>{new Date(s.at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}</time> },
      { head: 'Reads', number: true, cell: (s) => s.reads.toLocaleString() },
      { head: 'Writes', number: true, cell: (s) => s.writes.toLocaleString() },
      { head: 'Refused', number: true, cell: (s) => s.refused.toLocaleString() },
      { head: 'Failed', number: true, cell: (s) => s.failed.toLocaleString() },
      { head: 'Changes', number: true, cell: (s) => s.changes.toLocaleString() },
      { head: 'Losses', number: true, cell: (s) => s.losses.toLocaleString() },
    ]} />
  );
}

function span(seconds: number): string {
  return seconds < 3600 ? `${seconds / 60} min` : `${seconds / 3600} h`;
}
