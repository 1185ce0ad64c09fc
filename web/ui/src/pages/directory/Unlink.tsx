import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { api, ask } from '../../api/client';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { Consequences } from './Consequences';
import type { UserDetail } from './reading';

interface Props {
  d: string;
  user: UserDetail;
  connector: string;
  onClose: () => void;
}

// Unlink asks before a connector's record is taken from a user, and says what would follow.
export function Unlink({ d, user, connector, onClose }: Props) {
  const cache = useQueryClient();
  const path = { d, id: user.id, c: connector };
  const preview = useQuery({
    queryKey: ['directories', d, 'users', user.id, 'unlinking', connector],
    queryFn: ({ signal }) => ask(api.GET('/directories/{d}/users/{id}/records/{c}/unlinking', { params: { path }, signal })),
    gcTime: 0,
  });
  const unlink = useMutation({
    mutationFn: () => ask(api.DELETE('/directories/{d}/users/{id}/records/{c}', { params: { path } })),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ['directories', d] });
      announce(`Unlinked the record of ${connector}.`);
      onClose();
    },
  });
  return (
    <Dialog title={`Unlink the record of ${connector}?`} onClose={onClose}>
      <Stack>
        <Text>The two are kept apart from then on. The record stays as it is, and its IdP notices nothing. It can be taken back under Conflicts.</Text>
        <Answer query={preview} what="what would follow">{({ changes }) => <Consequences changes={changes} />}</Answer>
        {unlink.isError && <Failed error={unlink.error} what="Unlinking" />}
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>Keep it linked</Button>
          <Button color="bad" disabled={!preview.isSuccess} loading={unlink.isPending} onClick={() => unlink.mutate()}>Unlink</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
