import { Button, Group, List, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Name } from '../../parts/Name';
import { Note } from '../../parts/State';
import { Failed } from '../../states/Failed';
import { userCalled } from './reading';

// MemberChange is what is to be done by hand: somebody put in, whom the dialog asks for, or a
// member taken out.
export type MemberChange = { op: 'add' } | { op: 'remove'; user: Schema<'UserRef'> };

interface Props {
  d: string;
  group: Schema<'Group'>;
  change: MemberChange;
  onClose: () => void;
}

// ChangeMember changes one membership by hand, in two steps: what rules would undo at once is said
// before anything is done, with the edits that would let it stand.
export function ChangeMember({ d, group, change, onClose }: Props) {
  const cache = useQueryClient();
  const [who, setWho] = useState('');
  const [comment, setComment] = useState('');
  async function send(preview: boolean) {
    const id = change.op === 'remove' ? change.user.id : await userCalled(d, who.trim());
    const body = { [change.op]: [id], comment: comment.trim() || undefined, preview };
    const { results } = await ask(api.POST('/directories/{d}/groups/{id}/member-changes', { params: { path: { d, id: group.id } }, body }));
    return { who, result: results[0]! };
  }
  const preview = useMutation({ mutationFn: () => send(true) });
  const doing = useMutation({
    mutationFn: () => send(false),
    onSuccess: async ({ result }) => {
      await cache.invalidateQueries({ queryKey: ['directories', d] });
      if (!result.done) return;
      announce(change.op === 'add' ? `${result.userName} is in the group.` : `${result.userName} is out of the group.`);
      onClose();
    },
  });
  const said = doing.data ?? (preview.data?.who === who ? preview.data : undefined);
  const ready = said?.result.done === true;
  function submit(event: FormEvent) {
    event.preventDefault();
    if (ready) doing.mutate();
    else if (change.op === 'remove' || who.trim() !== '') preview.mutate();
  }
  return (
    <Dialog title={change.op === 'add' ? 'Put somebody into the group' : 'Take somebody out of the group'} onClose={onClose}>
      <form noValidate onSubmit={submit}>
        <Stack>
          <Text>{change.op === 'remove' && <><Name>{change.user.userName ?? change.user.id}</Name> leaves </>}<Name>{group.displayName}</Name></Text>
          {change.op === 'add' && <TextInput label="User" description="E-mail, userName or id, whole" data-autofocus value={who} onChange={(e) => { setWho(e.currentTarget.value); doing.reset(); }} />}
          <TextInput label="Why, for the audit" value={comment} maxLength={1000} onChange={(e) => setComment(e.currentTarget.value)} />
          <div role="status">{said !== undefined && <Outcome result={said.result} />}</div>
          {preview.isError && said === undefined && <Failed error={preview.error} what="Looking at it" />}
          {doing.isError && <Failed error={doing.error} what="This" />}
          <Group justify="flex-end">
            <Button variant="default" data-autofocus={change.op === 'remove' ? true : undefined} onClick={onClose}>Change nothing</Button>
            <Button type="submit" color={ready && change.op === 'remove' ? 'bad' : undefined} loading={preview.isPending || doing.isPending}>
              {!ready && 'See what would come of it'}
              {ready && (change.op === 'add' ? 'Put in' : 'Take out')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

function Outcome({ result }: { result: Schema<'MemberResult'> }) {
  if (result.refused !== undefined) {
    return (
      <Note tone="bad" title="Rules, or the user’s state, do not let this stand">
        <Name>{result.refused.detail}</Name>
        {(result.refused.wouldChange ?? []).length > 0 && <List>{(result.refused.wouldChange ?? []).map((w, i) => <List.Item key={i}><Name>{w.sentence}</Name></List.Item>)}</List>}
      </Note>
    );
  }
  const user = <Name>{result.userName ?? ''}</Name>;
  return <Note tone="ok" title="This would stand">{result.op === 'add' ? <>{user} would be a member{result.because !== undefined && <>: <Name>{result.because.sentence}</Name></>}</> : <>{user} would be a member no more.</>}</Note>;
}
