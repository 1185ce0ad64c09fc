import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';

import type { Schema } from '../../api/client';
import { DataTable, type Column } from '../../parts/DataTable';
import { IconPlus } from '../../parts/icons';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Allowed } from '../../parts/roles';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { presentDirectories } from '../connectors/reading';
import { MakeConsumer } from './MakeConsumer';
import { consumersOf } from './reading';
import { Token, type Shown } from './Token';

type Consumer = Schema<'Consumer'>;

// Consumers lists the applications that may read a directory, and lets more in.
export function Consumers() {
  const { in: named } = useSearch({ from: '/shell/settings/consumers' });
  const navigate = useNavigate();
  const query = useQuery(presentDirectories);
  return (
    <Stack>
      <Text>A consumer is an application that reads a directory by SCIM and changes nothing.</Text>
      <Answer query={query} what="the directories">
        {(there) => {
          const d = there.find((one) => one.name === named) ?? there[0];
          if (d === undefined) return <Empty title="No directory">Consumers read a directory, and you may see none.</Empty>;
          return (
            <>
              {there.length > 1 && <NativeSelect label="Directory" maw={320} value={d.name} data={there.map((one) => one.name)} onChange={(e) => void navigate({ to: '/settings/consumers', search: { in: e.currentTarget.value } })} />}
              <List key={d.name} d={d.name} />
            </>
          );
        }}
      </Answer>
    </Stack>
  );
}

function List({ d }: { d: string }) {
  const query = useQuery(consumersOf(d));
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Shown>();
  const columns: Column<Consumer>[] = [
    { head: 'Name', cell: (c) => <TextLink to="/settings/consumers/$id" params={{ id: c.id }} search={{ in: d }}><Name>{c.name}</Name></TextLink> },
    { head: 'Last used', cell: (c) => <When at={c.tokens.map((t) => t.lastUsedAt).filter((at) => at !== undefined).sort().at(-1)} /> },
    { head: 'Tokens', number: true, cell: (c) => c.tokens.length },
    { head: 'Sees of users', cell: (c) => <div className="wide-cell">{c.attributes.length === 0 ? 'all but sensitive attributes' : c.attributes.join(', ')}</div> },
    { head: 'Sees of groups', cell: (c) => (c.groups.length === 0 ? 'all' : `those that ${c.groups.length === 1 ? 'one entry names' : `${c.groups.length} entries name`}`) },
  ];
  return (
    <Stack>
      {made !== undefined && <Token shown={made} onStored={() => setMade(undefined)} />}
      <Answer query={query} what="the consumers">
        {(all) => (all.length === 0
          ? <Empty title="No consumer">Let an application in: it gets an address and a token of its own, and sees what you say.</Empty>
          : <DataTable caption="Consumers" columns={columns} rows={all} id={(c) => c.id} />)}
      </Answer>
      <Allowed role="owner" deployment>
        <Group><Button variant="default" leftSection={<IconPlus />} onClick={() => setMaking(true)}>Let an application in</Button></Group>
      </Allowed>
      {making && <MakeConsumer d={d} onClose={() => setMaking(false)} onMade={(c) => { setMaking(false); setMade(c); }} />}
    </Stack>
  );
}
