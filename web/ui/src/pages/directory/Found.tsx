import { Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Fragment } from 'react';

import type { Schema } from '../../api/client';
import { DataTable } from '../../parts/DataTable';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { Failed } from '../../states/Failed';
import { foundBy, isID, requestOf, usersNamed } from './reading';
import { userColumns } from './userColumns';
import { actionWords, foundAs, recordStates, StatusState } from './words';

// Found is everything that a text names: whole values, and beginnings of the words of names and
// addresses.
export function Found({ d, q }: { d: string; q: string }) {
  const whole = useQuery(foundBy(d, q));
  const named = useQuery({ ...usersNamed(d, q), enabled: !isID(q) });
  const request = useQuery({ ...requestOf(q), enabled: isID(q) });
  const exact = new Set(whole.data?.people.map((p) => p.id));
  const users = new Map<string, Schema<'User'>>();
  for (const u of named.data?.items ?? []) if (!exact.has(u.id)) users.set(u.id, u);
  const busy = named.isFetching || request.isFetching || whole.isFetching;
  const more = (named.data?.next ?? undefined) !== undefined;
  const events = request.data ?? [];
  const nothing = !busy && whole.data !== undefined && whole.data.people.length + whole.data.records.length + users.size + events.length === 0;
  return (
    <Answer query={whole} what="who this is">
      {({ people, records, more: further }) => (
        <>
          <Text role="status" c="dimmed">{said(people.length + users.size, records.length, more || further, busy)}</Text>
          {people.length > 0 && <Exact d={d} people={people} />}
          {records.length > 0 && <Unlinked records={records} />}
          {events.length > 0 && <OfRequest d={d} events={events} />}
          {named.isError && <Failed error={named.error} retry={() => void named.refetch()} what="Looking for names" />}
          {request.isError && <Failed error={request.error} retry={() => void request.refetch()} what="Looking for the request" />}
          {users.size > 0 && (
            <section aria-labelledby="like-this">
              <Title order={2} id="like-this">Like this</Title>
              <DataTable stack caption="Users like this" columns={userColumns(d)} rows={[...users.values()]} id={(u) => u.id} />
              {more && <Text c="dimmed">There are more. Type more of the name.</Text>}
            </section>
          )}
          {nothing && (
            <Empty title="Nobody is found">
              Nothing in this directory has “<Name>{q}</Name>” as an e-mail or id, or as the beginning of a word of its name. Deleted users are found by whole values alone. <TextLink to="/groups" search={{ in: d, q }}>Look among the groups</TextLink>.
            </Empty>
          )}
          {!nothing && <Text><TextLink to="/groups" search={{ in: d, q }}>Groups like this</TextLink></Text>}
        </>
      )}
    </Answer>
  );
}

function said(users: number, records: number, more: boolean, busy: boolean): string {
  if (busy && users === 0) return 'Looking…';
  const at = more ? 'at least ' : '';
  const waiting = records === 0 ? '' : `, and ${records} ${records === 1 ? 'record' : 'records'} without a user`;
  return `Found ${at}${users} ${users === 1 ? 'user' : 'users'}${waiting}${busy ? '; still looking' : ''}.`;
}

// Exact are the users whom the text names as a whole, with the ids by which each IdP knows them.
function Exact({ d, people }: { d: string; people: Schema<'FoundPerson'>[] }) {
  return (
    <section aria-labelledby="exactly">
      <Title order={2} id="exactly">Exactly this</Title>
      <Stack gap="sm" mt="xs">
        {people.map((p) => (
          <div key={p.id} className="panel">
            <Group gap="sm">
              <TextLink to="/users/$id" params={{ id: p.id }} search={{ in: d }}><Name>{p.userName}</Name></TextLink>
              <StatusState status={p.status} />
              <Text c="dimmed">{p.matched.map((m) => `${foundAs[m.by]}${m.connector === undefined ? '' : ` at ${m.connector}`}`).join(', ')}</Text>
            </Group>
            {p.records.map((r) => (
              <Text key={r.connector + r.id} mt="xs" style={{ overflowWrap: 'anywhere' }}>
                {r.connector}: {recordStates[r.state]}, <code>{r.id}</code>{r.externalId !== undefined && <>, externalId <code><Name>{r.externalId}</Name></code></>}
              </Text>
            ))}
          </div>
        ))}
      </Stack>
    </section>
  );
}

// Unlinked are records that have no user: why, their connector or the conflict says.
function Unlinked({ records }: { records: Schema<'FoundRecord'>[] }) {
  return (
    <section aria-labelledby="without">
      <Title order={2} id="without">Known to an IdP, without a user</Title>
      <Text>Their connector is not live, or they wait in a conflict, or the rules do not count them.</Text>
      <DataTable caption="Records without a user" rows={records} id={(r) => r.connector + r.id} columns={[
        { head: 'userName', cell: (r) => <Name>{r.userName}</Name> },
        { head: 'Connector', cell: (r) => <TextLink to="/connectors/$slug" params={{ slug: r.connector }}>{r.connector}</TextLink> },
        { head: 'The IdP says', cell: (r) => recordStates[r.state] },
        { head: 'Id there', cell: (r) => <code>{r.id}</code> },
        { head: 'E-mail', cell: (r) => (r.email === undefined ? '' : <Name>{r.email}</Name>) },
      ]} />
    </section>
  );
}

// OfRequest is what the request of this id did.
function OfRequest({ d, events }: { d: string; events: Schema<'Event'>[] }) {
  const users = [...new Set(events.map((e) => e.user).filter((u) => u !== undefined))];
  return (
    <section aria-labelledby="of-request">
      <Title order={2} id="of-request">A request of this id</Title>
      <Text>From {events[0]?.connector ?? 'an administrator'}, <When at={events[0]?.time} />: {events.map((e) => actionWords(e.action)).join(', ')}.</Text>
      {users.length > 0 && <Text>It concerned {users.map((u, i) => <Fragment key={u}>{i > 0 && ', '}<TextLink to="/users/$id" params={{ id: u }} search={{ in: d }}>user {u}</TextLink></Fragment>)}.</Text>}
    </section>
  );
}
