import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import type { Schema, Tagged } from '../../api/client';
import type { Problem } from '../../api/problem';
import { announce } from '../../parts/announce';
import type { Rules } from '../rules/entries';
import { rulesInForce } from '../rules/reading';
import { useKeeper, type Keeper, type Written } from './keeper';
import { numberOf, type Kept } from './kept';
import { alike, changed, contested, partsOf, rebase, type Page, type Parts } from './pages';

// Draft is what a page shows and changes: its parts of a connector's draft.
export interface Draft {
  page: Page;
  force: Rules; // the rules in force
  version: number; // and which they are
  rules: Rules; // as they would be by the whole draft
  now: Parts; // the same, no part left out
  here: boolean; // something of this page differs from what is in force
  elsewhere: Page[]; // the other pages of which something does
  behind: boolean; // something of this page was changed since it was begun from it, and otherwise
  by?: string; // who changed it last, while that is somebody before this page
  at?: string;
  keeping: Keeper['state'];
  problem?: Problem; // why it could not be kept
  theirs?: Schema<'RulesDraft'>; // what somebody else made of this page's parts meanwhile; nothing is kept until one is chosen
  set: (change: Partial<Rules>) => void;
  discard: () => void; // what this page changes
  again: () => void; // tries to keep it once more
  takeTheirs: () => void;
  keepMine: () => void;
  round: number; // a key for fields that hold text of their own: another one when they are to begin anew
}

// useDraft is the draft of a connector as one page shows it, beginning with what is kept, or with
// the rules in force. A draft that was begun from other rules than those in force brings what it
// changes alone, so that nobody undoes what others have applied meanwhile. While may is false
// nothing is kept.
export function useDraft(slug: string, page: Page, force: Tagged<Rules>, read: Kept, may: boolean): Draft {
  const inForce: Written = { rules: force.value, began: force.value, basedOn: numberOf(force.tag) };
  const beginning = ({ value, began }: Kept): Written => (value.rules === undefined || began === undefined ? inForce
    : { rules: value.rules, began, basedOn: value.basedOn ?? inForce.basedOn, by: value.changedBy, at: value.changedAt });
  const over = (w: Written) => rebase(w.rules, w.began, force.value);

  const cache = useQueryClient();
  const [written, setWritten] = useState(() => beginning(read));
  const [theirs, setTheirs] = useState<Kept>();
  const [round, setRound] = useState(0);
  const rules = over(written);
  const differing = changed(rules, force.value);
  const here = differing.includes(page);
  const keeper = useKeeper(slug, read.tag, written, may, meet);

  // Fields that show what is in force go along with it.
  const [seen, setSeen] = useState(force.tag);
  if (seen !== force.tag) {
    setSeen(force.tag);
    if (!here) setRound(round + 1);
  }

  // write keeps rules as the draft. It goes on from the rules in force, unless something that was
  // begun from others still waits to be looked at, here or on another page.
  function write(next: Rules, atOnce = false) {
    const older = { ...written, rules: rebase(next, force.value, written.began), by: undefined, at: undefined };
    const waits = contested(older.rules, written.began, force.value).length > 0 && alike(over(older), next);
    const now = waits ? older : { ...inForce, rules: next };
    setWritten(now);
    keeper.want(now, changed(next, force.value).length === 0, atOnce);
  }
  // meet is called with what somebody else made of the draft. Parts of other pages are taken over;
  // what both have changed is asked about.
  function meet(other: Kept) {
    const known = over(keeper.known());
    const mine = changed(rules, known);
    const gone = other.value.rules === undefined;
    if (gone) void cache.invalidateQueries({ queryKey: rulesInForce(slug).queryKey }); // it was applied maybe
    if (gone || changed(over(beginning(other)), known).some((p) => mine.includes(p))) return setTheirs(other);
    join(other);
    announce(`${other.value.changedBy ?? 'Somebody else'} changed other parts of this draft. They are in it now.`);
  }
  // join keeps what this page shows, and of other pages what they made of them.
  function join(other: Kept) {
    const joined = rebase(rules, over(keeper.known()), over(beginning(other)));
    goOn(other);
    write(other.value.rules === undefined ? rules : { ...joined, ...own(rules) }, true);
  }
  function goOn(from: Kept) {
    keeper.adopt(from.tag, beginning(from));
    setTheirs(undefined);
  }
  const own = (of: Rules): Partial<Rules> => Object.fromEntries(partsOf(page).map((part) => [part, of[part]]));
  return {
    page, force: force.value, version: inForce.basedOn, rules, now: rules as Parts, here,
    elsewhere: differing.filter((p) => p !== page),
    behind: contested(written.rules, written.began, force.value).includes(page),
    by: written.by,
    at: written.at,
    keeping: keeper.state,
    problem: keeper.problem,
    theirs: theirs?.value,
    set: (change) => write({ ...rules, ...change }),
    discard: () => {
      write({ ...rules, ...own(force.value) }, true);
      setRound(round + 1);
    },
    again: keeper.again,
    takeTheirs: () => {
      if (theirs === undefined) return;
      goOn(theirs);
      setWritten(beginning(theirs));
      setRound(round + 1);
    },
    keepMine: () => { if (theirs !== undefined) join(theirs); },
    round,
  };
}

// useFields is what a page's fields hold of a draft: read from its rules, and anew when the draft
// says that they are to begin anew.
export function useFields<T>(draft: Draft, read: (rules: Rules) => T): [T, (next: T) => void] {
  const [fields, setFields] = useState(() => read(draft.rules));
  const [round, setRound] = useState(draft.round);
  if (round !== draft.round) {
    setRound(draft.round);
    setFields(read(draft.rules));
  }
  return [fields, setFields];
}
