import { Button, Checkbox, Group, NativeSelect, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { problemOf } from '../../api/problem';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Failed } from '../../states/Failed';
import { keep } from './secrets';

type Credential = Schema<'Credential'>;

interface Props {
  slug: string;
  instead: Credential | null; // the one it is to replace
  taken: Credential[];
  onClose: () => void;
  onMade: (id: string) => void;
}

// MakeCredential makes a credential, of the same kind as the one it replaces.
export function MakeCredential({ slug, instead, taken, onClose, onMade }: Props) {
  const [name, setName] = useState(() => freshName(instead, taken));
  const [kind, setKind] = useState<Credential['kind']>(instead?.kind ?? 'bearer');
  const [username, setUsername] = useState('');
  const [tenant, setTenant] = useState('');
  const [until, setUntil] = useState('');
  const [readOnly, setReadOnly] = useState(instead?.readOnly ?? false);
  const cache = useQueryClient();
  const make = useMutation({
    mutationFn: () => ask(api.POST('/connectors/{c}/credentials', {
      params: { path: { c: slug } },
      body: {
        name: name.trim(), kind, readOnly,
        ...(kind === 'basic' ? { username: username.trim() } : {}),
        ...(kind === 'entra' ? { entra: { tenant: tenant.trim() } as Schema<'EntraTenant'> } : {}),
        ...(until === '' ? {} : { expiresAt: `${until}T23:59:59Z` }),
        ...(instead?.allowedNetworks === undefined ? {} : { allowedNetworks: instead.allowedNetworks }),
      },
    })),
    onSuccess: (made) => {
      if (made.kind !== 'entra') keep(slug, { kind: made.kind, id: made.id, token: made.token, basic: made.basic, oauth: made.oauth });
      announce('Made the credential. Its secret is shown on the page this once.');
      void cache.invalidateQueries({ queryKey: ['connectors', slug] });
      onMade(made.id);
    },
  });
  const problem = make.isError ? problemOf(make.error) : undefined;
  const at = (field: string) => problem?.at(`body.${field}`);
  const placed = ['name', 'username', 'entra.tenant', 'expiresAt'].some((field) => at(field) !== undefined);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!make.isPending) make.mutate();
  }

  return (
    <Dialog onClose={onClose} title={instead === null ? 'Make a credential' : `Exchange ${instead.name}`}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput data-autofocus label="Name" required maxLength={256} description="What it is for. The audit names it." value={name} error={at('name')} onChange={(e) => setName(e.currentTarget.value)} />
          {instead === null && (
            <NativeSelect label="Kind" value={kind} onChange={(e) => setKind(e.currentTarget.value as Credential['kind'])} data={[
              { value: 'bearer', label: 'Token' }, { value: 'basic', label: 'User name and password' },
              { value: 'oauth', label: 'OAuth client' }, { value: 'entra', label: 'What Entra signs when its secret is left empty' },
            ]} />
          )}
          {kind === 'basic' && <TextInput label="User name" required description="The password is made for you." value={username} error={at('username')} onChange={(e) => setUsername(e.currentTarget.value)} />}
          {kind === 'entra' && <TextInput label="Id of the Entra tenant" required value={tenant} error={at('entra.tenant')} onChange={(e) => setTenant(e.currentTarget.value)} />}
          <TextInput type="date" label="Valid until" description="The end of that day, UTC. Left empty: no end." value={until} error={at('expiresAt')} onChange={(e) => setUntil(e.currentTarget.value)} />
          <Checkbox label="It may read, never write" checked={readOnly} onChange={(e) => setReadOnly(e.currentTarget.checked)} />
          {problem !== undefined && !placed && <Failed error={problem} what="Making the credential" />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={make.isPending}>Make it</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

// freshName is the old one's name with today's date, or another that is free.
function freshName(instead: Credential | null, taken: Credential[]): string {
  if (instead === null) return '';
  const today = `since ${new Date().toISOString().slice(0, 10)}`;
  const plain = instead.name.replace(/, since \d{4}-\d\d-\d\d( \(\d+\))?$/, '').slice(0, 220);
  for (let n = 1; ; n++) {
    const name = `${plain}, ${today}${n === 1 ? '' : ` (${n})`}`;
    if (!taken.some((c) => c.name.toLowerCase() === name.toLowerCase())) return name;
  }
}
