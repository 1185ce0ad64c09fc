import { Button, Checkbox, Group, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';

import { DataTable } from '../../parts/DataTable';
import { IconSearch } from '../../parts/icons';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Page } from '../../parts/Page';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { Pager } from './Pager';
import { groupsOf } from './reading';
import type { GroupFilter } from './routes';
import { Count, Where } from './Where';

// Groups is the list of a directory's groups.
export function Groups() {
  const filter = useSearch({ from: '/shell/groups' });
  const navigate = useNavigate();
  const [q] = useDebouncedValue(filter.q?.trim() ?? '', 150);
  const set = (change: GroupFilter) => void navigate({ to: '/groups', search: { ...filter, cursor: undefined, ...change }, replace: !('cursor' in change) });
  return (
    <Page title={q === '' ? 'Groups' : `Groups like ${q}`} heading="Groups">
      <Group role="search" align="flex-end">
        <TextInput label="Find" type="search" description="A part of the name" leftSection={<IconSearch />} style={{ flex: '1 1 16rem', maxWidth: '26rem' }}
          value={filter.q ?? ''} onChange={(e) => set({ q: e.currentTarget.value || undefined })} />
        <Checkbox label="Only empty groups" checked={filter.empty === 'true'} onChange={(e) => set({ empty: e.currentTarget.checked ? 'true' : undefined })} />
      </Group>
      <Where>{(d) => <All d={d} q={q} filter={filter} set={set} />}</Where>
    </Page>
  );
}

function All({ d, q, filter, set }: { d: string; q: string; filter: GroupFilter; set: (change: GroupFilter) => void }) {
  const query = useQuery(groupsOf(d, q === '' ? undefined : q, filter.cursor, undefined, filter.empty === 'true' || undefined));
  return (
    <Answer query={query} what="the groups" lines={10}>
      {({ items, next, total }) => (
        <>
          {items.length === 0 && q !== '' && (
            <Empty title="None is like this" action={<Button variant="default" onClick={() => set({ q: undefined, empty: undefined })}>Clear the search</Button>}>No {filter.empty === 'true' && 'empty '}group of this directory has “<Name>{q}</Name>” in its name.</Empty>
          )}
          {items.length === 0 && q === '' && filter.empty === 'true' && (
            <Empty title="No group is empty" action={<Button variant="default" onClick={() => set({ empty: undefined })}>Show all groups</Button>}>Somebody is in every group of this directory.</Empty>
          )}
          {items.length === 0 && q === '' && filter.empty === undefined && (
            <Empty title="No group yet" action={<TextLink to="/connectors">Connectors</TextLink>}>Groups appear here when a live connector’s rules let a user into one.</Empty>
          )}
          {items.length > 0 && (
            <>
              {total === undefined
                ? <Count n={items.length} more={(next ?? undefined) !== undefined || filter.cursor !== undefined} what={items.length === 1 ? 'group' : 'groups'} />
                : <Text role="status" c="dimmed">{total.toLocaleString()} {filter.empty === 'true' && 'empty '}{total === 1 ? 'group' : 'groups'}</Text>}
              <DataTable caption="Groups" rows={items} id={(g) => g.id} columns={[
                { head: 'Group', cell: (g) => <TextLink to="/groups/$id" params={{ id: g.id }} search={{ in: d }}><Name>{g.displayName}</Name></TextLink> },
                { head: 'First fed by', cell: (g) => (g.tenant === undefined ? 'nobody: local' : <Name>{g.tenant}</Name>) },
                { head: 'Made', cell: (g) => <When at={g.created} /> },
              ]} />
              <Pager cursor={filter.cursor} next={next} go={(cursor) => set({ cursor })} />
            </>
          )}
        </>
      )}
    </Answer>
  );
}
