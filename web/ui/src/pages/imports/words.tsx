import type { Schema } from '../../api/client';
import { State, type Tone } from '../../parts/State';

export type Result = 'problem' | 'create' | 'fill' | 'add' | 'exists' | 'managed' | 'undone' | 'ambiguous' | 'error';
export type Kind = 'user' | 'group' | 'membership';

// results are what comes of a row, as people say it; problem is every row that does nothing and
// should.
export const results: { value: Result; label: string; tone: Tone }[] = [
  { value: 'problem', label: 'With a problem', tone: 'bad' },
  { value: 'create', label: 'Made', tone: 'ok' },
  { value: 'fill', label: 'Filled up', tone: 'ok' },
  { value: 'add', label: 'Added', tone: 'ok' },
  { value: 'exists', label: 'There already', tone: 'mute' },
  { value: 'managed', label: 'An IdP’s', tone: 'mute' },
  { value: 'undone', label: 'Rules take it away', tone: 'warn' },
  { value: 'ambiguous', label: 'Ambiguous', tone: 'warn' },
  { value: 'error', label: 'Cannot be used', tone: 'bad' },
];

// kinds are what a row is about.
export const kinds: { value: Kind; label: string }[] = [
  { value: 'user', label: 'Users' },
  { value: 'group', label: 'Groups' },
  { value: 'membership', label: 'Memberships' },
];

// ResultState says what comes of a row.
export function ResultState({ result }: { result: Schema<'ImportRow'>['result'] }) {
  const known = results.find((r) => r.value === result);
  return <State tone={known?.tone ?? 'mute'}>{known?.label ?? 'Not checked yet'}</State>;
}

const states: Record<Schema<'Import'>['state'], { label: string; tone: Tone }> = {
  receiving: { label: 'Coming in', tone: 'info' },
  checking: { label: 'Being checked', tone: 'info' },
  ready: { label: 'Waits to be applied', tone: 'warn' },
  running: { label: 'Being applied', tone: 'info' },
  done: { label: 'Applied', tone: 'ok' },
  failed: { label: 'Failed', tone: 'bad' },
  cancelled: { label: 'Cancelled', tone: 'mute' },
};

// ImportState says how far an import is.
export function ImportState({ state }: { state: Schema<'Import'>['state'] }) {
  return <State tone={states[state].tone}>{states[state].label}</State>;
}

// moving says whether an import goes on by itself.
export function moving(state: Schema<'Import'>['state']): boolean {
  return state === 'receiving' || state === 'checking' || state === 'running';
}

// counted are the numbers of an import in words; what is none is left out.
export function counted(c: Schema<'ImportCounts'>): { text: string; tone: Tone }[] {
  const parts: [number, string, string, Tone][] = [
    [c.usersCreated, 'user made', 'users made', 'ok'],
    [c.usersFilled, 'user filled up', 'users filled up', 'ok'],
    [c.groupsCreated, 'group made', 'groups made', 'ok'],
    [c.membershipsAdded, 'membership added', 'memberships added', 'ok'],
    [c.usersThere, 'user there already', 'users there already', 'mute'],
    [c.usersManaged, 'user an IdP manages', 'users IdPs manage', 'mute'],
    [c.groupsThere, 'group there already', 'groups there already', 'mute'],
    [c.membershipsThere, 'membership there already', 'memberships there already', 'mute'],
    [c.membershipsUndone, 'membership rules would take away', 'memberships rules would take away', 'warn'],
    [c.ambiguous, 'ambiguous row', 'ambiguous rows', 'warn'],
    [c.errors, 'row that cannot be used', 'rows that cannot be used', 'bad'],
  ];
  return parts.filter(([n]) => n > 0).map(([n, one, many, tone]) => ({ text: `${n.toLocaleString('en')} ${n === 1 ? one : many}`, tone }));
}
