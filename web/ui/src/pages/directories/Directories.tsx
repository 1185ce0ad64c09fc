import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Schema } from '../../api/client';
import { DataTable, type Column } from '../../parts/DataTable';
import { IconPlus } from '../../parts/icons';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Allowed } from '../../parts/roles';
import { State } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { allDirectories } from '../connectors/reading';
import { Make } from './Make';

const columns: Column<Schema<'Directory'>>[] = [
  { head: 'Name', cell: (d) => <TextLink to="/settings/directories/$d" params={{ d: d.name }} search={{}}><Name>{d.name}</Name></TextLink> },
  { head: 'State', cell: (d) => (d.removed === undefined ? <State tone="ok">There</State> : <><State tone="warn">Removed</State>{d.purgeAfter !== undefined && <> purged <When at={d.purgeAfter} /></>}</>) },
  { head: 'Tenants', number: true, cell: (d) => d.tenants },
  { head: 'Made', cell: (d) => <When at={d.created} /> },
];

// Directories lists the stores of effective users and groups, removed ones too, and makes more.
export function Directories() {
  const query = useQuery(allDirectories);
  const [making, setMaking] = useState(false);
  return (
    <Stack>
      <Text>A directory holds the effective users, groups and memberships of one or several tenants. Make another one for what must not mix: a test, a second application.</Text>
      <Answer query={query} what="the directories">
        {(all) => (all.length === 0
          ? <Empty title="No directory">You may see none.</Empty>
          : <DataTable caption="Directories" columns={columns} rows={all} id={(d) => d.id} />)}
      </Answer>
      <Allowed role="owner" deployment>
        <Group><Button variant="default" leftSection={<IconPlus />} onClick={() => setMaking(true)}>Make a directory</Button></Group>
      </Allowed>
      {making && <Make onClose={() => setMaking(false)} />}
    </Stack>
  );
}
