import { Button, Group, NativeSelect, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { problemOf } from '../../api/problem';
import type { Role } from '../../auth';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { roles, roleWords } from '../../parts/roles';
import { Failed } from '../../states/Failed';

interface Props {
  most: Role; // what its maker may do
  onClose: () => void;
  onMade: (token: Schema<'MintedAPIToken'>) => void;
}

const day = 24 * 60 * 60 * 1000;

// MakeToken makes an API token, with the least role unless another is chosen.
export function MakeToken({ most, onClose, onMade }: Props) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [until, setUntil] = useState(() => new Date(Date.now() + 90 * day).toISOString().slice(0, 10));
  const cache = useQueryClient();
  const make = useMutation({
    mutationFn: () => ask(api.POST('/api-tokens', { body: { name: name.trim(), role, expiresAt: `${until}T23:59:59Z` } })),
    onSuccess: (made) => {
      announce('Made the token. It is shown on the page this once.');
      void cache.invalidateQueries({ queryKey: ['api-tokens'] });
      onMade(made);
    },
    gcTime: 0, // its answer is a secret
  });
  const problem = make.isError ? problemOf(make.error) : undefined;
  const at = (field: string) => problem?.at(`body.${field}`);
  const placed = ['name', 'role', 'expiresAt'].some((field) => at(field) !== undefined);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!make.isPending) make.mutate();
  }

  return (
    <Dialog title="Make an API token" onClose={onClose}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput data-autofocus label="Name" required maxLength={256} description="What it is for. The audit names it behind your e-mail." value={name} error={at('name')} onChange={(e) => setName(e.currentTarget.value)} />
          <NativeSelect label="Role" description={`It ${roleWords[role].may}.`} value={role} error={at('role')} onChange={(e) => setRole(e.currentTarget.value as Role)}
            data={roles.slice(0, roles.indexOf(most) + 1).map((r) => ({ value: r, label: roleWords[r].label }))} />
          <TextInput type="date" label="Valid until" required description="The end of that day, UTC; a year ahead at most." value={until} error={at('expiresAt')} onChange={(e) => setUntil(e.currentTarget.value)} />
          {problem !== undefined && !placed && <Failed error={problem} what="Making the token" />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={make.isPending}>Make it</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
