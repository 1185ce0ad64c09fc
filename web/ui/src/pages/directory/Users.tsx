import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';

import { DataTable } from '../../parts/DataTable';
import { IconSearch } from '../../parts/icons';
import { TextLink } from '../../parts/links';
import { Page } from '../../parts/Page';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { Found } from './Found';
import { Pager } from './Pager';
import { usersOf } from './reading';
import type { UserFilter } from './routes';
import { Count, Where } from './Where';
import { userColumns } from './userColumns';

// Users is the list of a directory's users, and the search, which finds by anything that names
// somebody.
export function Users() {
  const filter = useSearch({ from: '/shell/users' });
  const navigate = useNavigate();
  const [q] = useDebouncedValue(filter.q?.trim() ?? '', 150);
  const set = (change: UserFilter) => void navigate({ to: '/users', search: { ...filter, cursor: undefined, ...change }, replace: !('cursor' in change) });
  return (
    <Page title={titleOf(q, filter)} heading="Users">
      <Group gap="sm" align="flex-end" role="search">
        <TextInput label="Find" type="search" description="E-mail, name, any id, a request’s id, a group" leftSection={<IconSearch />} style={{ flex: '1 1 18rem', maxWidth: '32rem' }}
          value={filter.q ?? ''} onChange={(e) => set({ q: e.currentTarget.value || undefined })} />
        {q === '' && (
          <>
            <NativeSelect label="Status" value={filter.status ?? ''} onChange={(e) => set({ status: (e.currentTarget.value || undefined) as UserFilter['status'] })}
              data={[{ value: '', label: 'Active and disabled' }, { value: 'active', label: 'Active' }, { value: 'disabled', label: 'Disabled' }, { value: 'deleted', label: 'Deleted' }]} />
            <NativeSelect label="Managed by" value={filter.managed ?? ''} onChange={(e) => set({ managed: (e.currentTarget.value || undefined) as UserFilter['managed'] })}
              data={[{ value: '', label: 'Anybody' }, { value: 'true', label: 'An IdP' }, { value: 'local', label: 'Nobody: local' }, { value: 'former', label: 'No IdP any more' }]} />
          </>
        )}
      </Group>
      <Where>{(d) => (q === '' ? <All d={d} filter={filter} set={set} /> : <Found d={d} q={q} />)}</Where>
    </Page>
  );
}

// titleOf tells apart what is in several tabs.
function titleOf(q: string, { status, managed }: UserFilter): string {
  if (q !== '') return `Users like ${q}`;
  const words = [status, managed === undefined ? undefined : { true: 'managed by an IdP', local: 'local', former: 'no IdP’s any more' }[managed]].filter((w) => w !== undefined);
  return words.length === 0 ? 'Users' : `Users, ${words.join(', ')}`;
}

function All({ d, filter, set }: { d: string; filter: UserFilter; set: (change: UserFilter) => void }) {
  const query = useQuery(usersOf(d, filter));
  const narrowed = filter.status !== undefined || filter.managed !== undefined;
  return (
    <Answer query={query} what="the users" lines={10}>
      {({ items, next }) => (
        <>
          {items.length === 0 && narrowed && (
            <Empty title="None is like this" action={<Button variant="default" onClick={() => set({ status: undefined, managed: undefined })}>Clear the filters</Button>}>
              No user of this directory has this status and is managed so.
            </Empty>
          )}
          {items.length === 0 && !narrowed && (
            <Empty title="No user yet" action={<TextLink to="/connectors">Connectors</TextLink>}>
              Users appear here when a connector that is live hears of them from its identity provider. A connector that observes makes none.
            </Empty>
          )}
          {items.length > 0 && (
            <>
              <Count n={items.length} more={(next ?? undefined) !== undefined || filter.cursor !== undefined} what="users on this page" />
              <DataTable stack caption="Users" columns={userColumns(d)} rows={items} id={(u) => u.id} />
              <Pager cursor={filter.cursor} next={next} go={(cursor) => set({ cursor })} />
            </>
          )}
        </>
      )}
    </Answer>
  );
}
