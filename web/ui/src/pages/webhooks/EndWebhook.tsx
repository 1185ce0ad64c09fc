import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { api, ask, type Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Name } from '../../parts/Name';
import { Failed } from '../../states/Failed';
import { allWebhooks } from './reading';
import { Backlog } from './words';

interface Props {
  webhook: Schema<'Webhook'>;
  onClose: () => void;
  onEnded: () => void;
}

// EndWebhook asks before a webhook ends, and says what it would not hear any more.
export function EndWebhook({ webhook: w, onClose, onEnded }: Props) {
  const cache = useQueryClient();
  const end = useMutation({
    mutationFn: () => ask(api.DELETE('/webhooks/{id}', { params: { path: { id: w.id } } })),
    onSuccess: () => {
      announce('Ended the webhook.');
      onEnded();
      void cache.invalidateQueries({ queryKey: allWebhooks.queryKey, exact: true });
    },
  });
  return (
    <Dialog title="End this webhook?" onClose={onClose}>
      <Stack>
        <Text><Name>{w.description || w.url}</Name> is told nothing any more, its secret ends, and what it has not taken is lost to it: <Backlog backlog={w.backlog} />. To stop it for a while, disable it instead.</Text>
        {end.isError && <Failed error={end.error} what="Ending the webhook" />}
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>Keep it</Button>
          <Button color="bad" loading={end.isPending} onClick={() => end.mutate()}>End it</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
