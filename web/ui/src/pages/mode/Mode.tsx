import { Button, Group, NumberInput, Radio, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { ButtonLink } from '../../parts/links';
import { useBarred } from '../../parts/roles';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { oneConnector } from '../connectors/reading';

type Draft = Schema<'Draft'>;

// Mode is where a connector goes live, stands still or is retired: always as a plan that is read
// before it is applied.
export function Mode() {
  const { slug } = useParams({ from: '/shell/connectors/$slug/mode' });
  const query = useQuery(oneConnector(slug));
  const navigate = useNavigate();
  const barred = useBarred('ruleEditor');
  const plan = useMutation({
    mutationFn: (draft: Draft) => ask(api.POST('/connectors/{c}/plans', { params: { path: { c: slug } }, body: draft })),
    onSuccess: (made) => navigate({ to: '/connectors/$slug/plans/$plan', params: { slug, plan: made.id } }),
  });
  const step = (draft: Draft) => (
    <Group><Button variant="default" disabled={barred !== undefined} loading={plan.isPending && plan.variables.mode === draft.mode && draft.mode !== undefined} onClick={() => plan.mutate(draft)}>{draft.mode === 'observe' ? 'Plan only observing' : 'Plan disabling'}</Button></Group>
  );
  return (
    <Answer query={query} what="the connector">
      {(c) => (
        <Stack gap="lg" maw="46rem">
          <Text>Every change here is planned first. Nothing happens before you have read the plan and applied it.</Text>
          {barred !== undefined && <Text c="var(--mute)">{barred}</Text>}
          {plan.isError && <Failed error={plan.error} what="Planning" />}
          {c.mode !== 'live' && (
            <Step title="Go live" text="What the identity provider has said, and will say, takes effect in the directory. The plan says what that means for everybody.">
              <Group><ButtonLink to="/connectors/$slug/plans/$plan" params={{ slug, plan: 'live' }}>Plan going live</ButtonLink></Group>
            </Step>
          )}
          {c.mode !== 'observe' && (
            <Step title="Only observe" text="The identity provider gets its answers as always and everything is recorded. The directory stands still for this connector until it goes live again.">{step({ mode: 'observe' })}</Step>
          )}
          {c.mode !== 'disabled' && (
            <Step title="Disable" text="Every request of the identity provider is refused. Nobody loses anything in the directory by that. To pause without errors at the provider, only observe.">{step({ mode: 'disabled' })}</Step>
          )}
          <Retire barred={barred !== undefined} busy={plan.isPending} onPlan={(draft) => plan.mutate(draft)} />
        </Stack>
      )}
    </Answer>
  );
}

function Step({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <Stack component="section" gap="xs" className="panel" aria-label={title}>
      <Title order={2}>{title}</Title>
      <Text>{text}</Text>
      {children}
    </Stack>
  );
}

const ends: { retire: NonNullable<Draft['retire']>; label: string; hint: string }[] = [
  { retire: 'keep', label: 'Keep them', hint: 'They stay as local users with their groups, and administrators change them from then on.' },
  { retire: 'disable', label: 'Disable them', hint: 'They can be enabled again.' },
  { retire: 'delete', label: 'Delete them', hint: 'They can be restored for as long as the directory keeps deleted users.' },
  { retire: 'cleanup', label: 'As the rules say', hint: 'The connector’s cleanup decides, as for everybody who leaves.' },
];

// Retire asks what becomes of those whom no other connector provides.
function Retire({ barred, busy, onPlan }: { barred: boolean; busy: boolean; onPlan: (draft: Draft) => void }) {
  const [retire, setRetire] = useState<NonNullable<Draft['retire']>>('keep');
  const [days, setDays] = useState<number | string>(30);
  return (
    <Step title="Retire" text="For good: its records end, and it can be deleted. Those whom another connector provides too stay as that one says.">
      <Radio.Group label="Those whom it alone provides" value={retire} onChange={(value) => setRetire(value as typeof retire)}>
        <Stack gap="sm" mt="xs">
          {ends.map((end) => <Radio key={end.retire} disabled={barred} value={end.retire} label={end.label} description={end.hint} />)}
        </Stack>
      </Radio.Group>
      {retire === 'delete' && <NumberInput label="Days until they are deleted" description="They are disabled at once." min={0} max={3650} allowDecimal={false} value={days} onChange={setDays} maw="16rem" />}
      <Group><Button color="bad" variant="outline" disabled={barred} loading={busy} onClick={() => onPlan({ retire, graceDays: retire === 'delete' ? Number(days) || 0 : undefined })}>Plan the retirement</Button></Group>
    </Step>
  );
}
