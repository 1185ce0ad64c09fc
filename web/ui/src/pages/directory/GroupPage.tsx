import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';

import { problemOf } from '../../api/problem';
import type { Schema } from '../../api/client';
import { DataTable } from '../../parts/DataTable';
import { IconPlus } from '../../parts/icons';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Page } from '../../parts/Page';
import { useBarred } from '../../parts/roles';
import { State } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { ChangeMember, type MemberChange } from './ChangeMember';
import { Feeders } from './Feeders';
import { Heading } from './Heading';
import { Reasons } from './Memberships';
import { Pager } from './Pager';
import { feedersOf, membersOf, oneGroup } from './reading';
import { Count, useChosen, Where } from './Where';
import { origins } from './words';

// GroupPage is one group: who feeds it, its members, and on what each membership stands.
export function GroupPage() {
  const { id } = useParams({ from: '/shell/groups/$id' });
  const chosen = useChosen();
  const { data } = useQuery({ ...oneGroup(chosen ?? '', id), enabled: chosen !== undefined });
  return (
    <Page key={id} title={`Group ${data?.displayName ?? id}`} heading={<Name>{data?.displayName ?? 'Group'}</Name>}>
      <Where>{(d) => <OneGroup d={d} id={id} />}</Where>
    </Page>
  );
}

function OneGroup({ d, id }: { d: string; id: string }) {
  const query = useQuery(oneGroup(d, id));
  const gone = query.isError && problemOf(query.error).status === 404;
  return (
    <>
      <Answer query={query} what="the group">
        {(group) => (
          <Stack gap="lg">
            <Text>{group.tenant === undefined ? 'A local group: no connector feeds it.' : <>First fed by tenant <Name>{group.tenant}</Name>.</>} Made <When at={group.created} />.</Text>
            <Fed d={d} id={group.id} />
            <Members d={d} group={group} />
          </Stack>
        )}
      </Answer>
      {gone && <Text><TextLink to="/groups" search={{ in: d }}>All groups</TextLink></Text>}
    </>
  );
}

function Fed({ d, id }: { d: string; id: string }) {
  const query = useQuery(feedersOf(d, id));
  return <Answer query={query} what="what feeds it" lines={4}>{(feeders) => <Feeders d={d} feeders={feeders} />}</Answer>;
}

function Members({ d, group }: { d: string; group: Schema<'Group'> }) {
  const filter = useSearch({ from: '/shell/groups/$id' });
  const navigate = useNavigate();
  const [change, setChange] = useState<MemberChange>();
  const query = useQuery(membersOf(d, group.id, filter.cursor));
  const barred = useBarred('operator', true);
  const add = barred === undefined ? <Button variant="default" leftSection={<IconPlus />} onClick={() => setChange({ op: 'add' })}>Put somebody in…</Button> : <Text c="var(--mute)">{barred}</Text>;
  return (
    <section>
      <Heading>Members</Heading>
      <Answer query={query} what="the members" lines={8}>
        {({ items, next }) => items.length === 0 && filter.cursor === undefined
          ? <Empty title="Nobody is in this group" action={add}>Members appear when a live connector sends them and its rules let them in, or by hand.</Empty>
          : (
            <Stack gap="sm">
              <Group justify="space-between"><Count n={items.length} more={(next ?? undefined) !== undefined || filter.cursor !== undefined} what="members on this page" />{add}</Group>
              <DataTable stack caption="Members" rows={items} id={(m) => m.user.id} columns={[
                { head: 'User', cell: (m) => <TextLink to="/users/$id" params={{ id: m.user.id }} search={{ in: d }}><Name>{m.user.userName ?? m.user.id}</Name></TextLink> },
                { head: 'Status', cell: (m) => (m.user.active ? <State tone="ok">Active</State> : <State tone="warn">Not active</State>) },
                { head: 'Origin', cell: (m) => origins[m.origin] },
                { head: 'Because', cell: (m) => <Reasons because={m.because} supports={m.supports} /> },
                { head: 'Since', cell: (m) => <When at={m.since} never="not known" /> },
                {
                  head: 'Actions', cell: (m) => (
                    <Group gap="sm" wrap="nowrap">
                      <TextLink to="/why" search={{ in: d, user: m.user.id, group: group.displayName }}>Why?<span className="visually-hidden"> {m.user.userName ?? m.user.id}</span></TextLink>
                      {barred === undefined && <Button variant="outline" color="bad" size="compact-md" mih={36} aria-label={`Take out ${m.user.userName ?? m.user.id}`} onClick={() => setChange({ op: 'remove', user: m.user })}>Take out…</Button>}
                    </Group>
                  ),
                },
              ]} />
              <Pager cursor={filter.cursor} next={next} go={(cursor) => void navigate({ to: '/groups/$id', params: { id: group.id }, search: { in: filter.in, cursor } })} />
            </Stack>
          )}
      </Answer>
      {change !== undefined && <ChangeMember d={d} group={group} change={change} onClose={() => setChange(undefined)} />}
    </section>
  );
}
