import { Button, Group, NativeSelect, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';

import { api, ask, type Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { DataTable, type Column } from '../../parts/DataTable';
import { useBarred } from '../../parts/roles';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { Failed } from '../../states/Failed';
import { Pager } from '../directory/Pager';
import { deliveriesOf, type State } from './reading';
import { DeliveryState } from './words';

type Delivery = Schema<'WebhookDelivery'>;

// Deliveries are what a webhook was sent or is to be, and what was wrong; each can be sent again.
export function Deliveries({ id }: { id: string }) {
  const { state, cursor } = useSearch({ from: '/shell/settings/webhooks/$id' });
  const navigate = useNavigate();
  const barred = useBarred('owner', true);
  const query = useQuery(deliveriesOf(id, state, cursor));
  const cache = useQueryClient();
  const again = useMutation({
    mutationFn: (d: Delivery) => ask(api.POST('/webhooks/{id}/deliveries/{delivery}/redelivery', { params: { path: { id, delivery: d.id } } })),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ['webhooks', id] });
      announce('It is sent again.');
    },
  });
  const columns: Column<Delivery>[] = [
    { head: 'Message', cell: (d) => <div className="wide-cell"><code>{d.type}</code></div> },
    { head: 'State', cell: (d) => <DeliveryState state={d.state} /> },
    { head: 'Answer', cell: (d) => <div className="wide-cell"><Said delivery={d} /></div> },
    { head: 'Attempts', number: true, cell: (d) => d.attempts },
    { head: 'Made', cell: (d) => <When at={d.created} /> },
    ...(barred !== undefined ? [] : [{
      head: 'Actions', cell: (d: Delivery) => <Button variant="default" size="compact-md" mih={36} aria-label={`Send again: ${d.type}, number ${d.sequence}`} loading={again.isPending && again.variables.id === d.id} onClick={() => again.mutate(d)}>Send again</Button>,
    }]),
  ];
  return (
    <Stack component="section" gap="sm" aria-labelledby="deliveries">
      <Title order={2} id="deliveries">Deliveries</Title>
      <Text>Kept for 14 days.</Text>
      <Group><NativeSelect label="State" value={state ?? ''} data={[{ value: '', label: 'Every state' }, { value: 'pending', label: 'Waits' }, { value: 'delivered', label: 'Taken' }, { value: 'failed', label: 'Given up' }]}
        onChange={(e) => void navigate({ to: '/settings/webhooks/$id', params: { id }, search: { state: (e.currentTarget.value || undefined) as State | undefined }, replace: true })} /></Group>
      {again.isError && <Failed error={again.error} what="Sending it again" />}
      <Answer query={query} what="the deliveries" lines={5}>
        {({ items, next }) => (
          <>
            {items.length === 0
              ? <Empty title={state === undefined ? 'No delivery' : 'None is like this'}>{state === undefined ? 'What happens from now on is sent, and listed here.' : 'No delivery of the last 14 days is in this state.'}</Empty>
              : <DataTable caption="What was sent" columns={columns} rows={items} id={(d) => d.id} />}
            <Pager cursor={cursor} next={next} go={(to) => void navigate({ to: '/settings/webhooks/$id', params: { id }, search: { state, cursor: to } })} />
          </>
        )}
      </Answer>
    </Stack>
  );
}

function Said({ delivery: d }: { delivery: Delivery }) {
  if (d.lastAttempt === undefined) return <>not sent yet</>;
  return <>{d.status !== undefined ? `${d.status}, in ${d.ms} ms` : 'none'}{d.error !== undefined && <>: {d.error}</>}{d.nextAttempt !== undefined && d.state === 'pending' && <>; again <When at={d.nextAttempt} /></>}</>;
}
