import { queryOptions } from '@tanstack/react-query';

import { api, ask, askWithTag, type Schema, type Tagged } from '../../api/client';
import type { Rules } from '../rules/entries';
import { alike, rebase, type Page } from './pages';

// The draft as the server keeps it, one for each connector, until it is applied or discarded.

// Kept is the draft that the server has, with the rules that it was begun from.
export interface Kept {
  value: Schema<'RulesDraft'>;
  tag: string;
  began?: Rules; // none without a draft
}

const small = 60_000; // bytes that a browser sends on while a page goes
const underway = new Map<string, Promise<unknown>>(); // what pages that were left still bring there

function path(slug: string, tag?: string) {
  return { path: { c: slug }, header: tag === undefined ? {} : { 'If-Match': tag } };
}

// readKept reads the draft of a connector, after what a page that was left still brings there.
export async function readKept(slug: string, signal?: AbortSignal): Promise<Kept> {
  await underway.get(slug);
  const kept = await askWithTag(api.GET('/connectors/{c}/rules/draft', { params: { path: { c: slug } }, signal }));
  if (kept.value.basedOn === undefined) return kept;
  const began = await ask(api.GET('/connectors/{c}/rules/versions/{version}', { params: { path: { c: slug, version: kept.value.basedOn } }, signal }));
  return { ...kept, began: began.rules };
}

// keptFor reads the draft whenever a page is opened, and not again while it is open: what is typed
// there is newer.
export function keptFor(slug: string, page: Page) {
  return queryOptions({
    queryKey: ['drafts', slug, page],
    queryFn: ({ signal }) => readKept(slug, signal),
    staleTime: Infinity,
    gcTime: 0,
  });
}

// keep keeps rules as the draft, begun from a version of the rules, and returns its tag. With a tag
// it does so only in the place of the draft of that tag. A page that is being left sends it on.
export async function keep(slug: string, rules: Rules, basedOn: number, tag?: string, leaving = false): Promise<string> {
  const keepalive = leaving && JSON.stringify(rules).length < small;
  const kept: Tagged<unknown> = await after(slug, askWithTag(api.PUT('/connectors/{c}/rules/draft', { params: path(slug, tag), body: { rules, basedOn }, keepalive })));
  return kept.tag;
}

// drop drops the draft of a tag.
export async function drop(slug: string, tag: string, leaving = false): Promise<void> {
  await after(slug, ask(api.DELETE('/connectors/{c}/rules/draft', { params: path(slug, tag), keepalive: leaving })));
}

// dropApplied drops the draft of a connector if all of it is in what was applied.
export async function dropApplied(slug: string, applied: Rules): Promise<void> {
  const { value, tag, began } = await readKept(slug);
  if (value.rules !== undefined && alike(rebase(value.rules, began ?? value.rules, applied), applied)) await drop(slug, tag);
}

// numberOf is the number in a tag of rules.
export function numberOf(tag: string): number {
  return Number(tag.replaceAll('"', ''));
}

// after makes readers wait until something is done, whatever comes of it.
async function after<T>(slug: string, doing: Promise<T>): Promise<T> {
  const done = doing.then(() => {}, () => {});
  underway.set(slug, done);
  void done.then(() => { if (underway.get(slug) === done) underway.delete(slug); });
  return doing;
}
