import { Button, Group, NativeSelect, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { problemOf } from '../../api/problem';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Failed } from '../../states/Failed';
import { presentDirectories } from '../connectors/reading';
import { allWebhooks } from './reading';
import { noType, Types, typesOf, wantedOf } from './Types';

interface Props {
  onClose: () => void;
  onMade: (made: Schema<'MintedWebhook'>) => void;
}

// MakeWebhook makes a webhook; its secret goes to onMade.
export function MakeWebhook({ onClose, onMade }: Props) {
  const directories = useQuery(presentDirectories);
  const [url, setURL] = useState('');
  const [description, setDescription] = useState('');
  const [directory, setDirectory] = useState('');
  const [wanted, setWanted] = useState(wantedOf([]));
  const [missing, setMissing] = useState(false);
  const cache = useQueryClient();
  const make = useMutation({
    mutationFn: () => ask(api.POST('/webhooks', { body: { url: url.trim(), description: description.trim(), directory: directory || undefined, types: typesOf(wanted) } })),
    onSuccess: (made) => {
      announce('Made the webhook. Its secret is shown on the page this once.');
      void cache.invalidateQueries({ queryKey: allWebhooks.queryKey });
      onMade(made);
    },
    gcTime: 0, // its answer is a secret
  });
  const problem = make.isError ? problemOf(make.error) : undefined;
  const at = (field: string) => problem?.at(`body.${field}`);
  const placed = ['url', 'description', 'types'].some((field) => at(field) !== undefined);

  function submit(event: FormEvent) {
    event.preventDefault();
    const none = !wanted.all && typesOf(wanted).length === 0;
    setMissing(none);
    if (!none && !make.isPending) make.mutate();
  }

  return (
    <Dialog title="Make a webhook" onClose={onClose}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput data-autofocus type="url" label="Address" required maxLength={2048} description="https, and public" value={url} error={at('url')} onChange={(e) => setURL(e.currentTarget.value)} />
          <TextInput label="Description" maxLength={256} description="What receives" value={description} error={at('description')} onChange={(e) => setDescription(e.currentTarget.value)} />
          <NativeSelect label="Directory" value={directory} onChange={(e) => setDirectory(e.currentTarget.value)} data={[{ value: '', label: 'All, and what belongs to none' }, ...(directories.data ?? []).map((d) => ({ value: d.name, label: d.name }))]} />
          <Types wanted={wanted} error={missing ? noType : at('types')} onChange={(w) => { setWanted(w); setMissing(false); }} />
          {problem !== undefined && !placed && <Failed error={problem} what="Making the webhook" />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={make.isPending}>Make it</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
