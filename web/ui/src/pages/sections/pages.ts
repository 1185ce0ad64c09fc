import type { Rules } from '../rules/entries';

// A connector's rules are written on four pages, each of which has its parts. They are one draft
// and one plan: what applies together is looked at together.

// Part is a part of the rules that a page edits.
export type Part =
  | 'onlyAssign' | 'neverAssign' | 'alwaysAssign' | 'defaultGroups' | 'neverRemove' | 'requiredGroups'
  | 'mapping' | 'cleanup' | 'requiredGrace' | 'safety' | 'linking';

// pages are the pages, in the order of the tabs.
export const pages = [
  { page: 'rules', to: '/connectors/$slug/rules', label: 'Rules', back: 'Back to the rules', parts: ['onlyAssign', 'neverAssign', 'alwaysAssign', 'defaultGroups', 'neverRemove', 'requiredGroups'] },
  { page: 'mapping', to: '/connectors/$slug/mapping', label: 'Mapping', back: 'Back to the mapping', parts: ['mapping'] },
  { page: 'cleanup', to: '/connectors/$slug/cleanup', label: 'Cleanup and safety', back: 'Back to cleanup and safety', parts: ['cleanup', 'requiredGrace', 'safety'] },
  { page: 'linking', to: '/connectors/$slug/linking', label: 'Linking', back: 'Back to linking', parts: ['linking'] },
] as const satisfies readonly { page: string; to: string; label: string; back: string; parts: readonly Part[] }[];

export type Page = (typeof pages)[number]['page'];

// Parts are the rules as a page holds them: none of the parts is left out.
export type Parts = Required<Pick<Rules, Part>>;

// partsOf are the parts of a page.
export function partsOf(page: Page): readonly Part[] {
  return pages.find((p) => p.page === page)!.parts;
}

// changed are the pages of which anything differs between two sets of rules.
export function changed(a: Rules, b: Rules): Page[] {
  return pages.filter(({ parts }) => parts.some((part) => !alike(a[part], b[part]))).map(({ page }) => page);
}

// rebase is a draft that was begun from some rules, as it is over others: what it changes stays,
// and the rest is as it is there.
export function rebase(draft: Rules, began: Rules, onto: Rules): Rules {
  const kept = pages.flatMap(({ parts }) => parts.filter((part) => !alike(draft[part], began[part])));
  return { ...onto, ...Object.fromEntries(kept.map((part) => [part, draft[part]])) };
}

// contested are the pages of which a draft and others changed the same part into different things.
export function contested(draft: Rules, began: Rules, theirs: Rules): Page[] {
  const both = (part: Part) => !alike(draft[part], began[part]) && !alike(theirs[part], began[part]) && !alike(draft[part], theirs[part]);
  return pages.filter(({ parts }) => parts.some(both)).map(({ page }) => page);
}

// alike says whether two values say the same, whatever the order of their members.
export function alike(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => [name, sorted(inner)]));
}
