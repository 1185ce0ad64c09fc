import { Button, Group, Progress, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { DataTable } from '../../parts/DataTable';
import { ButtonLink, TextLink } from '../../parts/links';
import { Allowed } from '../../parts/roles';
import { Note } from '../../parts/State';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { planOf } from '../plans/reading';
import type { Draft } from '../sections/draft';

interface Props {
  slug: string;
  draft: Draft;
  mode?: Schema<'Connector'>['mode'];
}

// Matching tests what linking would do, by the plan that would do it: of the draft where the
// connector is live, and of going live where it is not, by the rules in force.
export function Matching({ slug, draft, mode }: Props) {
  const [plan, setPlan] = useState<{ id: string; of: string } | null>(null);
  const live = mode === 'live';
  const of = live ? JSON.stringify(draft.rules) : 'live';
  const test = useMutation({
    mutationFn: () => ask(api.POST('/connectors/{c}/plans', { params: { path: { c: slug } }, body: live ? { rules: draft.rules } : { mode: 'live' } })),
    onSuccess: (made) => setPlan({ id: made.id, of }),
  });
  return (
    <Stack component="section" gap="sm" aria-labelledby="matching">
      <Title order={2} id="matching">Test the matching</Title>
      {live
        ? <Text maw="46rem">Makes the plan of this draft and counts what would become of records that have no user. Nothing is done.</Text>
        : <Text maw="46rem">This connector links nobody yet. The plan of going live counts what would become of everybody whom it has sent, by the rules in force. Nothing is done.{draft.here && ' Plan and apply this draft first: while the connector is not live, that changes nobody.'}</Text>}
      <Allowed role="ruleEditor"><Group><Button variant="default" loading={test.isPending} disabled={mode === undefined} onClick={() => test.mutate()}>Test the matching</Button></Group></Allowed>
      {test.isError && <Failed error={test.error} what="Testing" />}
      {plan !== null && plan.of !== of && <Note tone="info">The draft has changed since. Test it again.</Note>}
      {plan !== null && plan.of === of && <Buckets slug={slug} id={plan.id} />}
    </Stack>
  );
}

// Buckets are what a plan makes of records, by kind, with the way to each.
function Buckets({ slug, id }: { slug: string; id: string }) {
  const query = useQuery(planOf(slug, id));
  return (
    <Answer query={query} what="the test" lines={5}>
      {(plan) => {
        if (plan.state === 'running') {
          return (
            <Stack gap="xs">
              <Text role="status">Looking at everybody: {plan.done} of {plan.total}</Text>
              <Progress value={plan.total === 0 ? 0 : (100 * plan.done) / plan.total} aria-label="Progress of the test" />
            </Stack>
          );
        }
        if (plan.state === 'failed') return <Note tone="bad" title="It could not be tested">{plan.problem ?? 'The server did not say why.'}</Note>;
        const { counts } = plan;
        const rows = [
          { op: 'linkUser', label: 'Would be linked', hint: 'Its keys find one user.', n: counts.usersLinked },
          { op: 'createUser', label: 'Would get a user of its own', hint: 'Its keys find nobody.', n: counts.usersCreated },
          { op: 'ambiguous', label: 'Ambiguous', hint: 'Its keys find several users: somebody decides.', n: counts.ambiguous },
          { op: 'blocked', label: 'Blocked', hint: 'The user, or the name, is somebody else’s: somebody decides.', n: counts.blocked },
        ];
        return (
          <>
            <Text role="status">{rows.map((r) => `${r.label}: ${r.n}`).join(' · ')}</Text>
            <DataTable caption="What would become of records" rows={rows} id={(r) => r.op} columns={[
              { head: 'What', cell: (r) => (r.n === 0 ? r.label : <TextLink to="/connectors/$slug/plans/$plan" params={{ slug, plan: id }} search={{ op: r.op, from: 'linking' }}>{r.label}</TextLink>) },
              { head: 'Records', number: true, cell: (r) => r.n },
              { head: 'Why', cell: (r) => r.hint },
            ]} />
            <Group><ButtonLink variant="default" to="/connectors/$slug/plans/$plan" params={{ slug, plan: id }} search={{ from: 'linking' }}>Open the plan</ButtonLink></Group>
          </>
        );
      }}
    </Answer>
  );
}
