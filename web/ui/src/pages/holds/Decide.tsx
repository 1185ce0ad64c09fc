import { Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Failed } from '../../states/Failed';
import type { HoldFilter } from './reading';

// Decision is what is about to be decided, and about how many changes.
export interface Decision {
  decision: 'apply' | 'discard';
  of: { all: true } | { ids: string[] } | { filter: HoldFilter };
  count: number;
}

interface Props {
  slug: string;
  asked: Decision;
  onClose: () => void;
  onDone: () => void;
}

// Decide asks before held changes are applied or discarded. To apply many, their number is typed.
export function Decide({ slug, asked, onClose, onDone }: Props) {
  const { decision, of, count } = asked;
  const [comment, setComment] = useState('');
  const [typed, setTyped] = useState('');
  const [wrong, setWrong] = useState(false);
  const [left, setLeft] = useState<number | null>(null);
  const cache = useQueryClient();
  const typing = decision === 'apply' && !('ids' in of);
  const decide = useMutation({
    mutationFn: async () => {
      const body = { decision, ...of, comment: comment.trim() || undefined };
      const sum = { applied: 0, discarded: 0, withdrawn: 0 };
      for (;;) { // one answer decides as much as fits into its time
        const n: Schema<'HoldsDecided'> = await ask(api.POST('/connectors/{c}/holds/decisions', { params: { path: { c: slug } }, body }));
        sum.applied += n.applied;
        sum.discarded += n.discarded;
        sum.withdrawn += n.withdrawn;
        const moved = n.applied + n.discarded + n.withdrawn > 0;
        if (n.left === 0 || !moved) return { ...sum, left: n.left };
        setLeft(n.left);
      }
    },
    onSettled: () => Promise.all([cache.invalidateQueries({ queryKey: ['connectors', slug] }), cache.invalidateQueries({ queryKey: ['holds'] })]),
    onSuccess: (n) => {
      const words = [[n.applied, 'applied'], [n.discarded, 'discarded'], [n.withdrawn, 'gone by themselves'], [n.left, 'left']].filter(([k]) => k !== 0).map(([k, word]) => `${k} ${word}`);
      announce(`Decided: ${words.join(', ') || 'nothing was held any more'}.`);
      onDone();
    },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    const bad = typing && typed.trim() !== String(count);
    setWrong(bad);
    if (!bad && !decide.isPending) decide.mutate();
  }
  const changes = count === 1 ? '1 held change' : `${count} held changes`;
  return (
    <Dialog title={`${decision === 'apply' ? 'Apply' : 'Discard'} ${changes}?`} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Text>{decision === 'apply'
            ? 'They happen now, as the records then say, and count against no limit.'
            : 'The directory keeps what it has. They come back when the record or the membership behind them changes, or a request names it again.'}</Text>
          <Textarea label="Why" description="The audit keeps it." autosize minRows={2} maxLength={1024} value={comment} onChange={(e) => setComment(e.currentTarget.value)} />
          {typing && <TextInput label={`Type ${count} to confirm`} required inputMode="numeric" autoComplete="off" value={typed} error={wrong ? `This is not ${count}.` : undefined} onChange={(e) => setTyped(e.currentTarget.value)} />}
          {left !== null && <Text role="status">{left} are left…</Text>}
          {decide.isError && <Failed error={decide.error} what="Deciding" />}
          <Group justify="flex-end">
            <Button variant="default" data-autofocus onClick={onClose}>Leave them held</Button>
            <Button type="submit" color={decision === 'apply' ? 'bad' : undefined} loading={decide.isPending}>{decision === 'apply' ? 'Apply' : 'Discard'} {count}</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
