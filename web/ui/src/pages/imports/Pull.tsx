import { Button, Group, NativeSelect, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { problemOf } from '../../api/problem';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Failed } from '../../states/Failed';

interface Props {
  d: string;
  onClose: () => void;
  onMade: (made: Schema<'Import'>) => void;
}

// Pull reads all users and groups of another SCIM server, to be checked; nothing is done with them
// yet. The credential is used once and not kept, by the page neither.
export function Pull({ d, onClose, onMade }: Props) {
  const [url, setURL] = useState('');
  const [by, setBy] = useState<'token' | 'password'>('token');
  const [username, setUsername] = useState('');
  const [secret, setSecret] = useState('');
  const cache = useQueryClient();
  const make = useMutation({
    mutationFn: () => ask(api.POST('/directories/{d}/imports/pulls', {
      params: { path: { d } },
      body: { url: url.trim(), ...(by === 'token' ? { token: secret } : { username: username.trim(), password: secret }) },
    })),
    onSuccess: (made) => {
      announce('The server was read. Nothing is done yet.');
      void cache.invalidateQueries({ queryKey: ['directories', d, 'imports'] });
      onMade(made);
    },
    gcTime: 0,
  });
  const problem = make.isError ? problemOf(make.error) : undefined;
  const at = (field: string) => problem?.at(`body.${field}`);
  const placed = ['url', 'token', 'username', 'password'].some((field) => at(field) !== undefined);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!make.isPending) make.mutate();
  }

  return (
    <Dialog title="Read a SCIM server" onClose={onClose}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput data-autofocus type="url" label="Base URL" required maxLength={2048} description="What stands before /Users, such as https://scim.example.com/v2" value={url} error={at('url')} onChange={(e) => setURL(e.currentTarget.value)} />
          <NativeSelect label="Sign in by" value={by} onChange={(e) => setBy(e.currentTarget.value as typeof by)} data={[{ value: 'token', label: 'Bearer token' }, { value: 'password', label: 'User name and password' }]} />
          {by === 'password' && <TextInput label="User name" required autoComplete="off" value={username} error={at('username')} onChange={(e) => setUsername(e.currentTarget.value)} />}
          <PasswordInput label={by === 'token' ? 'Token' : 'Password'} required autoComplete="off" value={secret} error={at(by)} onChange={(e) => setSecret(e.currentTarget.value)} />
          <Text c="var(--mute)" size="sm">All users and groups are read, which may take minutes. The {by === 'token' ? 'token' : 'password'} is not kept. Nothing is done before you apply it.</Text>
          {problem !== undefined && !placed && <Failed error={problem} what="Reading the server" />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={make.isPending}>Read and check</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
