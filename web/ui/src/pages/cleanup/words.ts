import type { Rules } from '../rules/entries';

type CleanupRules = NonNullable<Rules['cleanup']>;

// actions are what cleanup does, least first.
export const actions: { action: CleanupRules['action']; label: string }[] = [
  { action: 'disable', label: 'Disable' },
  { action: 'delete', label: 'Delete' },
  { action: 'keep', label: 'Keep' },
];

// after says a number of days as people do.
export function after(days: number): string {
  return days === 0 ? 'at once' : days === 1 ? 'after 1 day' : `after ${days} days`;
}

// consequences say what cleanup does to somebody, in the order in which it happens.
export function consequences(action: CleanupRules['action'], { graceDays, stripGroups, keepGroups }: CleanupRules, retention?: number): string[] {
  const kept = keepGroups.length === 0 ? '' : ', but for those that are kept';
  const groups = stripGroups ? `Memberships end ${after(graceDays)}${kept}.` : 'Memberships stay as they are.';
  const back = 'Who comes back has everything again.';
  switch (action) {
    case 'disable':
      return ['The user is disabled at once and stays in the directory.', groups, stripGroups ? 'Who comes back is enabled, with the groups that are sent then.' : back];
    case 'delete':
      return [graceDays === 0 ? 'The user is disabled and deleted at once.' : `The user is disabled at once, and deleted ${after(graceDays)}.`,
        `Until ${retention ?? 30} days later it can be restored. Then it is purged for good.`];
    case 'keep':
      return ['The user stays as active as it was, though no identity provider provides it any more.', groups, 'Nobody takes the account away by itself. Choose this only if something else does.'];
  }
}
