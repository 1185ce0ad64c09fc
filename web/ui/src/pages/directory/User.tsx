import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';

import { problemOf } from '../../api/problem';
import { ButtonLink, TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Page } from '../../parts/Page';
import { Note } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { UserActions } from './UserActions';
import { Attributes } from './Attributes';
import { Memberships, NotIn } from './Memberships';
import { oneUser, type UserDetail } from './reading';
import { Reapply } from './Reapply';
import { Says } from './Says';
import { Timeline } from './Timeline';
import { useChosen, Where } from './Where';
import { managedBy, StatusState } from './words';

// User is everything about one user: groups with their reasons, what rules hold back, what each
// IdP says beside the result, and what happened.
export function User() {
  const { id } = useParams({ from: '/shell/users/$id' });
  const chosen = useChosen();
  const { data } = useQuery({ ...oneUser(chosen ?? '', id), enabled: chosen !== undefined });
  const name = data?.user.userName;
  return (
    <Page key={id} title={`User ${name ?? id}`} heading={<Name>{name ?? 'User'}</Name>}>
      <Where>{(d) => <OneUser d={d} id={id} />}</Where>
    </Page>
  );
}

function OneUser({ d, id }: { d: string; id: string }) {
  const query = useQuery(oneUser(d, id));
  const gone = query.isError && problemOf(query.error).status === 404;
  return (
    <>
      <Answer query={query} what="the user" lines={10}>
        {({ user, tag }) => (
          <Stack gap="xl">
            <Stack gap="sm">
              <Group gap="sm">
                <StatusState status={user.status} />
                {typeof user['displayName'] === 'string' && <Name>{user['displayName']}</Name>}
                <Text c="dimmed">managed by {managedBy(user)} · made <When at={user.created} />, changed <When at={user.modified} /> · last sign-in <When at={user.lastLogin} never="not known" /></Text>
              </Group>
              <Marks user={user} />
              <Group gap="sm">
                <ButtonLink to="/why" search={{ in: d, user: user.id }}>Why…?</ButtonLink>
                <Reapply d={d} user={user} />
                <UserActions d={d} user={user} tag={tag} />
              </Group>
            </Stack>
            <Memberships d={d} user={user} />
            <NotIn d={d} user={user} />
            <Says d={d} user={user} />
            <Attributes d={d} user={user} />
            <Timeline d={d} id={user.id} />
          </Stack>
        )}
      </Answer>
      {gone && <Text><TextLink to="/users" search={{ in: d }}>All users</TextLink></Text>}
    </>
  );
}

// Marks are what somebody must know before anything else.
function Marks({ user }: { user: UserDetail }) {
  const failed = user.records.filter((r) => (r.mappingProblem ?? '') !== '');
  return (
    <>
      {(user.block ?? '') !== '' && <Note tone="bad" title="Blocked">An administrator blocked this user, whatever records say: <Name>{user.block ?? ''}</Name></Note>}
      {user.purgeAfter !== undefined && <Note tone="warn" title="Deleted">It can be restored until it is purged, <When at={user.purgeAfter} />.</Note>}
      {user.nameFormer !== undefined && <Note tone="info" title="The name was somebody else’s">Another user of this userName was purged <When at={user.nameFormer} />.</Note>}
      {failed.map((r) => <Note key={r.connector + r.id} tone="warn" title={`The mapping of ${r.connector} fails for this user`}><Name>{r.mappingProblem ?? ''}</Name> The user keeps what it holds.</Note>)}
    </>
  );
}
