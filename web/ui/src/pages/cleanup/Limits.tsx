import { NumberInput, Stack, Switch, Text, TextInput, Title } from '@mantine/core';

import { TextLink } from '../../parts/links';
import { useBarred } from '../../parts/roles';
import { Note } from '../../parts/State';
import type { Rules } from '../rules/entries';

type Safety = NonNullable<Rules['safety']>;

interface Props {
  slug: string;
  safety: Safety;
  at: (place: string) => string | undefined;
  onChange: (safety: Safety) => void;
}

// below puts what describes a field under it, so that fields stand in one line.
const below = { inputWrapperOrder: ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[] };

// Limits are how much the connector may take away within a window before an administrator is asked.
export function Limits({ slug, safety, at, onChange }: Props) {
  const barred = useBarred('ruleEditor', true);
  const closed = safety.off || barred !== undefined;
  const set = (change: Partial<Safety>) => onChange({ ...safety, ...change });
  return (
    <Stack component="section" gap="sm" aria-labelledby="limits">
      <Title order={2} id="limits">Safety limits</Title>
      <Text maw="46rem">What goes over them is not done: it is <TextLink to="/connectors/$slug/holds" params={{ slug }}>held</TextLink> until somebody decides. The identity provider gets its success all the same. The larger of the number and the share counts, but never more than half of what the connector supports, and at least 3. Within 24 hours three times as much.</Text>
      {barred !== undefined && <Text c="var(--mute)">{barred}</Text>}
      <Switch label="Hold what goes over the limits" disabled={barred !== undefined} checked={!safety.off} onChange={(e) => set({ off: !e.currentTarget.checked })} />
      {safety.off && <Note tone="bad" title="Without limits a mistake at the identity provider takes effect at once">An emptied group, or a scope filter that changes, then disables everybody whom it concerns.</Note>}
      <div className="cards">
        <TextInput {...below} label="Window" description="At most 24h, such as 1h or 30m." disabled={closed} value={safety.window} maxLength={16} error={at('safety.window')} onChange={(e) => set({ window: e.currentTarget.value })} />
        <NumberInput {...below} label="Users disabled or deleted" description="In one window; rewritten userNames and addresses count on their own." disabled={closed} min={0} allowDecimal={false} value={safety.losses} error={at('safety.losses')} onChange={(value) => set({ losses: Number(value) || 0 })} />
        <NumberInput {...below} label="Memberships that end" description="In one window." disabled={closed} min={0} allowDecimal={false} value={safety.membershipLosses} error={at('safety.membershipLosses')} onChange={(value) => set({ membershipLosses: Number(value) || 0 })} />
        <NumberInput {...below} label="Or this share" description="Of what the connector supports, in percent." disabled={closed} min={0} max={100} suffix=" %" value={Math.round(safety.share * 10_000) / 100} error={at('safety.share')} onChange={(value) => set({ share: (Number(value) || 0) / 100 })} />
      </div>
      {!safety.off && safety.losses === 0 && safety.membershipLosses === 0 && safety.share === 0 && <Note tone="warn">So every loss is held, each single leaver too.</Note>}
    </Stack>
  );
}
