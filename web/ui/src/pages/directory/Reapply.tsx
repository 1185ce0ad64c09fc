import { Button, Group, List, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { Dialog } from '../../parts/Dialog';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { useBarred } from '../../parts/roles';
import { Note } from '../../parts/State';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { holdWords } from '../holds/words';
import { Consequences } from './Consequences';
import type { UserDetail } from './reading';

interface Props {
  d: string;
  user: UserDetail;
}

// Reapply settles a user again by its records and the rules of now, after saying what that would
// do. What came of it stays on the page. Who may not is told so by UserActions, beside it.
export function Reapply({ d, user }: Props) {
  const [open, setOpen] = useState(false);
  const [done, setDone] = useState('');
  if (useBarred('operator') !== undefined) return null;
  return (
    <>
      <Button variant="default" onClick={() => { setDone(''); setOpen(true); }}>Re-apply…</Button>
      <Text span role="status">{done}</Text>
      {open && <Ask d={d} user={user} onClose={() => setOpen(false)} onDone={setDone} />}
    </>
  );
}

function Ask({ d, user, onClose, onDone }: Props & { onClose: () => void; onDone: (what: string) => void }) {
  const cache = useQueryClient();
  const post = (preview: boolean, signal?: AbortSignal) => ask(api.POST('/directories/{d}/users/{id}/reapplication', { params: { path: { d, id: user.id }, query: { preview } }, signal }));
  const preview = useQuery({
    queryKey: ['directories', d, 'users', user.id, 'reapplication'],
    queryFn: ({ signal }) => post(true, signal),
    gcTime: 0,
  });
  const reapply = useMutation({
    mutationFn: () => post(false),
    onSuccess: async (result) => {
      onDone(said(result));
      onClose();
      await cache.invalidateQueries({ queryKey: ['directories', d] });
    },
  });
  return (
    <Dialog title="Re-apply the rules to this user?" onClose={onClose}>
      <Stack>
        <Text><Name>{user.userName}</Name></Text>
        <Text>The user is settled again by what its IdPs said and the rules of now. The IdPs notice nothing, and doing it twice changes nothing more.</Text>
        <Answer query={preview} what="what would follow">
          {({ changes, held }) => <><Consequences changes={changes} /><Held held={held} /></>}
        </Answer>
        {reapply.isError && <Failed error={reapply.error} what="Re-applying" />}
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>Leave it as it is</Button>
          <Button disabled={!preview.isSuccess} loading={reapply.isPending} onClick={() => reapply.mutate()}>Re-apply</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

// Held is what stays undone, and where it is decided.
function Held({ held }: { held: Schema<'Hold'>[] }) {
  if (held.length === 0) return null;
  return (
    <Note tone="warn" title="Held, until somebody decides">
      <List>
        {held.map((h) => (
          <List.Item key={h.id}>
            {holdWords[h.op]}{h.group !== undefined && <> <Name>{h.group.displayName ?? ''}</Name></>}: <Name>{h.why}</Name>
            {h.because.connector !== undefined && <> <TextLink to="/connectors/$slug/holds" params={{ slug: h.because.connector }}>Review what is held</TextLink></>}
          </List.Item>
        ))}
      </List>
    </Note>
  );
}

function said({ changes, held }: Schema<'Reapplication'>): string {
  const n = changes.length;
  const changed = n === 0 ? 'Nothing had to change.' : `Re-applied: ${n} ${n === 1 ? 'change' : 'changes'}.`;
  return held.length === 0 ? changed : `${changed} ${held.length} held.`;
}
