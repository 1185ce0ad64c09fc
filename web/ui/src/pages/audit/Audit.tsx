import { Button, Group, Text } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';

import { Export } from '../activity/Export';
import { eventsLike } from '../activity/reading';
import { narrowed, type EventFilter } from '../activity/search';
import { Tail, useTail } from '../activity/tail';
import { useMe } from '../../auth';
import { TextLink } from '../../parts/links';
import { Page } from '../../parts/Page';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { Connectors } from '../activity/Filters';
import { EventTable } from './EventTable';
import { Filters } from './Filters';
import { Integrity } from './Integrity';

// Audit is every event, the newest first, narrowed by what the address says.
export function Audit() {
  const filter = useSearch({ from: '/shell/audit' });
  const navigate = useNavigate();
  const me = useMe();
  const set = (change: EventFilter) => void navigate({ to: '/audit', search: { ...filter, ...change }, replace: true, resetScroll: false });
  return (
    <Page title="Audit">
      <Text>What changed, by whom and why. It cannot be changed or cleared. What identity providers asked is in <TextLink to="/activity">activity</TextLink>.</Text>
      {me?.limited === true && filter.connector === undefined
        ? <Empty title="Choose a connector" action={<Connectors value={undefined} onChange={(connector) => set({ connector })} />}>You are limited to tenants: the audit shows you one connector of yours at a time.</Empty>
        : <All filter={filter} set={set} />}
    </Page>
  );
}

function All({ filter, set }: { filter: EventFilter; set: (change: EventFilter) => void }) {
  const live = filter.until === undefined || Date.parse(filter.until) > Date.now();
  const { list, rows, ...tail } = useTail(['events', 'like', filter], eventsLike(filter), live);
  return (
    <>
      <Integrity />
      <Filters key={[filter.q, filter.user, filter.group, filter.actor, filter.request].join('|')} filter={filter} set={set} />
      <Group gap="sm" justify="space-between">
        <Tail live={live} {...tail} />
        <Export list="events" filter={filter} />
      </Group>
      <Answer query={list} what="the events" lines={10}>
        {() => rows.length === 0
          ? narrowed(filter)
            ? <Empty title="None is like this">No event that is kept fits the filters.</Empty>
            : <Empty title="No event yet">Every change leaves an event here.</Empty>
          : (
            <>
              <EventTable caption="Events" events={rows} />
              {list.hasNextPage && <Group><Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>Show older</Button></Group>}
            </>
          )}
      </Answer>
    </>
  );
}
