import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';

import { api, ask, type Schema, type Tagged } from '../../api/client';
import { announce } from '../../parts/announce';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Allowed } from '../../parts/roles';
import { Note } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { ChangeWebhook } from './ChangeWebhook';
import { Deliveries } from './Deliveries';
import { EndWebhook } from './EndWebhook';
import { Exchange } from './Exchange';
import { oneWebhook } from './reading';
import { Secret } from './Secret';
import { Backlog, Standing } from './words';

// Webhook is one webhook: how its receiver gets on, what it was sent, and what can be done.
export function Webhook() {
  const { id } = useParams({ from: '/shell/settings/webhooks/$id' });
  const query = useQuery(oneWebhook(id));
  return (
    <Stack>
      <TextLink to="/settings/webhooks" search={{}}>All webhooks</TextLink>
      <Answer query={query} what="the webhook" lines={6}>
        {(read) => (
          <Stack gap="lg">
            <About webhook={read.value} />
            <Acts read={read} />
            <Deliveries id={id} />
          </Stack>
        )}
      </Answer>
    </Stack>
  );
}

function About({ webhook: w }: { webhook: Schema<'Webhook'> }) {
  return (
    <dl className="fields">
      {w.description !== '' && <div><dt>Receiver</dt><dd><Name>{w.description}</Name></dd></div>}
      <div><dt>Address</dt><dd><Name>{w.url}</Name></dd></div>
      <div><dt>State</dt><dd><Standing webhook={w} /></dd></div>
      {w.lastError !== undefined && <div><dt>Last problem</dt><dd>{w.lastError}{w.failingSince !== undefined && <>, since <When at={w.failingSince} /></>}</dd></div>}
      <div><dt>Not taken yet</dt><dd><Backlog backlog={w.backlog} /></dd></div>
      <div><dt>Told of</dt><dd>{w.types.length === 0 ? 'everything' : w.types.join(', ')}{w.directory !== undefined && <> in <Name>{w.directory}</Name></>}</dd></div>
      {w.bothUntil !== undefined && <div><dt>Secrets</dt><dd>Two sign; the former ends <When at={w.bothUntil} /></dd></div>}
    </dl>
  );
}

// Acts are what an owner can do with a webhook.
function Acts({ read }: { read: Tagged<Schema<'Webhook'>> }) {
  const w = read.value;
  const navigate = useNavigate();
  const cache = useQueryClient();
  const [open, setOpen] = useState<'change' | 'exchange' | 'end'>();
  const [minted, setMinted] = useState<Schema<'MintedWebhook'>>();
  const again = () => cache.invalidateQueries({ queryKey: ['webhooks'] });
  const test = useMutation({ mutationFn: () => ask(api.POST('/webhooks/{id}/test', { params: { path: { id: w.id } } })), onSettled: again });
  const toggle = useMutation({
    mutationFn: () => ask(api.PATCH('/webhooks/{id}', { params: { path: { id: w.id }, header: { 'If-Match': read.tag } }, body: { state: w.state === 'enabled' ? 'disabled' : 'enabled' } })),
    onSuccess: async (now) => { await again(); announce(now.state === 'enabled' ? 'Enabled the webhook.' : 'Disabled the webhook.'); },
  });
  const close = () => setOpen(undefined);
  return (
    <Allowed role="owner" deployment>
      <Stack gap="sm">
        {minted !== undefined && <Secret of={minted} onStored={() => setMinted(undefined)} />}
        <Group gap="sm">
          <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>Send a test</Button>
          <Button variant="default" onClick={() => setOpen('change')}>Change</Button>
          <Button variant="default" onClick={() => setOpen('exchange')}>Exchange the secret</Button>
          <Button variant="default" loading={toggle.isPending} onClick={() => toggle.mutate()}>{w.state === 'enabled' ? 'Disable' : 'Enable'}</Button>
          <Button color="bad" variant="outline" onClick={() => setOpen('end')}>End</Button>
        </Group>
        <div role="status">{test.data !== undefined && <Outcome attempt={test.data} />}</div>
        {w.state === 'disabled' && <Text c="var(--mute)">What happens meanwhile is sent when it is enabled again.</Text>}
        {test.isError && <Failed error={test.error} what="Sending a test" />}
        {toggle.isError && <Failed error={toggle.error} what="Changing the webhook" />}
      </Stack>
      {open === 'change' && <ChangeWebhook read={read} onClose={close} />}
      {open === 'exchange' && <Exchange webhook={w} onClose={close} onMade={(m) => { close(); setMinted(m); }} />}
      {open === 'end' && <EndWebhook webhook={w} onClose={close} onEnded={() => void navigate({ to: '/settings/webhooks', search: {} })} />}
    </Allowed>
  );
}

// Outcome says what the receiver answered to a test.
function Outcome({ attempt: a }: { attempt: Schema<'WebhookAttempt'> }) {
  const answer = a.status === undefined ? 'No answer came' : `It answered ${a.status}`;
  return a.taken ? <Note tone="ok" title="Taken">{answer}, in {a.ms} ms.</Note> : <Note tone="bad" title="Not taken">{answer}{a.status !== undefined && `, in ${a.ms} ms`}. {a.error}</Note>;
}
