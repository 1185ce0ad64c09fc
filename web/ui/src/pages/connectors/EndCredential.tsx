import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { api, ask, type Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Name } from '../../parts/Name';
import { Note } from '../../parts/State';
import { When } from '../../parts/When';
import { Failed } from '../../states/Failed';

interface Props {
  slug: string;
  credential: Schema<'Credential'>;
  last: boolean; // the connector has no other
  onClose: () => void;
}

const day = 24 * 60 * 60 * 1000;

// EndCredential asks before a credential stops working, and says who would notice.
export function EndCredential({ slug, credential, last, onClose }: Props) {
  const cache = useQueryClient();
  const end = useMutation({
    mutationFn: () => ask(api.DELETE('/connectors/{c}/credentials/{id}', { params: { path: { c: slug, id: credential.id } } })),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ['connectors', slug] });
      announce(`Ended ${credential.name}.`);
      onClose();
    },
  });
  const recent = credential.lastUsedAt !== undefined && Date.now() - new Date(credential.lastUsedAt).getTime() < day;
  return (
    <Dialog onClose={onClose} title="End this credential?">
      <Stack>
        <Text><Name>{credential.name}</Name>{credential.hint !== undefined && <>, ending in <code>{credential.hint}</code></>}, was last used <When at={credential.lastUsedAt} />. Requests with it are refused from now on. This cannot be undone; another one can be made.</Text>
        {recent && <Note tone="warn" title="It is in use">The identity provider cannot provision until it has another one.</Note>}
        {last && <Note tone="warn">It is the connector’s only credential.</Note>}
        {end.isError && <Failed error={end.error} what="Ending the credential" />}
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>Keep it</Button>
          <Button color="bad" loading={end.isPending} onClick={() => end.mutate()}>End it</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
