import { Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState, type FormEvent } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { problemOf } from '../../api/problem';
import { Name } from '../../parts/Name';
import { useBarred } from '../../parts/roles';
import { Note } from '../../parts/State';
import { Failed } from '../../states/Failed';
import { dropApplied } from '../sections/kept';
import { Back } from './Ways';
import { OpState } from './words';

// Outdated is what the server says of a plan whose outcome has become another one.
export type Outdated = Partial<Schema<'Problem'>>;

// Apply asks for the reason where anything is lost, and for the number of losses above the safety
// limits, and applies exactly the plan that was read.
export function Apply({ slug, plan, onStale }: { slug: string; plan: Schema<'Plan'>; onStale: (said?: Outdated) => void }) {
  const losses = plan.losses.users + plan.losses.memberships + plan.losses.keys;
  const [comment, setComment] = useState('');
  const [typed, setTyped] = useState('');
  const [lacks, setLacks] = useState<'comment' | 'number' | null>(null);
  const reason = useRef<HTMLTextAreaElement>(null);
  const number = useRef<HTMLInputElement>(null);
  const barred = useBarred('ruleEditor');
  const cache = useQueryClient();
  const navigate = useNavigate();
  const apply = useMutation({
    mutationFn: () => ask(api.POST('/connectors/{c}/plans/{id}/application', { params: { path: { c: slug, id: plan.id } }, body: { hash: plan.hash ?? '', comment: comment.trim() || undefined } })),
    onSuccess: async (job) => {
      if (plan.draft.rules !== undefined) void dropApplied(slug, plan.draft.rules).catch(() => {}); // it is shown as in force all the same
      cache.setQueryData(['jobs', job.id], job);
      await navigate({ to: '/connectors/$slug/jobs/$job', params: { slug, job: job.id } });
      void cache.invalidateQueries({ queryKey: ['connectors'] });
    },
    onMutate: () => onStale(undefined),
    onError: (error) => {
      const { code, said } = problemOf(error);
      if (code !== 'planStale') return;
      onStale(said);
      void cache.invalidateQueries({ queryKey: ['connectors', slug] }); // the plan, and the rules that it is compared with
    },
  });
  const problem = apply.isError ? problemOf(apply.error) : undefined;
  const about = problem?.at('body.comment');

  function submit(event: FormEvent) {
    event.preventDefault();
    const missing = losses > 0 && comment.trim() === '' ? 'comment' : plan.aboveLimits && typed.trim() !== String(losses) ? 'number' : null;
    setLacks(missing);
    if (missing === 'comment') reason.current?.focus();
    if (missing === 'number') number.current?.focus();
    if (missing === null && !apply.isPending) apply.mutate();
  }
  return (
    <form onSubmit={submit} noValidate className="panel">
      <Stack maw="40rem">
        {losses > 0 && (plan.aboveLimits
          ? <Note tone="bad" title={`${losses} losses: more than the safety limits let through unasked`}>Look at who loses what before you apply it. It can be planned back afterwards.</Note>
          : <Text>{losses === 1 ? '1 loss' : `${losses} losses`}, within the safety limits.</Text>)}
        {barred === undefined && (
          <Textarea ref={reason} label="Why" required={losses > 0} description="The audit and the version of the rules keep it." autosize minRows={2} maxLength={1024} value={comment}
            error={lacks === 'comment' ? 'Something is lost: say why.' : about} onChange={(e) => setComment(e.currentTarget.value)} />
        )}
        {plan.aboveLimits && barred === undefined && (
          <TextInput ref={number} label={`Type ${losses} to confirm the losses`} required inputMode="numeric" autoComplete="off" value={typed} maw="20rem"
            error={lacks === 'number' ? `This is not ${losses}.` : undefined} onChange={(e) => setTyped(e.currentTarget.value)} />
        )}
        {problem !== undefined && problem.code !== 'planStale' && about === undefined && <Failed error={problem} what="Applying the plan" />}
        <Group>
          <Back slug={slug} plan={plan} />
          {barred === undefined ? <Button type="submit" color={losses > 0 ? 'bad' : undefined} loading={apply.isPending}>Apply the plan</Button> : <Text c="var(--mute)">{barred}</Text>}
        </Group>
      </Stack>
    </form>
  );
}

// Stale says what has changed since the plan was made, and for whom. The plan is made anew
// meanwhile.
export function Stale({ problem }: { problem: Outdated }) {
  return (
    <Note tone="warn" title="Nothing was applied: something has changed since" alert>
      <p style={{ margin: '0.25rem 0' }}>{problem.detail}</p>
      {(problem.changes ?? []).length > 0 && (
        <ul>
          {(problem.changes ?? []).slice(0, 20).map((c, i) => <li key={i}><Name>{c.user.userName}</Name> <OpState op={c.op} /> {c.group?.displayName !== undefined && <Name>{c.group.displayName}</Name>}</li>)}
        </ul>
      )}
      <p style={{ margin: '0.25rem 0' }}>The plan below is the new one. Read it, and apply it if it is what you mean.</p>
    </Note>
  );
}
