import { useState } from 'react';

import type { Tagged } from '../../api/client';
import { rowsOf, rulesOf, type ListName, type Row, type Rows, type Rules } from './entries';

// A draft is kept in this browser, for each connector, until it is applied or discarded.

interface Kept {
  rules: Rules;
  tag: string; // of the rules that it was begun from
}

function place(slug: string): string {
  return `muster.draft.${slug}`;
}

function kept(slug: string): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(place(slug)) ?? 'null') as Kept | null;
  } catch {
    return null;
  }
}

// keepDraft keeps rules as the draft of a connector, in the place of what was kept.
export function keepDraft(slug: string, rules: Rules, tag: string) {
  try {
    localStorage.setItem(place(slug), JSON.stringify({ rules, tag } satisfies Kept));
  } catch {
    // there is no room, or it is forbidden: the draft lives as long as the page
  }
}

// dropDraft forgets the draft of a connector.
export function dropDraft(slug: string) {
  localStorage.removeItem(place(slug));
}

// same says whether two sets of rules are the same.
export function same(a: Rules, b: Rules): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => [name, sorted(inner)]));
}

// Draft is what an editor shows and changes.
export interface Draft {
  rows: Rows;
  rules: Rules;
  changed: boolean; // it differs from the rules in force
  behind: boolean; // the rules in force are other ones than it was begun from
  set: (list: ListName, rows: Row[]) => void;
  replace: (rows: Partial<Rows>) => void;
  discard: () => void;
}

// useDraft is the draft of a connector, beginning with what this browser kept, or with the rules in force.
export function useDraft(slug: string, force: Tagged<Rules>): Draft {
  const [begun, setBegun] = useState(() => kept(slug) ?? { rules: force.value, tag: force.tag });
  const [rows, setRows] = useState(() => rowsOf(begun.rules));
  // A draft that was begun from other rules than those in force brings its lists alone: whoever has
  // changed the settings meanwhile would lose that otherwise.
  const rules = rulesOf(begun.tag === force.tag ? begun.rules : { ...force.value }, rows);

  function replace(change: Partial<Rows>) {
    const next = { ...rows, ...change };
    setRows(next);
    const written = rulesOf(rules, next);
    if (same(written, force.value)) dropDraft(slug);
    else keepDraft(slug, written, begun.tag);
  }
  return {
    rows,
    rules,
    changed: !same(rules, force.value),
    behind: begun.tag !== force.tag && !same(rules, force.value),
    set: (list, next) => replace({ [list]: next }),
    replace,
    discard: () => {
      dropDraft(slug);
      setBegun({ rules: force.value, tag: force.tag });
      setRows(rowsOf(force.value));
    },
  };
}
