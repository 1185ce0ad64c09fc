import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { Heading } from '../../parts/Heading';
import { Allowed } from '../../parts/roles';
import { Note } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { Apply, Stale, type Outdated } from './Apply';
import { Changes } from './Changes';
import { planOf } from './reading';
import { RuleChanges } from './RuleChanges';
import { Back, Names } from './Ways';
import { draftWords, said } from './words';

// Plan is what a draft would do to whom, before it does.
export function Plan() {
  const { slug, plan: id } = useParams({ from: '/shell/connectors/$slug/plans/$plan' });
  const query = useQuery(planOf(slug, id));
  const [outdated, setOutdated] = useState<{ plan: string; said?: Outdated }>(); // stays while that plan is made anew
  return (
    <Answer query={query} what="the plan" lines={8}>
      {(plan) => (
        <Stack>
          <Heading>Plan: {draftWords(plan.draft)}</Heading>
          <Names slug={slug} plan={plan} />
          <Text c="dimmed">Made <When at={plan.createdAt} />{plan.createdBy !== undefined && ` by ${plan.createdBy}`}, over {plan.total} records. Nothing has been changed by it.</Text>
          {outdated?.plan === plan.id && outdated.said !== undefined && <Stale problem={outdated.said} />}
          <Body slug={slug} plan={plan} onStale={(said) => setOutdated({ plan: plan.id, said })} />
        </Stack>
      )}
    </Answer>
  );
}

function Body({ slug, plan, onStale }: { slug: string; plan: Schema<'Plan'>; onStale: (said?: Outdated) => void }) {
  switch (plan.state) {
    case 'running':
      return (
        <Stack gap="xs">
          <Text role="status">Looking at everybody: {plan.done} of {plan.total}</Text>
          <Progress value={plan.total === 0 ? 0 : (100 * plan.done) / plan.total} aria-label="Progress of the plan" />
          <Text c="dimmed">You can leave this page; the plan goes on being made.</Text>
        </Stack>
      );
    case 'failed':
      return (
        <Stack>
          <Note tone="bad" title="The plan could not be made">{plan.problem ?? 'The server did not say why.'}</Note>
          <Again slug={slug} plan={plan} />
          <Group><Back slug={slug} plan={plan} /></Group>
        </Stack>
      );
    default:
      return (
        <Stack gap="lg">
          {plan.state === 'applied' && <Note tone="info" title="This plan was applied">What it says is what was before.</Note>}
          {plan.state === 'stale' && <Note tone="warn" title="The plan is old"><p style={{ margin: '0.25rem 0 0.5rem' }}>Rules, modes or settings have changed since. Applying it looks again first, and does nothing if the outcome is another one.</p><Again slug={slug} plan={plan} /></Note>}
          <Summary plan={plan} />
          {plan.state !== 'applied' && plan.draft.rules !== undefined && <RuleChanges slug={slug} planned={plan.draft.rules} />}
          {plan.state !== 'applied' && <Apply slug={slug} plan={plan} onStale={onStale} />}
          <Changes slug={slug} plan={plan} />
        </Stack>
      );
  }
}

// Summary is the plan in numbers, losses first.
function Summary({ plan }: { plan: Schema<'Plan'> }) {
  const parts = said(plan.counts);
  if (parts.length === 0) return <Note tone="ok" title="Nobody gains or loses anything">Applying it only keeps the new rules or mode.</Note>;
  return (
    <ul className="summary" aria-label="The plan in numbers">
      {parts.map(({ text, loss }) => <li key={text} className={loss ? 'tone-bad' : 'tone-ok'}>{loss ? '−' : '+'} {text}</li>)}
    </ul>
  );
}

// Again makes the same plan anew.
function Again({ slug, plan }: { slug: string; plan: Schema<'Plan'> }) {
  const navigate = useNavigate();
  const { from } = useSearch({ from: '/shell/connectors/$slug/plans/$plan' });
  const again = useMutation({
    mutationFn: () => ask(api.POST('/connectors/{c}/plans', { params: { path: { c: slug } }, body: plan.draft })),
    onSuccess: (made) => navigate({ to: '/connectors/$slug/plans/$plan', params: { slug, plan: made.id }, search: { from } }),
  });
  return (
    <>
      {again.isError && <Failed error={again.error} what="Planning" />}
      <Group gap="sm">
        <Allowed role="ruleEditor"><Button variant="default" loading={again.isPending} onClick={() => again.mutate()}>Plan it again</Button></Allowed>
      </Group>
    </>
  );
}
