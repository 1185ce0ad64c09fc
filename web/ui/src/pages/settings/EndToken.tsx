import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { api, ask, type Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Name } from '../../parts/Name';
import { When } from '../../parts/When';
import { Failed } from '../../states/Failed';

interface Props {
  token: Schema<'APIToken'>;
  onClose: () => void;
  onEnded: () => void;
}

// EndToken asks before an API token stops working.
export function EndToken({ token, onClose, onEnded }: Props) {
  const cache = useQueryClient();
  const end = useMutation({
    mutationFn: () => ask(api.DELETE('/api-tokens/{id}', { params: { path: { id: token.id } } })),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ['api-tokens'] });
      announce(`Ended ${token.name}.`);
      onEnded();
    },
  });
  return (
    <Dialog title="End this token?" onClose={onClose}>
      <Stack>
        <Text><Name>{token.name}</Name> of <Name>{token.email}</Name>, ending in <code>{token.hint}</code>, was last used <When at={token.lastUsedAt} />. What uses it is refused from now on. This cannot be undone; another one can be made.</Text>
        {end.isError && <Failed error={end.error} what="Ending the token" />}
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>Keep it</Button>
          <Button color="bad" loading={end.isPending} onClick={() => end.mutate()}>End it</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
