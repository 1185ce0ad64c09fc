import type { Schema } from '../../api/client';
import type { Column } from '../../parts/DataTable';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { When } from '../../parts/When';
import { managedBy, StatusState } from './words';

type User = Schema<'User'> & { displayName?: unknown };

// userColumns are those of every list of users of a directory.
export function userColumns(d: string): Column<User>[] {
  return [
    { head: 'User', cell: (u) => <TextLink to="/users/$id" params={{ id: u.id }} search={{ in: d }}><Name>{u.userName}</Name></TextLink> },
    { head: 'Name', cell: (u) => (typeof u.displayName === 'string' ? <Name>{u.displayName}</Name> : '') },
    { head: 'Status', cell: (u) => <StatusState status={u.status} /> },
    { head: 'Managed by', cell: (u) => managedBy(u) },
    { head: 'Last change', cell: (u) => <When at={u.modified} /> },
  ];
}
