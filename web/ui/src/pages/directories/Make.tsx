import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { api, ask } from '../../api/client';
import { problemOf } from '../../api/problem';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Failed } from '../../states/Failed';

// Make makes a directory.
export function Make({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const cache = useQueryClient();
  const make = useMutation({
    mutationFn: () => ask(api.POST('/directories', { body: { name: name.trim() } })),
    onSuccess: async (made) => {
      await cache.invalidateQueries({ queryKey: ['directories'], exact: true });
      announce(`Made ${made.name}.`);
      onClose();
    },
  });
  const problem = make.isError ? problemOf(make.error) : undefined;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!make.isPending) make.mutate();
  }

  return (
    <Dialog title="Make a directory" onClose={onClose}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput data-autofocus label="Name" required maxLength={256} autoComplete="off" description="Connectors and applications name it, such as staging" value={name} error={problem?.at('body.name')} onChange={(e) => setName(e.currentTarget.value)} />
          {problem !== undefined && problem.at('body.name') === undefined && <Failed error={problem} what="Making the directory" />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={make.isPending}>Make it</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
