import { List, Text } from '@mantine/core';

import type { Schema } from '../../api/client';
import { Name } from '../../parts/Name';

type Change = Schema<'PlanChange'>;

const shown = 100;

// Consequences lists what would be done, in the order in which it would be.
export function Consequences({ changes }: { changes: Change[] }) {
  if (changes.length === 0) return <Text>Nothing in the directory would change.</Text>;
  return (
    <>
      <Text>What would follow:</Text>
      <List>
        {changes.slice(0, shown).map((c, i) => <List.Item key={i} style={{ overflowWrap: 'anywhere' }}><Line change={c} /></List.Item>)}
      </List>
      {changes.length > shown && <Text>And {changes.length - shown} more changes.</Text>}
    </>
  );
}

function Line({ change }: { change: Change }) {
  const user = <Name>{change.user?.userName ?? 'the user'}</Name>;
  const group = <Name>{change.group?.displayName ?? ''}</Name>;
  switch (change.op) {
    case 'addMembership': return <>{user} joins {group}</>;
    case 'removeMembership': return <>{user} leaves {group}</>;
    case 'createUser': return <>{user} is made</>;
    case 'linkUser': return <>The record is linked to {user}</>;
    case 'unlinkUser': return <>The record is unlinked from {user}</>;
    case 'updateUser': return <>{user} changes: {(change.attributes ?? []).join(', ')}</>;
    case 'enableUser': return <>{user} is enabled</>;
    case 'disableUser': return <>{user} is disabled</>;
    case 'deleteUser': return <>{user} is deleted</>;
    case 'restoreUser': return <>{user} is restored</>;
    default: return <>An administrator is asked about {user}</>;
  }
}
