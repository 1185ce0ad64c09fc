import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Fragment, type ReactNode } from 'react';

import { api, ask } from '../../api/client';
import { problemOf, type Problem } from '../../api/problem';
import { announce } from '../../parts/announce';
import { TextLink } from '../../parts/links';
import { useBarred } from '../../parts/roles';
import { Note } from '../../parts/State';
import { Failed } from '../../states/Failed';
import type { Draft } from './draft';
import { DraftState, Theirs, tried } from './DraftState';
import { InFile } from './InFile';
import { pages, type Page } from './pages';

interface Props {
  slug: string;
  draft: Draft;
  broken?: boolean; // it cannot be planned as it is
  beside?: ReactNode; // what stands beside the draft's state
  shown?: (place: string) => boolean; // whether a field of the page says what is wrong at this place
  children: (at: (place: string) => string | undefined) => ReactNode;
}

// DraftBar is above a page that edits parts of the rules: whether there is a draft, whether it is
// kept, and the ways on. Its children are the fields; at says what is wrong at one of them.
export function DraftBar({ slug, draft, broken = false, beside, shown = () => false, children }: Props) {
  const navigate = useNavigate();
  const barred = useBarred('ruleEditor');
  const plan = useMutation({
    mutationFn: () => ask(api.POST('/connectors/{c}/plans', { params: { path: { c: slug } }, body: { rules: draft.rules } })),
    onSuccess: (made) => navigate({ to: '/connectors/$slug/plans/$plan', params: { slug, plan: made.id }, search: { from: draft.page } }),
  });
  const planning = plan.isError ? problemOf(plan.error) : undefined;
  const atFields = (problem?: Problem) => (problem?.said.errors ?? []).length > 0 && problem!.said.errors!.every((e) => shown(placed(e).place));
  const at = (place: string) => (draft.problem && at422(draft.problem, place)) ?? (planning && at422(planning, place));
  const rest = draft.elsewhere.length > 0;
  return (
    <Stack gap="lg">
      <InFile slug={slug} />
      <Group justify="space-between" gap="sm">
        <Group gap="sm">
          <DraftState draft={draft} barred={barred} />
          {beside}
        </Group>
        {(barred === undefined || tried(draft)) && (
          <Group gap="sm">
            <Button variant="default" disabled={!draft.here} onClick={() => { draft.discard(); plan.reset(); announce(rest ? 'Discarded these changes.' : 'Discarded the draft.'); }}>{rest ? 'Discard these changes' : 'Discard the draft'}</Button>
            {barred === undefined && <Button disabled={!draft.here || broken} loading={plan.isPending} onClick={() => plan.mutate()}>Plan the change</Button>}
          </Group>
        )}
        {barred !== undefined && !tried(draft) && <Text c="var(--mute)">{barred}</Text>}
      </Group>
      <Theirs draft={draft} atField={atFields(draft.problem)} />
      {rest && <Note tone="info">The draft of this connector also changes <PageLinks slug={slug} names={draft.elsewhere} />. {draft.here ? 'It is planned together with what you change here.' : 'It is not in force yet.'}</Note>}
      {draft.behind && (
        <Note tone="warn" title="What is in force has changed">
          <p style={{ margin: '0.25rem 0 0.5rem' }}>This draft was begun from something else. Its plan says what it would change of what is in force now.</p>
          <Button variant="default" size="compact-md" mih={36} onClick={draft.discard}>Begin again from what is in force</Button>
        </Note>
      )}
      {planning !== undefined && !atFields(planning) && <Failed error={planning} what="Planning" />}
      {atFields(planning) && <Note tone="bad" title="It cannot be planned yet" alert>What is wrong stands at its field.</Note>}
      {children(at)}
    </Stack>
  );
}

// PageLinks names pages in a sentence, each with the way to it.
export function PageLinks({ slug, names }: { slug: string; names: readonly Page[] }) {
  const meant = pages.filter(({ page }) => names.includes(page));
  return <>{meant.map(({ page, to, label }, i) => <Fragment key={page}>{i > 0 && (i === meant.length - 1 ? ' and ' : ', ')}<TextLink to={to} params={{ slug }}>{label}</TextLink></Fragment>)}</>;
}

// unread are the places of values that cannot even be read; a problem names them in its message
// alone, such as "window: …".
const unread: Record<string, string> = { window: 'safety.window', requiredGrace: 'requiredGrace' };

// placed is what one error of a problem says, and of which part of the rules: "cleanup.graceDays".
function placed({ location = '', message = '' }: NonNullable<Problem['said']['errors']>[number]): { place: string; text: string } {
  const [name, rest] = location === 'body' ? message.split(/: (.*)/s) : [];
  const place = unread[name ?? ''];
  if (place !== undefined) return { place, text: `${rest}.` };
  return { place: location.replace(/^body\./, '').replace(/^rules\./, ''), text: `It ${message}.` };
}

// at422 is what a problem says of a place of the rules.
export function at422(problem: Problem, place: string): string | undefined {
  return problem.said.errors?.map(placed).find((e) => e.place === place)?.text;
}
