import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Failed } from '../../states/Failed';

interface Props {
  webhook: Schema<'Webhook'>;
  onClose: () => void;
  onMade: (made: Schema<'MintedWebhook'>) => void;
}

// Exchange makes a webhook another secret; for a while both sign, so that nothing is lost.
export function Exchange({ webhook: w, onClose, onMade }: Props) {
  const [hours, setHours] = useState('24');
  const cache = useQueryClient();
  const make = useMutation({
    mutationFn: () => ask(api.POST('/webhooks/{id}/secret', { params: { path: { id: w.id } }, body: { overlapHours: Number(hours) } })),
    onSuccess: (made) => {
      announce('Made another secret. It is shown on the page this once.');
      void cache.invalidateQueries({ queryKey: ['webhooks'] });
      onMade(made);
    },
    gcTime: 0, // its answer is a secret
  });
  return (
    <Dialog title="Exchange the secret?" onClose={onClose}>
      <Stack>
        <Text>Messages are signed with both secrets for a while, so that the receiver can be given the new one without losing any.</Text>
        <NativeSelect label="The former secret signs too for" value={hours} onChange={(e) => setHours(e.currentTarget.value)}
          data={[{ value: '0', label: 'no time: it is known to others' }, { value: '1', label: 'an hour' }, { value: '24', label: 'a day' }, { value: '168', label: 'a week' }]} />
        {make.isError && <Failed error={make.error} what="Exchanging the secret" />}
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>Cancel</Button>
          <Button loading={make.isPending} onClick={() => make.mutate()}>Exchange it</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
