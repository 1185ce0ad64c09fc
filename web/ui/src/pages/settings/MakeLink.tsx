import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';

import { api, ask, type Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Name } from '../../parts/Name';
import { Failed } from '../../states/Failed';
import type { Issued } from './LinkShown';

interface Props {
  administrator: Schema<'Administrator'>;
  onClose: () => void;
  onMade: (issued: Issued) => void;
}

// MakeLink makes a link with which an administrator chooses another password.
export function MakeLink({ administrator: a, onClose, onMade }: Props) {
  const make = useMutation({
    mutationFn: () => ask(api.POST('/administrators/{id}/links', { params: { path: { id: a.id } } })),
    onSuccess: (link) => {
      announce('Made the link. It is shown on the page this once.');
      onMade({ id: a.id, email: a.email, url: link.url, expiresAt: link.expiresAt });
    },
    gcTime: 0, // its answer is a secret
  });
  return (
    <Dialog title="Make a password link?" onClose={onClose}>
      <Stack>
        <Text>With it <Name>{a.email}</Name> chooses a new password, once, within a day. Links that were made before stop working; the old password holds until the new one is chosen.</Text>
        {make.isError && <Failed error={make.error} what="Making the link" />}
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>Cancel</Button>
          <Button loading={make.isPending} onClick={() => make.mutate()}>Make it</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
