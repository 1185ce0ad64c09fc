import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { api, ask, type Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Name } from '../../parts/Name';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { Consequences } from './Consequences';

// Choice is what is to become of a conflict.
export type Choice = { decision: 'link'; user: Schema<'Candidate'> } | { decision: 'keepSeparate' | 'refuse' | 'undo' };

const words = {
  link: { title: 'Link the record?', says: 'The record and this user are one person from then on.', do: 'Link' },
  keepSeparate: { title: 'Keep them separate?', says: 'The record gets a user of its own, if its userName is free.', do: 'Keep separate' },
  refuse: { title: 'Refuse the record?', says: 'The record stays without a user and is not asked about again. Its IdP notices nothing.', do: 'Refuse' },
  undo: { title: 'Take the decision back?', says: 'The record is linked, or asked about again, as if nobody had decided.', do: 'Take it back' },
};

interface Props {
  d: string;
  conflict: string;
  choice: Choice;
  onClose: () => void;
}

// Decide says what a decision would do, by carrying it out and rolling it back, before it is made.
export function Decide({ d, conflict, choice, onClose }: Props) {
  const cache = useQueryClient();
  const path = { d, id: conflict };
  const user = choice.decision === 'link' ? choice.user : undefined;
  const preview = useQuery({
    queryKey: ['directories', d, 'conflicts', conflict, 'preview', choice.decision, user?.id],
    queryFn: ({ signal }) => (choice.decision === 'undo'
      ? ask(api.GET('/directories/{d}/conflicts/{id}/decision/undoing', { params: { path }, signal }))
      : ask(api.POST('/directories/{d}/conflicts/{id}/decision/preview', { params: { path }, body: { decision: choice.decision, user: user?.id }, signal }))),
    gcTime: 0,
  });
  const decide = useMutation({
    mutationFn: () => (choice.decision === 'undo'
      ? ask(api.DELETE('/directories/{d}/conflicts/{id}/decision', { params: { path } }))
      : ask(api.POST('/directories/{d}/conflicts/{id}/decision', { params: { path }, body: { decision: choice.decision, user: user?.id } }))),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ['directories', d] });
      announce(choice.decision === 'undo' ? 'The decision is taken back.' : 'Decided.');
      onClose();
    },
  });
  const say = words[choice.decision];
  return (
    <Dialog title={say.title} onClose={onClose}>
      <Stack>
        {user !== undefined && <Text><Name>{user.userName}</Name></Text>}
        <Text>{say.says}{choice.decision !== 'undo' && ' The decision stands until it is taken back.'}</Text>
        <Answer query={preview} what="what would follow">{({ changes }) => <Consequences changes={changes} />}</Answer>
        {decide.isError && <Failed error={decide.error} what="Deciding" />}
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>Decide nothing</Button>
          <Button disabled={!preview.isSuccess} loading={decide.isPending} onClick={() => decide.mutate()}>{say.do}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
