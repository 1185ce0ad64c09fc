import { Button, Group, Text } from '@mantine/core';

import { Name } from '../../parts/Name';
import { Note, State } from '../../parts/State';
import { When } from '../../parts/When';
import { Failed } from '../../states/Failed';
import type { Draft } from './draft';

// DraftState says whether what a page shows is in force, or a draft, and whether that is kept.
export function DraftState({ draft, barred }: { draft: Draft; barred?: string }) {
  if (!draft.here) return <State tone="ok">In force</State>;
  if (barred !== undefined && tried(draft)) return <State tone="mute">Only tried here: {barred}</State>;
  return (
    <>
      <span role="status">
        {draft.keeping === 'kept' && <State tone="info">Draft, kept</State>}
        {draft.keeping === 'waiting' && <State tone="info">Draft, being kept</State>}
        {draft.keeping === 'failed' && <State tone="warn">Draft, not kept</State>}
      </span>
      {draft.by !== undefined && <Text c="dimmed">by <Name>{draft.by}</Name>, <When at={draft.at} /></Text>}
    </>
  );
}

// tried says whether what is shown differs from what is in force because somebody writes here, and
// not because a draft was kept before.
export function tried(draft: Draft): boolean {
  return draft.here && draft.at === undefined;
}

// Theirs says what keeps the draft from being kept: somebody else's, of which one is chosen and
// nothing typed is lost before, or a problem, unless that is said at its field.
export function Theirs({ draft, atField }: { draft: Draft; atField: boolean }) {
  if (draft.problem !== undefined && !atField) return <Failed error={draft.problem} retry={draft.again} what="Keeping the draft" />;
  if (draft.theirs === undefined) return null;
  const gone = draft.theirs.rules === undefined;
  return (
    <Note tone="warn" title={gone ? 'Somebody else discarded this draft, or applied it' : 'Somebody else changed this draft'} alert>
      <Text>
        {gone ? 'What you see is yours and is not kept.' : <><Name>{draft.theirs.changedBy ?? ''}</Name> changed it <When at={draft.theirs.changedAt} />. What you see is yours and is not kept.</>}
      </Text>
      <Group gap="sm" mt="xs">
        <Button variant="default" onClick={draft.keepMine}>Keep mine</Button>
        <Button variant="default" onClick={draft.takeTheirs}>{gone ? 'Show what is in force' : 'Show theirs'}</Button>
      </Group>
    </Note>
  );
}
