import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { api, ask, type Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Name } from '../../parts/Name';
import { Failed } from '../../states/Failed';

interface Props {
  administrator: Schema<'Administrator'>;
  onClose: () => void;
  onRemoved: () => void;
}

// Remove asks before an administrator is removed, and names what would do less.
export function Remove({ administrator: a, onClose, onRemoved }: Props) {
  const cache = useQueryClient();
  const remove = useMutation({
    mutationFn: () => ask(api.DELETE('/administrators/{id}', { params: { path: { id: a.id } } })),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ['administrators'], exact: true });
      announce(`Removed ${a.name}.`);
      onRemoved();
    },
  });
  return (
    <Dialog title="Remove this administrator?" onClose={onClose}>
      <Stack>
        <Text><Name>{a.name}</Name> (<Name>{a.email}</Name>) is signed out everywhere, and their API tokens end for good. What they did stays in the audit. To lock them out for a while, disable them instead.</Text>
        {remove.isError && <Failed error={remove.error} what="Removing" />}
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>Keep them</Button>
          <Button color="bad" loading={remove.isPending} onClick={() => remove.mutate()}>Remove</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
