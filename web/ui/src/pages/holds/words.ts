import type { Schema } from '../../api/client';

// sum is how many changes are held.
export function sum(counts: Schema<'Losses'>): number {
  return counts.users + counts.memberships + counts.keys;
}

// heldWords say what is held: "3 users to disable or delete, 12 memberships to remove".
export function heldWords(counts: Schema<'Losses'>): string {
  const parts: [number, string, string][] = [
    [counts.users, 'user to disable or delete', 'users to disable or delete'],
    [counts.memberships, 'membership to remove', 'memberships to remove'],
    [counts.keys, 'user name or e-mail to rewrite', 'user names or e-mails to rewrite'],
  ];
  return parts.filter(([n]) => n > 0).map(([n, one, many]) => `${n} ${n === 1 ? one : many}`).join(', ');
}

// holdWords say what would be done to somebody.
export const holdWords: Record<Schema<'Hold'>['op'], string> = {
  removeMembership: 'Leave the group', disableUser: 'Be disabled', deleteUser: 'Be deleted', updateUser: 'Be renamed',
};
