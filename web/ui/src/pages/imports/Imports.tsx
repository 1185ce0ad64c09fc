import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';

import type { Schema } from '../../api/client';
import { DataTable, type Column } from '../../parts/DataTable';
import { IconPlus } from '../../parts/icons';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Page } from '../../parts/Page';
import { Allowed } from '../../parts/roles';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { Pager } from '../directory/Pager';
import { Where } from '../directory/Where';
import { Pull } from './Pull';
import { importsOf } from './reading';
import { Upload } from './Upload';
import { counted, ImportState } from './words';

// Imports lists what was brought into a directory from files and other servers, and brings in more.
export function Imports() {
  return <Page title="Imports"><Where>{(d) => <List d={d} />}</Where></Page>;
}

function List({ d }: { d: string }) {
  const { in: named, cursor } = useSearch({ from: '/shell/imports' });
  const navigate = useNavigate();
  const query = useQuery(importsOf(d, cursor));
  const [making, setMaking] = useState<'file' | 'pull'>();
  const open = (i: Schema<'Import'>) => void navigate({ to: '/imports/$id', params: { id: i.id }, search: { in: named } });
  const columns: Column<Schema<'Import'>>[] = [
    { head: 'From', cell: (i) => <div className="wide-cell"><TextLink to="/imports/$id" params={{ id: i.id }} search={{ in: named }}><Name>{i.name ?? (i.source === 'scim' ? 'A SCIM server' : 'A file')}</Name></TextLink></div> },
    { head: 'State', cell: (i) => <ImportState state={i.state} /> },
    { head: 'Rows', number: true, cell: (i) => i.rows.toLocaleString('en') },
    { head: 'What it does', cell: (i) => <div className="wide-cell">{counted(i.state === 'done' || i.state === 'running' ? i.applied : i.planned).map((c) => c.text).join(', ') || 'nothing'}</div> },
    { head: 'Begun', cell: (i) => <When at={i.createdAt} /> },
    { head: 'By', cell: (i) => <Name>{i.createdBy ?? ''}</Name> },
  ];
  return (
    <Stack>
      <Text>Users, groups and memberships that exist already, from a file or another SCIM server. An import only adds: it overwrites nothing and takes nothing away, and nothing happens before you have seen what it does.</Text>
      <Allowed role="ruleEditor" deployment>
        <Group gap="sm">
          <Button leftSection={<IconPlus />} onClick={() => setMaking('file')}>Import a file</Button>
          <Button variant="default" onClick={() => setMaking('pull')}>Read a SCIM server</Button>
        </Group>
      </Allowed>
      <Answer query={query} what="the imports">
        {({ items, next }) => (
          <>
            {items.length === 0
              ? <Empty title="No import">Every file that is brought in, and every server that is read, is listed here with what it did.</Empty>
              : <DataTable caption="Imports" columns={columns} rows={items} id={(i) => i.id} />}
            <Pager cursor={cursor} next={next} go={(to) => void navigate({ to: '/imports', search: { in: named, cursor: to } })} />
          </>
        )}
      </Answer>
      {making === 'file' && <Upload d={d} onClose={() => setMaking(undefined)} onMade={open} />}
      {making === 'pull' && <Pull d={d} onClose={() => setMaking(undefined)} onMade={open} />}
    </Stack>
  );
}
