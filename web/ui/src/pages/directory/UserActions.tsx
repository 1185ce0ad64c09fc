import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, ask } from '../../api/client';
import { problemOf } from '../../api/problem';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Name } from '../../parts/Name';
import { useBarred } from '../../parts/roles';
import { Failed } from '../../states/Failed';
import type { UserDetail } from './reading';

interface Props {
  d: string;
  user: UserDetail;
  tag: string;
}

type Action = 'block' | 'unblock' | 'delete' | 'restore';

const words: Record<Action, { button: string; title: string; says: string; keep: string; done: string }> = {
  block: { button: 'Block…', title: 'Block this user?', keep: 'Do not block', done: 'Blocked.', says: 'The user is disabled until the block is lifted, whatever its records say. Groups follow as for any disabled user.' },
  unblock: { button: 'Lift the block…', title: 'Lift the block?', keep: 'Keep the block', done: 'The block is lifted.', says: 'The user’s status is again what its records and rules make it.' },
  delete: { button: 'Delete…', title: 'Delete this user?', keep: 'Keep it', done: 'Deleted.', says: 'The user is taken out of its groups. It can be restored until it is purged.' },
  restore: { button: 'Restore…', title: 'Restore this user?', keep: 'Leave it deleted', done: 'Restored.', says: 'The user is there again, as its records and rules make it.' },
};

// UserActions are what is done to a user by hand, each said before it is done. An IdP's user is
// deleted at the IdP.
export function UserActions({ d, user, tag }: Props) {
  const [action, setAction] = useState<Action>();
  const blocked = (user.block ?? '') !== '';
  const helping = useBarred('operator'); // who is limited to tenants may help their own users
  const governing = useBarred('operator', true);
  const possible: Action[] = user.status === 'deleted' ? ['restore'] : [blocked ? 'unblock' : 'block', ...(user.managed ? [] : ['delete' as const])];
  const barred = (a: Action) => (a === 'delete' || a === 'restore' ? governing : helping);
  const offered = possible.filter((a) => barred(a) === undefined);
  return (
    <>
      {offered.length === 0 && <Text c="var(--mute)">{barred(possible[0]!)}</Text>}
      {offered.map((a) => <Button key={a} variant={a === 'restore' || a === 'unblock' ? 'default' : 'outline'} color={a === 'restore' || a === 'unblock' ? undefined : 'bad'} onClick={() => setAction(a)}>{words[a].button}</Button>)}
      {action !== undefined && <Confirm d={d} user={user} tag={tag} action={action} onClose={() => setAction(undefined)} />}
    </>
  );
}

function Confirm({ d, user, tag, action, onClose }: Props & { action: Action; onClose: () => void }) {
  const cache = useQueryClient();
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  const path = { d, id: user.id };
  const doing = useMutation({
    mutationFn: async () => {
      switch (action) {
        case 'block': return ask(api.PUT('/directories/{d}/users/{id}/block', { params: { path }, body: { reason: reason.trim() } }));
        case 'unblock': return ask(api.DELETE('/directories/{d}/users/{id}/block', { params: { path } }));
        case 'delete': return ask(api.DELETE('/directories/{d}/users/{id}', { params: { path, header: { 'If-Match': tag } } }));
        default: await ask(api.POST('/directories/{d}/users/{id}/restoration', { params: { path } }));
      }
    },
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ['directories', d] });
      announce(words[action].done);
      onClose();
    },
  });
  const wrong = missing && reason.trim() === '' ? 'Say why, for the next administrator.' : problemOf(doing.error).at('body.reason');
  return (
    <Dialog title={words[action].title} onClose={onClose}>
      <form noValidate onSubmit={(e) => {
        e.preventDefault();
        setMissing(true);
        if (action !== 'block' || reason.trim() !== '') doing.mutate();
      }}>
        <Stack>
          <Text><Name>{user.userName}</Name></Text>
          <Text>{words[action].says}</Text>
          {action === 'delete' && user.memberships.length > 0 && <Text>It is in {user.memberships.length} {user.memberships.length === 1 ? 'group' : 'groups'}.</Text>}
          {action === 'block' && <TextInput label="Why" data-autofocus value={reason} maxLength={1024} onChange={(e) => setReason(e.currentTarget.value)} error={wrong} />}
          {doing.isError && <Failed error={doing.error} what="This" />}
          <Group justify="flex-end">
            <Button variant="default" data-autofocus={action === 'block' ? undefined : true} onClick={onClose}>{words[action].keep}</Button>
            <Button type="submit" color={action === 'block' || action === 'delete' ? 'bad' : undefined} loading={doing.isPending}>{words[action].button.replace('…', '')}</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
