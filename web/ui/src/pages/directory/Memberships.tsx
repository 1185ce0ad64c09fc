import { Text } from '@mantine/core';

import type { Schema } from '../../api/client';
import { DataTable } from '../../parts/DataTable';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { State } from '../../parts/State';
import { When } from '../../parts/When';
import type { UserDetail } from './reading';
import { Heading } from './Heading';
import { origins } from './words';

type Membership = Schema<'Membership'>;

// Memberships are the groups that a user is in, and everything each stands on.
export function Memberships({ d, user }: { d: string; user: UserDetail }) {
  return (
    <section>
      <Heading>{`Groups (${user.memberships.length})`}</Heading>
      {user.memberships.length === 0
        ? <Text>In no group.</Text>
        : <DataTable caption="Groups of this user" rows={user.memberships} id={(m) => m.group.id ?? called(m.group)} columns={[
          { head: 'Group', cell: (m) => <GroupLink d={d} group={m.group} /> },
          { head: 'Origin', cell: (m) => (m.origin === undefined ? '' : origins[m.origin]) },
          { head: 'Because', cell: (m) => <Reasons because={m.because} supports={m.supports} /> },
          { head: 'Since', cell: (m) => <When at={m.since} never="not known" /> },
          { head: 'Question', cell: (m) => <AskWhy d={d} user={user} group={called(m.group)} /> },
        ]} />}
    </section>
  );
}

// NotIn are the groups that IdPs send for a user and that rules hold back: never silently.
export function NotIn({ d, user }: { d: string; user: UserDetail }) {
  return (
    <section>
      <Heading>{`Not in (${user.dropped.length})`}</Heading>
      {user.dropped.length === 0
        ? <Text>No rule holds back a group that an IdP sends for this user.</Text>
        : <DataTable caption="Groups that IdPs send and rules hold back" rows={user.dropped} id={(m) => called(m.group) + (m.because.connector ?? '')} columns={[
          { head: 'Group', cell: (m) => <Name>{called(m.group)}</Name> },
          { head: 'Verdict', cell: () => <State tone="bad">Held back</State> },
          { head: 'Because', cell: (m) => <Name>{m.because.sentence}</Name> },
          { head: 'Question', cell: (m) => <AskWhy d={d} user={user} group={called(m.group)} /> },
        ]} />}
    </section>
  );
}

// Reasons are everything that a membership stands on, the strongest first: it ends with the last.
export function Reasons({ because, supports }: { because: Membership['because']; supports?: Schema<'Support'>[] | null }) {
  const [, ...further] = supports ?? [];
  return (
    <>
      <Name>{because.sentence}</Name>
      {further.map((s, i) => <Text key={i} c="dimmed" size="sm">Also: <Name>{s.because.sentence}</Name></Text>)}
    </>
  );
}

function GroupLink({ d, group }: { d: string; group: Membership['group'] }) {
  if (group.id === undefined) return <Name>{called(group)}</Name>;
  return <TextLink to="/groups/$id" params={{ id: group.id }} search={{ in: d }}><Name>{called(group)}</Name></TextLink>;
}

function AskWhy({ d, user, group }: { d: string; user: UserDetail; group: string }) {
  return <TextLink to="/why" search={{ in: d, user: user.id, group }}>Why?<span className="visually-hidden"> {group}</span></TextLink>;
}

// called is a group's name. Who is limited to tenants does not see the names of others' groups.
function called(group: Membership['group']): string {
  return group.displayName ?? 'a group of another tenant';
}
