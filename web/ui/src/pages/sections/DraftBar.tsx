import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import { api, ask } from '../../api/client';
import { problemOf, type Problem } from '../../api/problem';
import { announce } from '../../parts/announce';
import { useBarred } from '../../parts/roles';
import { Note, State } from '../../parts/State';
import { Failed } from '../../states/Failed';
import type { Draft, Part } from './draft';

interface Props<P extends Part> {
  slug: string;
  draft: Draft<P>;
  broken?: boolean; // it cannot be planned as it is
  shown?: (place: string) => boolean; // whether a field of the page says what is wrong at this place
  children: (at: (place: string) => string | undefined) => ReactNode;
}

// DraftBar is above a page that edits parts of the rules: whether there is a draft, and the ways
// on. Its children are the fields; at says what planning found wrong at one of them.
export function DraftBar<P extends Part>({ slug, draft, broken = false, shown = () => false, children }: Props<P>) {
  const navigate = useNavigate();
  const barred = useBarred('ruleEditor');
  const plan = useMutation({
    mutationFn: () => ask(api.POST('/connectors/{c}/plans', { params: { path: { c: slug } }, body: { rules: draft.rules } })),
    onSuccess: (made) => navigate({ to: '/connectors/$slug/plans/$plan', params: { slug, plan: made.id } }),
  });
  const problem = plan.isError ? problemOf(plan.error) : undefined;
  const at = (place: string) => problem && at422(problem, place);
  const fields = problem?.said.errors?.every((e) => shown(placeOf(e.location ?? ''))) === true;
  return (
    <Stack gap="lg">
      <Group justify="space-between" gap="sm">
        {draft.changed ? <State tone="info">Draft, kept in this browser</State> : <State tone="ok">In force</State>}
        {barred === undefined
          ? (
            <Group gap="sm">
              <Button variant="default" disabled={!draft.changed} onClick={() => { draft.discard(); plan.reset(); announce('Discarded the draft.'); }}>Discard the draft</Button>
              <Button disabled={!draft.changed || broken} loading={plan.isPending} onClick={() => plan.mutate()}>Plan the change</Button>
            </Group>
          )
          : <Text c="var(--mute)">{barred}</Text>}
      </Group>
      {draft.behind && (
        <Note tone="warn" title="What is in force has changed">
          <p style={{ margin: '0.25rem 0 0.5rem' }}>This draft was begun from something else. Its plan says what it would change of what is in force now.</p>
          <Button variant="default" size="compact-md" mih={36} onClick={draft.discard}>Begin again from what is in force</Button>
        </Note>
      )}
      {problem !== undefined && !fields && <Failed error={problem} what="Planning" />}
      {problem !== undefined && fields && <Note tone="bad" title="It cannot be planned yet" alert>What is wrong stands at its field.</Note>}
      {children(at)}
    </Stack>
  );
}

// placeOf is the part of the rules that a place of a request names: "cleanup.graceDays".
export function placeOf(location: string): string {
  return location.replace(/^body\./, '').replace(/^rules\./, '');
}

// at422 is what a problem says of a place of the rules.
export function at422(problem: Problem, place: string): string | undefined {
  const message = problem.said.errors?.find((e) => placeOf(e.location ?? '') === place)?.message;
  return message === undefined ? undefined : `It ${message}.`;
}
