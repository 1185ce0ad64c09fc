import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Schema } from '../../api/client';
import { DataTable, type Column } from '../../parts/DataTable';
import { IconPlus } from '../../parts/icons';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Allowed } from '../../parts/roles';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { MakeWebhook } from './MakeWebhook';
import { allWebhooks } from './reading';
import { Secret } from './Secret';
import { Backlog, Standing } from './words';

const columns: Column<Schema<'Webhook'>>[] = [
  { head: 'Receiver', cell: (w) => <div className="wide-cell"><TextLink to="/settings/webhooks/$id" params={{ id: w.id }} search={{}}><Name>{w.description || w.url}</Name></TextLink>{w.description !== '' && <><br /><Text component="span" size="sm" c="var(--mute)"><Name>{w.url}</Name></Text></>}</div> },
  { head: 'State', cell: (w) => <div className="wide-cell"><Standing webhook={w} /></div> },
  { head: 'Not taken yet', cell: (w) => <div className="wide-cell"><Backlog backlog={w.backlog} /></div> },
  { head: 'Told of', cell: (w) => <div className="wide-cell">{w.types.length === 0 ? 'everything' : w.types.join(', ')}{w.directory !== undefined && <> in <Name>{w.directory}</Name></>}</div> },
];

// Webhooks lists who is told of changes, and makes more.
export function Webhooks() {
  const query = useQuery(allWebhooks);
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Schema<'MintedWebhook'>>();
  return (
    <Stack>
      <Text>A webhook tells a program of yours what happens to users, groups and memberships, signed, each event until it is taken.</Text>
      {made !== undefined && <Secret of={made} onStored={() => setMade(undefined)} />}
      <Answer query={query} what="the webhooks">
        {(all) => (all.length === 0
          ? <Empty title="No webhook">Make one for a program that should hear of changes at once, such as a ticket system.</Empty>
          : <DataTable caption="Webhooks" columns={columns} rows={all} id={(w) => w.id} />)}
      </Answer>
      <Allowed role="owner" deployment>
        <Group><Button variant="default" leftSection={<IconPlus />} onClick={() => setMaking(true)}>Make a webhook</Button></Group>
      </Allowed>
      {making && <MakeWebhook onClose={() => setMaking(false)} onMade={(w) => { setMaking(false); setMade(w); }} />}
    </Stack>
  );
}
