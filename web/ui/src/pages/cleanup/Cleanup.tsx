import { Group, NumberInput, Radio, Stack, Switch, Text, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';

import { TextLink } from '../../parts/links';
import { useBarred } from '../../parts/roles';
import { Note } from '../../parts/State';
import { allDirectories, oneConnector } from '../connectors/reading';
import { DraftBar } from '../sections/DraftBar';
import type { Draft } from '../sections/draft';
import { OfDraft } from '../sections/OfDraft';
import { Patterns } from '../sections/Patterns';
import { Expected } from './Expected';
import { Limits } from './Limits';
import { Meaning } from './Meaning';
import { actions, consequences } from './words';

type At = (place: string) => string | undefined;

// Cleanup is what becomes of people whom the identity provider lets go, and how many it may let go
// before an administrator is asked.
export function Cleanup() {
  const { slug } = useParams({ from: '/shell/connectors/$slug/cleanup' });
  return <OfDraft slug={slug} page="cleanup" what="cleanup and safety">{(draft) => <Fields slug={slug} draft={draft} />}</OfDraft>;
}

function Fields({ slug, draft }: { slug: string; draft: Draft }) {
  const barred = useBarred('ruleEditor');
  return (
    <Stack gap="xl">
      <DraftBar slug={slug} draft={draft} shown={(place) => /^(cleanup|safety)\.|^requiredGrace$/.test(place)}>
        {(at) => (
          <>
            <fieldset className="bare" disabled={barred !== undefined}><Leavers key={`leavers-${draft.round}`} slug={slug} draft={draft} at={at} /></fieldset>
            <Limits key={`limits-${draft.round}`} slug={slug} safety={draft.now.safety} at={at} onChange={(safety) => draft.set({ safety })} />
            {!draft.now.safety.off && <Meaning slug={slug} rules={{ ...draft.force, safety: draft.now.safety }} />}
          </>
        )}
      </DraftBar>
      <Expected slug={slug} />
    </Stack>
  );
}

// Leavers says what is done to somebody whom no identity provider provides any more.
function Leavers({ slug, draft, at }: { slug: string; draft: Draft; at: At }) {
  const { cleanup, requiredGrace } = draft.now;
  const connector = useQuery(oneConnector(slug));
  const directories = useQuery(allDirectories);
  const retention = directories.data?.find((d) => d.name === connector.data?.directory)?.retentionDays;
  const set = (change: Partial<typeof cleanup>) => draft.set({ cleanup: { ...cleanup, ...change } });
  const waits = cleanup.action === 'delete' || cleanup.stripGroups;
  return (
    <Stack component="section" gap="sm" aria-labelledby="leavers">
      <Title order={2} id="leavers">Who leaves</Title>
      <Text maw="46rem">This happens to a user when the identity provider deletes the record, when all <TextLink to="/connectors/$slug/rules" params={{ slug }}>required groups</TextLink> are lost, or when the <TextLink to="/connectors/$slug/mapping" params={{ slug }}>mapping</TextLink> drops it, and no other connector provides the user. Whom the identity provider deactivates is disabled, whatever stands here.</Text>
      <Radio.Group label="Then the user is" value={cleanup.action} error={at('cleanup.action')} onChange={(action) => set({ action: action as typeof cleanup.action })}>
        <div className="cards">
          {actions.map(({ action, label }) => (
            <Radio.Card key={action} value={action} className="tile choice" aria-label={label} aria-describedby={`does-${action}`}>
              <Stack gap="xs">
                <Group gap="xs" wrap="nowrap"><Radio.Indicator /><Text component="b">{label}{action === 'disable' ? ', the default' : ''}</Text></Group>
                <Stack gap={4} id={`does-${action}`}>{consequences(action, cleanup, retention).map((sentence) => <Text key={sentence} component="span" size="sm">{sentence}</Text>)}</Stack>
              </Stack>
            </Radio.Card>
          ))}
        </div>
      </Radio.Group>
      {cleanup.action !== 'delete' && <Switch label="Take the memberships away too" checked={cleanup.stripGroups} onChange={(e) => set({ stripGroups: e.currentTarget.checked })} />}
      <NumberInput label="Days of grace" description={waits ? 'Deleting, and taking memberships away, waits so long. Disabling never waits.' : 'Nothing waits for them now: they delay deleting, and taking memberships away.'} min={0} max={3650} allowDecimal={false} clampBehavior="strict" maw="22rem"
        value={cleanup.graceDays} error={at('cleanup.graceDays')} onChange={(value) => set({ graceDays: Number(value) || 0 })} />
      {(cleanup.stripGroups || cleanup.keepGroups.length > 0) && (
        <Patterns title="Memberships of these groups stay" hint="Though memberships are taken away." entries={cleanup.keepGroups} problem={(i) => at(`cleanup.keepGroups[${i}]`)} onChange={(keepGroups) => set({ keepGroups })} />
      )}
      <TextInput label="Wait when the last required group is lost" description="So that moving somebody between groups costs nothing, such as 1h or 30m." value={requiredGrace} maxLength={16} maw="22rem" error={at('requiredGrace')}
        onChange={(e) => draft.set({ requiredGrace: e.currentTarget.value })} />
      {draft.here && <Note tone="info">The plan names everybody whom the change concerns.</Note>}
    </Stack>
  );
}
