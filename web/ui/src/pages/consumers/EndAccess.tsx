import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { api, ask, type Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Name } from '../../parts/Name';
import { Failed } from '../../states/Failed';
import { consumersOf } from './reading';

interface Props {
  d: string;
  consumer: Schema<'Consumer'>;
  token?: Schema<'ConsumerToken'>; // only this one ends
  onClose: () => void;
  onEnded: () => void;
}

// EndAccess asks before a token stops working, or all that an application may read ends.
export function EndAccess({ d, consumer: c, token, onClose, onEnded }: Props) {
  const cache = useQueryClient();
  const end = useMutation({
    mutationFn: () => (token === undefined
      ? ask(api.DELETE('/directories/{d}/consumers/{id}', { params: { path: { d, id: c.id } } }))
      : ask(api.DELETE('/directories/{d}/consumers/{id}/tokens/{token}', { params: { path: { d, id: c.id, token: token.id } } }))),
    onSuccess: () => {
      announce(token === undefined ? `${c.name} reads no more.` : 'Ended the token.');
      onEnded();
      void cache.invalidateQueries({ queryKey: consumersOf(d).queryKey, exact: token === undefined });
    },
  });
  return (
    <Dialog title={token === undefined ? 'End its access?' : 'End this token?'} onClose={onClose}>
      <Stack>
        {token === undefined
          ? <Text><Name>{c.name}</Name> and its {c.tokens.length === 1 ? 'token' : `${c.tokens.length} tokens`} are refused from now on. This cannot be undone; it can be let in again with another token.</Text>
          : <Text>The token of <Name>{c.name}</Name> ending in <code>{token.hint}</code> is refused from now on. {c.tokens.length === 1 ? 'It is the only one: the application reads nothing until it has another.' : 'Its other tokens work on.'}</Text>}
        {end.isError && <Failed error={end.error} what="Ending it" />}
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>Keep it</Button>
          <Button color="bad" loading={end.isPending} onClick={() => end.mutate()}>End it</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
