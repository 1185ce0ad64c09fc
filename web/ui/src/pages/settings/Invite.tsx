import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { api, ask } from '../../api/client';
import { problemOf } from '../../api/problem';
import type { Role } from '../../auth';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Failed } from '../../states/Failed';
import { noTenant, RoleField, TenantsField } from './Fields';
import type { Issued } from './LinkShown';

interface Props {
  onClose: () => void;
  onInvited: (issued: Issued) => void;
}

// Invite makes an administrator, with the least role unless another is chosen.
export function Invite({ onClose, onInvited }: Props) {
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [limit, setLimit] = useState({ limited: false, tenants: [] as string[] });
  const [missing, setMissing] = useState(false);
  const cache = useQueryClient();
  const invite = useMutation({
    mutationFn: () => ask(api.POST('/administrators', { body: { email: email.trim(), name: name.trim(), role, ...(limit.limited ? { tenants: limit.tenants } : {}) } })),
    onSuccess: (made) => {
      announce('Invited. The link is shown on the page this once.');
      void cache.invalidateQueries({ queryKey: ['administrators'] });
      onInvited({ id: made.id, email: made.email, url: made.link.url, expiresAt: made.link.expiresAt });
    },
    gcTime: 0, // its answer holds a secret
  });
  const problem = invite.isError ? problemOf(invite.error) : undefined;
  const taken = problem?.code === 'administratorTaken' ? problem.detail : undefined;
  const at = (field: string) => problem?.at(`body.${field}`);
  const placed = taken !== undefined || ['email', 'name', 'tenants'].some((field) => at(field) !== undefined);

  function submit(event: FormEvent) {
    event.preventDefault();
    const empty = limit.limited && limit.tenants.length === 0;
    setMissing(empty);
    if (!empty && !invite.isPending) invite.mutate();
  }

  return (
    <Dialog title="Invite an administrator" onClose={onClose}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput data-autofocus type="email" label="E-mail" required autoComplete="off" description="They sign in with it." value={email} error={taken ?? at('email')} onChange={(e) => setEmail(e.currentTarget.value)} />
          <TextInput label="Name" autoComplete="off" maxLength={256} value={name} error={at('name')} onChange={(e) => setName(e.currentTarget.value)} />
          <RoleField role={role} onChange={setRole} />
          <TenantsField {...limit} error={missing ? noTenant : at('tenants')} onChange={(limited, tenants) => { setLimit({ limited, tenants }); setMissing(false); }} />
          {problem !== undefined && !placed && <Failed error={problem} what="Inviting" />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={invite.isPending}>Invite</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
