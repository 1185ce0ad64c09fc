import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';

import { api, ask, type Schema } from '../../api/client';
import { credentials } from '../../auth';
import { problemFrom, unreachable } from '../../api/problem';
import type { PlanFilter } from '../rules/routes';
import type { Op } from './words';

// planOf reads a plan, again and again while it is being made.
export function planOf(slug: string, id: string) {
  return queryOptions({
    queryKey: ['connectors', slug, 'plans', id],
    queryFn: ({ signal }) => ask(api.GET('/connectors/{c}/plans/{id}', { params: { path: { c: slug, id } }, signal })),
    refetchInterval: (query) => (query.state.data?.state === 'running' ? 1_000 : false),
  });
}

// changesOf reads what a plan would do, page by page, losses first. tag makes it be read anew when
// the plan was made anew.
export function changesOf(slug: string, id: string, tag: string, { by: _by, from: _from, ...filter }: PlanFilter) {
  const query = { ...filter, op: filter.op as Op | undefined, limit: 50 };
  return infiniteQueryOptions({
    queryKey: ['connectors', slug, 'plans', id, 'changes', tag, filter],
    queryFn: ({ pageParam, signal }) => ask(api.GET('/connectors/{c}/plans/{id}/changes', { params: { path: { c: slug, id }, query: { ...query, cursor: pageParam } }, signal })) as Promise<Schema<'ListPlanChange'>>,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
  });
}

// totalsOf counts what a plan would do, page by page, those that lose most first.
export function totalsOf(slug: string, id: string, tag: string, by: NonNullable<PlanFilter['by']>, { from: _from, ...filter }: PlanFilter) {
  const query = { ...filter, by, op: filter.op as Op | undefined, limit: 50 };
  return infiniteQueryOptions({
    queryKey: ['connectors', slug, 'plans', id, 'totals', tag, query],
    queryFn: ({ pageParam, signal }) => ask(api.GET('/connectors/{c}/plans/{id}/totals', { params: { path: { c: slug, id }, query: { ...query, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
  });
}

// changesAsCSV reads everything that fits the filter, as a file.
export async function changesAsCSV(slug: string, id: string, { by: _by, from: _from, ...filter }: PlanFilter): Promise<Blob> {
  const query = new URLSearchParams(Object.entries(filter).filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
  let response: Response;
  try {
    response = await fetch(`/api/v1/connectors/${encodeURIComponent(slug)}/plans/${encodeURIComponent(id)}/changes?${query}`, { headers: { Accept: 'text/csv', ...credentials() } });
  } catch {
    throw unreachable();
  }
  if (!response.ok) throw problemFrom(await response.json().catch(() => null), response);
  return response.blob();
}

// jobOf reads a job, again and again while it runs.
export function jobOf(id: string) {
  return queryOptions({
    queryKey: ['jobs', id],
    queryFn: ({ signal }) => ask(api.GET('/jobs/{id}', { params: { path: { id } }, signal })),
    refetchInterval: (query) => (query.state.data?.state === 'running' ? 1_000 : false),
  });
}
