import { Button, Checkbox, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { api, ask, type Schema, type Tagged } from '../../api/client';
import { problemOf } from '../../api/problem';
import { useMe } from '../../auth';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Note } from '../../parts/State';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { noTenant, RoleField, TenantsField } from './Fields';
import { oneAdministrator } from './reading';

type Administrator = Schema<'Administrator'>;

interface Props {
  id: string;
  name: string;
  onClose: () => void;
}

// ChangeAdministrator edits name, role and tenants of an administrator, and locks them out or in
// again.
export function ChangeAdministrator({ id, name, onClose }: Props) {
  const query = useQuery({ ...oneAdministrator(id), gcTime: 0, refetchOnWindowFocus: false }); // what is typed is kept against this very version
  return (
    <Dialog title={`Change ${name}`} onClose={onClose}>
      <Answer query={query} what="the administrator">{(read) => <Form key={read.tag} read={read} onClose={onClose} />}</Answer>
    </Dialog>
  );
}

function Form({ read, onClose }: { read: Tagged<Administrator>; onClose: () => void }) {
  const before = read.value;
  const me = useMe();
  const [name, setName] = useState(before.name);
  const [role, setRole] = useState(before.role);
  const [limit, setLimit] = useState({ limited: before.limited, tenants: before.tenants });
  const [disabled, setDisabled] = useState(before.disabled !== undefined);
  const [missing, setMissing] = useState(false);
  const cache = useQueryClient();
  const patch = changed(before, { name: name.trim(), role, ...limit, disabled });
  const change = useMutation({
    mutationFn: () => ask(api.PATCH('/administrators/{id}', { params: { path: { id: before.id }, header: { 'If-Match': read.tag } }, body: patch })),
    onSuccess: async (now) => {
      await cache.invalidateQueries({ queryKey: ['administrators'], exact: true });
      announce(`Changed ${now.name}.`);
      onClose();
    },
  });
  const problem = change.isError ? problemOf(change.error) : undefined;
  const placed = problem?.at('body.tenants') !== undefined || problem?.at('body.name') !== undefined;
  const ends = 'role' in patch || 'tenants' in patch || patch.disabled === true;

  function submit(event: FormEvent) {
    event.preventDefault();
    const empty = patch.tenants !== undefined && limit.limited && limit.tenants.length === 0;
    setMissing(empty);
    if (empty || change.isPending) return;
    if (Object.keys(patch).length === 0) onClose();
    else change.mutate();
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <Text>{before.email}</Text>
        <TextInput data-autofocus label="Name" autoComplete="off" maxLength={256} value={name} error={problem?.at('body.name')} onChange={(e) => setName(e.currentTarget.value)} />
        <RoleField role={role} onChange={setRole} />
        <TenantsField {...limit} error={missing ? noTenant : problem?.at('body.tenants')} onChange={(limited, tenants) => { setLimit({ limited, tenants }); setMissing(false); }} />
        <Checkbox label="Disabled" description="They cannot sign in, and their API tokens do nothing. Their events stay." checked={disabled} onChange={(e) => setDisabled(e.currentTarget.checked)} />
        {ends && <Note tone={before.id === me?.administrator?.id ? 'warn' : 'info'}>{before.id === me?.administrator?.id ? 'This is you: you are signed out by it, and may lose what you can do here.' : 'It signs them out everywhere.'}</Note>}
        {problem !== undefined && !placed && <Failed error={problem} what="Changing" />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" color={patch.disabled === true ? 'bad' : undefined} loading={change.isPending}>Save</Button>
        </Group>
      </Stack>
    </form>
  );
}

interface Wanted {
  name: string;
  role: Administrator['role'];
  limited: boolean;
  tenants: string[];
  disabled: boolean;
}

// changed is what of an administrator is to be another than before. An empty list of tenants lifts
// the limit.
function changed(before: Administrator, to: Wanted): Schema<'AdministratorPatch'> {
  const patch: Schema<'AdministratorPatch'> = {};
  if (to.name !== before.name) patch.name = to.name;
  if (to.role !== before.role) patch.role = to.role;
  const same = to.limited === before.limited && (!to.limited || [...to.tenants].sort().join('\n') === [...before.tenants].sort().join('\n'));
  if (!same) patch.tenants = to.limited ? to.tenants : [];
  if (to.disabled !== (before.disabled !== undefined)) patch.disabled = to.disabled;
  return patch;
}
