import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';

import type { Tagged } from '../../api/client';
import type { Rules } from '../rules/entries';
import { rulesInForce } from '../rules/reading';

// A page that edits some parts of a connector's rules keeps them as a draft of its own, in this
// browser, until they are in force or discarded. A plan takes everything else from the rules in
// force, so that two pages, and two administrators, do not undo each other's parts.

// Part is a part of the rules that such a page edits.
export type Part = 'mapping' | 'cleanup' | 'requiredGrace' | 'safety' | 'linking';

// Parts are some of them, as the page holds them: none is left out.
export type Parts<P extends Part> = Required<Pick<Rules, P>>;

interface Kept<P extends Part> {
  began: Parts<P>; // as they were in force
  now: Parts<P>;
}

// Draft is what a page shows and changes.
export interface Draft<P extends Part> {
  now: Parts<P>;
  changed: boolean; // it differs from what is in force
  behind: boolean; // and what is in force is not what it was begun from
  rules: Rules; // to be planned
  set: (change: Partial<Parts<P>>) => void;
  discard: () => void;
  round: number; // counts discards, as a key for fields that hold text of their own
}

// useForce reads the rules in force.
export function useForce(slug: string): UseQueryResult<Tagged<Rules>> {
  return useQuery(rulesInForce(slug));
}

// useParts is the draft of some parts of a connector's rules.
export function useParts<P extends Part>(slug: string, page: string, parts: readonly P[], force: Rules): Draft<P> {
  const place = `muster.draft.${slug}.${page}`;
  const inForce = pick(force, parts);
  const [kept, setKept] = useState<Kept<P>>(() => begin(place, parts, inForce));
  const [round, setRound] = useState(0);
  const changed = !alike(kept.now, inForce);
  return {
    now: kept.now,
    changed,
    behind: changed && !alike(kept.began, inForce),
    rules: { ...force, ...kept.now },
    set: (change) => {
      // What follows the rules in force has nothing of its own to compare with them.
      const next = { began: changed ? kept.began : inForce, now: { ...(changed ? kept.now : inForce), ...change } };
      setKept(next);
      write(place, alike(next.now, inForce) ? null : next);
    },
    discard: () => {
      setKept({ began: inForce, now: inForce });
      setRound(round + 1);
      write(place, null);
    },
    round,
  };
}

function pick<P extends Part>(rules: Rules, parts: readonly P[]): Parts<P> {
  return Object.fromEntries(parts.map((part) => [part, rules[part]])) as Parts<P>;
}

// begin takes up what was kept; a draft that is in force by now is none any more.
function begin<P extends Part>(place: string, parts: readonly P[], inForce: Parts<P>): Kept<P> {
  const kept = read(place, parts);
  if (kept !== null && !alike(kept.now, inForce)) return kept;
  if (kept !== null) write(place, null);
  return { began: inForce, now: inForce };
}

function read<P extends Part>(place: string, parts: readonly P[]): Kept<P> | null {
  try {
    const kept = JSON.parse(localStorage.getItem(place) ?? 'null') as Kept<P> | null;
    const whole = kept !== null && parts.every((part) => kept.began?.[part] !== undefined && kept.now?.[part] !== undefined);
    return whole ? kept : null;
  } catch {
    return null;
  }
}

function write(place: string, kept: unknown) {
  try {
    if (kept === null) localStorage.removeItem(place);
    else localStorage.setItem(place, JSON.stringify(kept));
  } catch {
    // there is no room, or it is forbidden: the draft lives as long as the page
  }
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
