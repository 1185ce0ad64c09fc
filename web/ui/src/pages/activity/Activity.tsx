import { Button, Group, Text } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';

import type { Schema } from '../../api/client';
import { useMe } from '../../auth';
import { DataTable, type Column } from '../../parts/DataTable';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Page } from '../../parts/Page';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { Export } from './Export';
import { Connectors, Filters } from './Filters';
import { requestsLike } from './reading';
import { narrowed, type RequestFilter } from './search';
import { Tail, useTail } from './tail';
import { Exact, StatusState } from './words';

type Request = Schema<'Request'>;

const columns: Column<Request>[] = [
  { head: 'When', cell: (r) => <TextLink to="/activity/$id" params={{ id: r.id }}><Exact at={r.time} /><span className="visually-hidden">: {r.operation}</span></TextLink> },
  { head: 'Connector', cell: (r) => <Name>{r.connector}</Name> },
  { head: 'What it asked', cell: (r) => <div className="wide-cell"><Name>{r.operation}</Name><br /><code><Name>{`${r.method} ${r.path}`}</Name></code></div> },
  { head: 'Answered', cell: (r) => <StatusState status={r.status} /> },
  { head: 'What came of it', cell: (r) => <div className="wide-cell">{cameOf(r)}</div> },
  { head: 'Took', number: true, cell: (r) => <span style={{ whiteSpace: 'nowrap' }}>{Math.round(r.milliseconds)} ms</span> },
];

function cameOf(r: Request) {
  if (r.erased === true) return 'Left out, as somebody was erased whom it named';
  if (r.detail !== undefined) return <Name>{r.detail}</Name>;
  return r.effect === undefined ? '' : <Name>{r.effect}</Name>;
}

// Activity is every SCIM request that is kept, the newest first, narrowed by what the address says.
export function Activity() {
  const filter = useSearch({ from: '/shell/activity' });
  const navigate = useNavigate();
  const me = useMe();
  const set = (change: RequestFilter) => void navigate({ to: '/activity', search: { ...filter, ...change }, replace: true, resetScroll: false });
  return (
    <Page title="Activity">
      <Text>What identity providers sent, what they were answered and what came of it. What changed the directory is in the <TextLink to="/audit">audit</TextLink>.</Text>
      {me?.limited === true && filter.connector === undefined
        ? <Empty title="Choose a connector" action={<Connectors value={undefined} onChange={(connector) => set({ connector })} />}>You are limited to tenants: activity shows you one connector of yours at a time.</Empty>
        : <All filter={filter} set={set} />}
    </Page>
  );
}

function All({ filter, set }: { filter: RequestFilter; set: (change: RequestFilter) => void }) {
  const live = filter.until === undefined || Date.parse(filter.until) > Date.now();
  const { list, rows, ...tail } = useTail(['requests', 'like', filter], requestsLike(filter), live);
  return (
    <>
      <Filters key={`${filter.q}|${filter.user}|${filter.group}`} filter={filter} set={set} />
      <Group gap="sm" justify="space-between">
        <Tail live={live} {...tail} />
        <Export list="requests" filter={filter} />
      </Group>
      <Answer query={list} what="the requests" lines={10}>
        {() => rows.length === 0
          ? narrowed(filter)
            ? <Empty title="None is like this">No request that is kept fits the filters.</Empty>
            : <Empty title="Nothing came yet" action={<TextLink to="/connectors">Connectors</TextLink>}>Requests appear here about a second after an identity provider sent them, for as long as they are kept.</Empty>
          : (
            <>
              <DataTable stack caption="Requests" columns={columns} rows={rows} id={(r) => r.id} />
              {list.hasNextPage && <Group><Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>Show older</Button></Group>}
            </>
          )}
      </Answer>
    </>
  );
}
