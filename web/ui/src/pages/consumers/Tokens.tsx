import { Button, Group, Stack, TextInput, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { problemOf } from '../../api/problem';
import { announce } from '../../parts/announce';
import { DataTable, type Column } from '../../parts/DataTable';
import { Dialog } from '../../parts/Dialog';
import { IconPlus } from '../../parts/icons';
import { Allowed, useBarred } from '../../parts/roles';
import { State } from '../../parts/State';
import { When } from '../../parts/When';
import { Empty } from '../../states/Empty';
import { Failed } from '../../states/Failed';
import { EndAccess } from './EndAccess';
import { consumersOf, endOf } from './reading';
import { Token as Once, type Shown } from './Token';

type Token = Schema<'ConsumerToken'>;

interface Props {
  d: string;
  consumer: Schema<'Consumer'>;
}

// Tokens are a consumer's: one is exchanged by making the next and ending the former when it is
// used no more.
export function Tokens({ d, consumer }: Props) {
  const barred = useBarred('owner', true);
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Shown>();
  const [ending, setEnding] = useState<Token>();
  const columns: Column<Token>[] = [
    { head: 'Last 4', cell: (t) => <code>{t.hint}</code> },
    { head: 'State', cell: (t) => <State tone={t.state === 'valid' ? 'ok' : t.state === 'expired' ? 'bad' : 'warn'}>{{ valid: 'Valid', expired: 'Ended', expiresSoon: 'Ends soon' }[t.state]}</State> },
    { head: 'Last used', cell: (t) => <When at={t.lastUsedAt} /> },
    { head: 'Valid until', cell: (t) => <When at={t.expiresAt} never="for good" /> },
    ...(barred !== undefined ? [] : [{ head: 'Actions', cell: (t: Token) => <Button color="bad" variant="outline" size="compact-md" mih={36} aria-label={`End the token ending in ${t.hint}`} onClick={() => setEnding(t)}>End</Button> }]),
  ];
  return (
    <Stack component="section" gap="sm" aria-labelledby="tokens">
      <Title order={2} id="tokens">Tokens</Title>
      {made !== undefined && <Once shown={made} onStored={() => setMade(undefined)} />}
      {consumer.tokens.length === 0
        ? <Empty title="No token">Without one it reads nothing.</Empty>
        : <DataTable caption="The tokens of this consumer" columns={columns} rows={consumer.tokens} id={(t) => t.id} />}
      <Allowed role="owner" deployment>
        <Group><Button variant="default" leftSection={<IconPlus />} onClick={() => setMaking(true)}>Make a token</Button></Group>
      </Allowed>
      {making && <Make d={d} consumer={consumer} onClose={() => setMaking(false)} onMade={(shown) => { setMaking(false); setMade(shown); }} />}
      {ending !== undefined && <EndAccess d={d} consumer={consumer} token={ending} onClose={() => setEnding(undefined)} onEnded={() => setEnding(undefined)} />}
    </Stack>
  );
}

function Make({ d, consumer: c, onClose, onMade }: Props & { onClose: () => void; onMade: (shown: Shown) => void }) {
  const [until, setUntil] = useState('');
  const cache = useQueryClient();
  const make = useMutation({
    mutationFn: () => ask(api.POST('/directories/{d}/consumers/{id}/tokens', { params: { path: { d, id: c.id } }, body: { expiresAt: endOf(until) } })),
    onSuccess: (made) => {
      announce('Made the token. It is shown on the page this once.');
      void cache.invalidateQueries({ queryKey: consumersOf(d).queryKey });
      onMade({ name: c.name, baseUrl: c.baseUrl, token: made.token });
    },
    gcTime: 0, // its answer is a secret
  });
  const problem = make.isError ? problemOf(make.error) : undefined;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!make.isPending) make.mutate();
  }

  return (
    <Dialog title="Make a token" onClose={onClose}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput data-autofocus type="date" label="Valid until" description="The end of that day, UTC. Empty: for good." value={until} error={problem?.at('body.expiresAt')} onChange={(e) => setUntil(e.currentTarget.value)} />
          {problem !== undefined && problem.at('body.expiresAt') === undefined && <Failed error={problem} what="Making the token" />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={make.isPending}>Make it</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
