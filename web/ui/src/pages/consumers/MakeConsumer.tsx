import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { api, ask } from '../../api/client';
import { problemOf } from '../../api/problem';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Failed } from '../../states/Failed';
import { attributesIn, consumersOf, endOf } from './reading';
import { Sees, type Seen } from './Sees';
import type { Shown } from './Token';

interface Props {
  d: string;
  onClose: () => void;
  onMade: (shown: Shown) => void;
}

// MakeConsumer lets an application read a directory; its token goes to onMade.
export function MakeConsumer({ d, onClose, onMade }: Props) {
  const [name, setName] = useState('');
  const [until, setUntil] = useState('');
  const [seen, setSeen] = useState<Seen>({ attributes: '', groups: [] });
  const cache = useQueryClient();
  const make = useMutation({
    mutationFn: () => ask(api.POST('/directories/{d}/consumers', { params: { path: { d } }, body: { name: name.trim(), attributes: attributesIn(seen.attributes), groups: seen.groups, expiresAt: endOf(until) } })),
    onSuccess: (made) => {
      announce('The application may read. Its token is shown on the page this once.');
      void cache.invalidateQueries({ queryKey: consumersOf(d).queryKey });
      onMade(made);
    },
    gcTime: 0, // its answer is a secret
  });
  const problem = make.isError ? problemOf(make.error) : undefined;
  const at = (field: string) => problem?.at(`body.${field}`);
  const placed = at('name') !== undefined || at('expiresAt') !== undefined;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!make.isPending) make.mutate();
  }

  return (
    <Dialog title="Let an application in" onClose={onClose}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput data-autofocus label="Name" required maxLength={256} description="What reads, such as Jira" autoComplete="off" value={name} error={at('name')} onChange={(e) => setName(e.currentTarget.value)} />
          <Sees seen={seen} problem={(place) => problem?.at(place)} onChange={setSeen} />
          <TextInput type="date" label="Token valid until" description="The end of that day, UTC. Empty: for good." value={until} error={at('expiresAt')} onChange={(e) => setUntil(e.currentTarget.value)} />
          {problem !== undefined && !placed && <Failed error={problem} what="Letting it in" />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={make.isPending}>Let it in</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
