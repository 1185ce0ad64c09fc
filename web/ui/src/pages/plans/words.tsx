import type { Schema } from '../../api/client';
import { State, type Tone } from '../../parts/State';

export type Op = Exclude<Schema<'PlanChange'>['op'], 'unlinkUser'>;

// ops are what a plan does, as people say it.
export const ops: { op: Op; label: string; tone: Tone }[] = [
  { op: 'removeMembership', label: 'Leaves the group', tone: 'bad' },
  { op: 'disableUser', label: 'Disabled', tone: 'bad' },
  { op: 'deleteUser', label: 'Deleted', tone: 'bad' },
  { op: 'addMembership', label: 'Joins the group', tone: 'ok' },
  { op: 'createUser', label: 'Created', tone: 'ok' },
  { op: 'enableUser', label: 'Enabled', tone: 'ok' },
  { op: 'restoreUser', label: 'Restored', tone: 'ok' },
  { op: 'linkUser', label: 'Linked', tone: 'info' },
  { op: 'updateUser', label: 'Changed', tone: 'info' },
  { op: 'ambiguous', label: 'Ambiguous', tone: 'warn' },
  { op: 'blocked', label: 'Blocked', tone: 'warn' },
];

// OpState says what is done to somebody.
export function OpState({ op }: { op: Schema<'PlanChange'>['op'] }) {
  const known = ops.find((o) => o.op === op);
  return <State tone={known?.tone ?? 'mute'}>{known?.label ?? op}</State>;
}

interface Part {
  n: number;
  one: string;
  many: string;
  loss: boolean;
}

// said are the numbers of a plan in words, losses first; what is none is left out.
export function said(counts: Schema<'PlanCounts'>): { text: string; loss: boolean }[] {
  const parts: Part[] = [
    { n: counts.membershipsRemoved, one: 'membership removed', many: 'memberships removed', loss: true },
    { n: counts.usersDisabled, one: 'user disabled', many: 'users disabled', loss: true },
    { n: counts.usersDeleted, one: 'user deleted', many: 'users deleted', loss: true },
    { n: counts.groupsEmptied, one: 'group becomes empty', many: 'groups become empty', loss: true },
    { n: counts.membershipsAdded, one: 'membership added', many: 'memberships added', loss: false },
    { n: counts.usersCreated, one: 'user created', many: 'users created', loss: false },
    { n: counts.usersLinked, one: 'record linked', many: 'records linked', loss: false },
    { n: counts.usersUpdated, one: 'user changed', many: 'users changed', loss: false },
    { n: counts.usersEnabled, one: 'user enabled', many: 'users enabled', loss: false },
    { n: counts.usersRestored, one: 'user restored', many: 'users restored', loss: false },
    { n: counts.ambiguous, one: 'ambiguous record', many: 'ambiguous records', loss: false },
    { n: counts.blocked, one: 'blocked record', many: 'blocked records', loss: false },
    { n: counts.foreignGroups, one: 'group of somebody else’s', many: 'groups of somebody else’s', loss: false },
  ];
  return parts.filter(({ n }) => n > 0).map(({ n, one, many, loss }) => ({ text: `${n} ${n === 1 ? one : many}`, loss }));
}

// draftWords say what was planned.
export function draftWords(draft: Schema<'Draft'>): string {
  if (draft.retire !== undefined) return 'Retiring the connector';
  if (draft.mode === 'live') return 'Going live';
  if (draft.mode === 'observe') return 'Only observing';
  if (draft.mode === 'disabled') return 'Disabling the connector';
  return 'A change of rules';
}
