import { useEffect, useRef, useState } from 'react';

import { problemOf, type Problem } from '../../api/problem';
import type { Rules } from '../rules/entries';
import { drop, keep, readKept, type Kept } from './kept';

const pause = 600; // after the last key, in milliseconds

// Written is a draft, over the rules that it was begun from.
export interface Written {
  rules: Rules;
  began: Rules;
  basedOn: number;
  by?: string; // who kept it, unless this page did
  at?: string;
}

// Keeper brings what a page writes to the server.
export interface Keeper {
  state: 'kept' | 'waiting' | 'failed'; // whether the server has what is shown
  problem?: Problem; // why it could not be kept
  known: () => Written; // what the server has, as far as this page knows
  want: (written: Written, empty: boolean, atOnce?: boolean) => void; // empty: there is to be no draft
  again: () => void; // tries it once more
  adopt: (tag: string, theirs: Written) => void; // goes on from another draft
}

// useKeeper brings what is wanted to the server, one request after the other, always from the
// draft that it knows, at first the one with a tag. When that has become another one, it stops and
// gives it to onOther. While may is false nothing is kept.
export function useKeeper(slug: string, tag: string, first: Written, may: boolean, onOther: (theirs: Kept) => void): Keeper {
  const [state, setState] = useState<Keeper['state']>('kept');
  const [problem, setProblem] = useState<Problem>();
  const own = useRef({ tag, known: first, wanted: undefined as { written: Written; empty: boolean } | undefined, busy: false, stopped: false, timer: 0 }).current;

  async function send(leaving = false) {
    window.clearTimeout(own.timer);
    if (own.wanted === undefined || own.busy || own.stopped) return;
    const now = own.wanted;
    [own.wanted, own.busy] = [undefined, true];
    try {
      if (!now.empty) own.tag = await keep(slug, now.written.rules, now.written.basedOn, own.tag, leaving);
      else if (own.tag !== '"0"') await drop(slug, own.tag, leaving);
      if (now.empty) own.tag = '"0"';
      own.known = now.written;
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
    await readKept(slug).then((theirs) => latest.current.onOther(theirs), (error: unknown) => { own.stopped = false; setProblem(problemOf(error)); });
  }
  function want(written: Written, empty: boolean, atOnce = false) {
    if (!may) return;
    own.wanted = { written, empty };
    if (own.stopped) return; // until it is said from which draft to go on
    setState('waiting');
    window.clearTimeout(own.timer);
    if (atOnce) void send();
    else own.timer = window.setTimeout(() => void send(), pause);
  }
  function again() {
    setState('waiting');
    void send();
  }
  function adopt(next: string, theirs: Written) {
    Object.assign(own, { tag: next, known: theirs, wanted: undefined, stopped: false });
    setState('kept');
  }
  const latest = useRef({ send, onOther });
  latest.current = { send, onOther };
  useEffect(() => {
    const leave = () => { if (document.visibilityState === 'hidden') void latest.current.send(true); };
    document.addEventListener('visibilitychange', leave);
    return () => {
      document.removeEventListener('visibilitychange', leave);
      void latest.current.send(true);
    };
  }, []);
  return { state, problem, known: () => own.known, want, again, adopt };
}
