import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { api, ask, type Schema, type Tagged } from '../../api/client';
import { problemOf } from '../../api/problem';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Failed } from '../../states/Failed';
import { noType, Types, typesOf, wantedOf } from './Types';

// ChangeWebhook edits where a webhook's messages go and what it is told of. What is typed is kept
// against the version that was read when it opened.
export function ChangeWebhook({ read, onClose }: { read: Tagged<Schema<'Webhook'>>; onClose: () => void }) {
  const [{ value: before, tag }] = useState(read);
  const [url, setURL] = useState(before.url);
  const [description, setDescription] = useState(before.description);
  const [wanted, setWanted] = useState(() => wantedOf(before.types));
  const [missing, setMissing] = useState(false);
  const cache = useQueryClient();
  const change = useMutation({
    mutationFn: () => ask(api.PATCH('/webhooks/{id}', {
      params: { path: { id: before.id }, header: { 'If-Match': tag } },
      body: { url: url.trim() === before.url ? undefined : url.trim(), description: description.trim(), types: typesOf(wanted) },
    })),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ['webhooks'] });
      announce('Changed the webhook.');
      onClose();
    },
  });
  const problem = change.isError ? problemOf(change.error) : undefined;
  const at = (field: string) => problem?.at(`body.${field}`);
  const placed = ['url', 'description', 'types'].some((field) => at(field) !== undefined);

  function submit(event: FormEvent) {
    event.preventDefault();
    const none = !wanted.all && typesOf(wanted).length === 0;
    setMissing(none);
    if (!none && !change.isPending) change.mutate();
  }

  return (
    <Dialog title="Change the webhook" onClose={onClose}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput data-autofocus type="url" label="Address" required maxLength={2048} description="https, and public" value={url} error={at('url')} onChange={(e) => setURL(e.currentTarget.value)} />
          <TextInput label="Description" maxLength={256} description="What receives" value={description} error={at('description')} onChange={(e) => setDescription(e.currentTarget.value)} />
          <Types wanted={wanted} error={missing ? noType : at('types')} onChange={(w) => { setWanted(w); setMissing(false); }} />
          {problem !== undefined && !placed && <Failed error={problem} what="Changing the webhook" />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={change.isPending}>Save</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
