import { List, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import type { Schema } from '../../api/client';
import { DataTable } from '../../parts/DataTable';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Answer } from '../../states/Answer';
import { weightsOf } from './reading';

type Weighed = Schema<'WeighedConflict'>;
type User = Schema<'WeighedUser'>;

// Weigh lays the members on both sides of a conflict about a group beside each other, with who would
// join under each way out.
export function Weigh({ d, id, open }: { d: string; id: string; open: boolean }) {
  const query = useQuery(weightsOf(d, id));
  return (
    <Answer query={query} what="the members">
      {(weighed) => <Stack gap="sm"><Sides d={d} weighed={weighed} />{open && <WaysOut d={d} weighed={weighed} />}</Stack>}
    </Answer>
  );
}

function Sides({ d, weighed: w }: { d: string; weighed: Weighed }) {
  const slug = w.record?.connector;
  const joining = w.sent - w.both;
  const rows = [
    { what: slug === undefined ? 'Sent' : `Sent by ${slug}`, n: w.sent, who: w.always === true ? 'everybody whom it provisions: alwaysAssign names the group' : undefined },
    { what: 'In the group', n: w.there, who: w.group.id === undefined ? undefined : <TextLink to="/groups/$id" params={{ id: w.group.id }} search={{ in: d }}>All members</TextLink> },
    { what: 'Both', n: w.both, who: <Names d={d} users={w.staying} all={w.both} /> },
    { what: 'Sent, and not in it', n: joining, who: <Names d={d} users={w.joining} all={joining} /> },
  ];
  return (
    <DataTable caption="Members on both sides" rows={rows} id={(r) => r.what} columns={[
      { head: 'Users', cell: (r) => r.what }, { head: 'How many', cell: (r) => r.n.toLocaleString(), number: true }, { head: 'Who', cell: (r) => r.who ?? '' },
    ]} />
  );
}

function WaysOut({ d, weighed: w }: { d: string; weighed: Weighed }) {
  const slug = w.record?.connector;
  const joining = w.sent - w.both;
  const none = 'nobody joins this group and nobody leaves it';
  return (
    <>
      <Text>The ways out:</Text>
      <List>
        <List.Item>
          <strong>Share it</strong>: {joining === 0 ? 'nobody' : `up to ${joining.toLocaleString()}`} of {slug ?? 'the connector'} {joining === 0 ? 'joins' : 'join'}, {w.leaving === 0 ? 'nobody leaves' : `up to ${w.leaving.toLocaleString()} leave, who are in it by hand and whom another tenant’s IdP manages`}.
          {' '}From then on connectors of every tenant may feed it. Put <Name>{w.group.displayName ?? ''}</Name> into the shared groups of <TextLink to="/settings/directories/$d" params={{ d }} search={{}}>the directory</TextLink>.
        </List.Item>
        {w.always === true && slug !== undefined
          ? <List.Item><strong>Assign another one</strong>: {none}. Take the name out of alwaysAssign in <TextLink to="/connectors/$slug/rules" params={{ slug }} search={{}}>the rules</TextLink>, whose plan shows each change first.</List.Item>
          : <List.Item><strong>Rename it</strong>: {none}; up to {w.sent.toLocaleString()} come into one of another name. Give it a name or a prefix of its own at the IdP{slug !== undefined && <> or in <TextLink to="/connectors/$slug/mapping" params={{ slug }}>the mapping</TextLink>, whose plan shows each change first</>}.</List.Item>}
        <List.Item><strong>Leave it</strong>: {none}. Refuse it below, and it is not asked about again.</List.Item>
      </List>
    </>
  );
}

function Names({ d, users, all }: { d: string; users: User[]; all: number }) {
  return (
    <>
      {users.map((u, i) => <span key={u.id}>{i > 0 && ', '}<TextLink to="/users/$id" params={{ id: u.id }} search={{ in: d }}><Name>{u.userName}</Name></TextLink></span>)}
      {all > users.length && ` and ${(all - users.length).toLocaleString()} more`}
    </>
  );
}
