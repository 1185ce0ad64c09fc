import { actions } from '../cleanup/words';
import { keys } from '../linking/words';
import { entryText, type Entry, type Rules } from './entries';

// What is set besides lists, as lines in the words of the fields that set it.

// whole does not compile once there is a setting that no line says.
const whole = (rest: Record<string, never>) => rest;

const labels = (entries: Entry[] | null | undefined, label: string) => (entries ?? []).map((entry) => `${label}: ${entryText(entry)}`);

export function graceLines({ requiredGrace }: Rules): string[] {
  return requiredGrace === undefined ? [] : [`Wait when the last required group is lost: ${requiredGrace}`];
}

export function cleanupLines({ cleanup }: Rules): string[] {
  if (cleanup === undefined) return [];
  const { action, stripGroups, keepGroups, graceDays, ...rest } = cleanup;
  whole(rest);
  return [
    `Then the user is: ${actions.find((a) => a.action === action)?.label ?? action}`,
    `Take the memberships away too: ${stripGroups ? 'yes' : 'no'}`,
    ...labels(keepGroups, 'Memberships of these groups stay'),
    `Days of grace: ${graceDays}`,
  ];
}

export function linkingLines({ linking }: Rules): string[] {
  if (linking === undefined) return [];
  const { match, domains, acrossTenants, ...rest } = linking;
  whole(rest);
  return [
    ...labels(match?.map((key) => keys.find((k) => k.key === key)?.label ?? key), 'People are the same by'),
    ...labels(domains, 'Linked in the domain'),
    `Link users of other tenants too: ${acrossTenants ? 'yes' : 'no'}`,
  ];
}

export function safetyLines({ safety }: Rules): string[] {
  if (safety === undefined) return [];
  const { off, window, losses, membershipLosses, share, ...rest } = safety;
  whole(rest);
  return [
    `Hold what goes over the limits: ${off ? 'no' : 'yes'}`,
    `Window: ${window}`,
    `Users disabled or deleted: ${losses}`,
    `Memberships that end: ${membershipLosses}`,
    `Or this share: ${Math.round((share ?? 0) * 10_000) / 100} %`,
  ];
}
