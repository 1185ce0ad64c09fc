import { useEffect, useRef, useState } from 'react';

import { api, ask, askWithTag, type Schema, type Tagged } from '../../api/client';
import { problemOf, type Problem } from '../../api/problem';
import { rowsOf, rulesOf, type ListName, type Row, type Rows, type Rules } from './entries';

// A draft is kept on the server, one for each connector, until it is applied or discarded. It is
// kept shortly after the last key; two administrators who write one notice each other.

type Kept = Schema<'RulesDraft'>;

const pause = 600; // after the last key, in milliseconds
const small = 60_000; // bytes that a browser sends on while a page goes

function path(slug: string, tag?: string) {
  return { path: { c: slug }, header: tag === undefined ? {} : { 'If-Match': tag } };
}

// readDraft reads the draft of a connector; without rules there is none.
export function readDraft(slug: string, signal?: AbortSignal): Promise<Tagged<Kept>> {
  return askWithTag(api.GET('/connectors/{c}/rules/draft', { params: { path: { c: slug } }, signal }));
}

function put(slug: string, rules: Rules, basedOn: number, tag?: string, keepalive = false): Promise<Tagged<Kept>> {
  return askWithTag(api.PUT('/connectors/{c}/rules/draft', { params: path(slug, tag), body: { rules, basedOn }, keepalive }));
}

// keepDraft keeps rules as the draft of a connector, in the place of what was kept.
export async function keepDraft(slug: string, rules: Rules, basedOn: number): Promise<void> {
  await put(slug, rules, basedOn);
}

// dropApplied drops the draft of a connector if it is what was applied.
export async function dropApplied(slug: string, applied: Rules): Promise<void> {
  const { value, tag } = await readDraft(slug);
  if (value.rules !== undefined && same(value.rules, applied)) await ask(api.DELETE('/connectors/{c}/rules/draft', { params: path(slug, tag) }));
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

// numberOf is the number in a tag of rules.
export function numberOf(tag: string): number {
  return Number(tag.replaceAll('"', ''));
}

// Draft is what an editor shows and changes.
export interface Draft {
  rows: Rows;
  rules: Rules;
  changed: boolean; // it differs from the rules in force
  behind: boolean; // the rules in force are other ones than it was begun from
  by?: string; // who changed it last, while that is somebody before this page
  at?: string;
  keeping: 'kept' | 'waiting' | 'failed'; // whether the server has what is shown
  problem?: Problem; // why it could not be kept
  theirs?: Kept; // what somebody else made of it meanwhile; nothing is kept until one is chosen
  set: (list: ListName, rows: Row[]) => void;
  replace: (rows: Partial<Rows>) => void;
  discard: () => void;
  again: () => void; // tries to keep it once more
  takeTheirs: () => void;
  keepMine: () => void;
}

interface Begun {
  rules: Rules;
  basedOn: number;
  by?: string;
  at?: string;
}

// useDraft is the draft of a connector, beginning with what is kept, or with the rules in force.
// While may is false nothing is kept.
export function useDraft(slug: string, force: Tagged<Rules>, read: Tagged<Kept>, may: boolean): Draft {
  const inForce = { rules: force.value, basedOn: numberOf(force.tag) };
  const beginning = (kept: Kept): Begun => (kept.rules === undefined ? inForce : { rules: kept.rules, basedOn: kept.basedOn ?? inForce.basedOn, by: kept.changedBy, at: kept.changedAt });
  const [begun, setBegun] = useState(() => beginning(read.value));
  const [rows, setRows] = useState(() => rowsOf(begun.rules));
  const [theirs, setTheirs] = useState<Tagged<Kept>>();
  const keeper = useKeeper(slug, read.tag, may, setTheirs);
  // A draft that was begun from other rules than those in force brings its lists alone: whoever has
  // changed the settings meanwhile would lose that otherwise.
  const rules = rulesOf(begun.basedOn === inForce.basedOn ? begun.rules : { ...force.value }, rows);

  function show(next: Begun) {
    setBegun(next);
    setRows(rowsOf(next.rules));
  }
  function replace(change: Partial<Rows>) {
    const next = { ...rows, ...change };
    setRows(next);
    setBegun({ ...begun, by: undefined, at: undefined });
    const written = rulesOf(rules, next);
    keeper.want(same(written, force.value) ? null : { rules: written, basedOn: begun.basedOn });
  }
  return {
    rows,
    rules,
    changed: !same(rules, force.value),
    behind: begun.basedOn !== inForce.basedOn && !same(rules, force.value),
    by: begun.by,
    at: begun.at,
    keeping: keeper.state,
    problem: keeper.problem,
    theirs: theirs?.value,
    set: (list, next) => replace({ [list]: next }),
    replace,
    discard: () => {
      show(inForce);
      keeper.want(null, true);
    },
    again: keeper.again,
    takeTheirs: () => {
      if (theirs === undefined) return;
      keeper.adopt(theirs.tag);
      setTheirs(undefined);
      show(beginning(theirs.value));
    },
    keepMine: () => {
      if (theirs === undefined) return;
      keeper.adopt(theirs.tag);
      setTheirs(undefined);
      keeper.want(same(rules, force.value) ? null : { rules, basedOn: begun.basedOn }, true);
    },
  };
}

type Wanted = { rules: Rules; basedOn: number } | null; // null: no draft

// useKeeper brings what is wanted to the server, one request after the other, always from the
// draft that it knows. When that has become another one, it stops and says what there is.
function useKeeper(slug: string, first: string, may: boolean, onOther: (theirs: Tagged<Kept>) => void) {
  const [state, setState] = useState<Draft['keeping']>('kept');
  const [problem, setProblem] = useState<Problem>();
  const own = useRef({ tag: first, wanted: undefined as Wanted | undefined, busy: false, stopped: false, timer: 0 }).current;

  async function send(leaving = false) {
    window.clearTimeout(own.timer);
    if (own.wanted === undefined || own.busy || own.stopped) return;
    const now = own.wanted;
    [own.wanted, own.busy] = [undefined, true];
    try {
      if (now !== null) own.tag = (await put(slug, now.rules, now.basedOn, own.tag, leaving && JSON.stringify(now).length < small)).tag;
      else if (own.tag !== '"0"') await ask(api.DELETE('/connectors/{c}/rules/draft', { params: path(slug, own.tag), keepalive: leaving }));
      if (now === null) own.tag = '"0"';
      setProblem(undefined);
      own.busy = false;
      if (own.wanted === undefined) setState('kept');
      else void send(leaving);
    } catch (error) {
      own.busy = false;
      own.wanted ??= now;
      setState('failed');
      await explain(problemOf(error));
    }
  }
  async function explain(failed: Problem) {
    if (failed.status !== 412) return setProblem(failed);
    own.stopped = true;
    setProblem(undefined);
    await readDraft(slug).then(onOther, (error: unknown) => { own.stopped = false; setProblem(problemOf(error)); });
  }
  function want(wanted: Wanted, atOnce = false) {
    if (!may) return;
    own.wanted = wanted;
    if (own.stopped) return; // until one of the two drafts is chosen
    setState('waiting');
    window.clearTimeout(own.timer);
    if (atOnce) void send();
    else own.timer = window.setTimeout(() => void send(), pause);
  }
  function again() {
    setState('waiting');
    void send();
  }
  function adopt(tag: string) {
    Object.assign(own, { tag, wanted: undefined, stopped: false });
    setState('kept');
  }
  const latest = useRef(send);
  latest.current = send;
  useEffect(() => {
    const leave = () => { if (document.visibilityState === 'hidden') void latest.current(true); };
    document.addEventListener('visibilitychange', leave);
    return () => {
      document.removeEventListener('visibilitychange', leave);
      void latest.current(true);
    };
  }, []);
  return { state, problem, want, again, adopt };
}
