import { queryOptions } from '@tanstack/react-query';

import { api, ask, base, type Schema } from '../../api/client';
import { problemFrom, unreachable } from '../../api/problem';
import { credentials } from '../../auth';
import type { EventFilter, RequestFilter } from './search';

const pageSize = 50;

// requestsLike reads a page of requests, the newest first.
export function requestsLike(filter: RequestFilter) {
  return (cursor: string | undefined, signal: AbortSignal) => ask(api.GET('/requests', { params: { query: { ...filter, cursor, limit: pageSize } }, signal })) as Promise<Schema<'ListRequest'>>;
}

// eventsLike reads a page of events, the newest first.
export function eventsLike(filter: EventFilter) {
  return (cursor: string | undefined, signal: AbortSignal) => ask(api.GET('/events', { params: { query: { ...filter, cursor, limit: pageSize } }, signal })) as Promise<Schema<'ListEvent'>>;
}

// oneRequest reads a request with its body and its events.
export function oneRequest(id: string) {
  return queryOptions({
    queryKey: ['requests', id],
    queryFn: ({ signal }) => ask(api.GET('/requests/{id}', { params: { path: { id } }, signal })),
  });
}

// integrity reads how far the audit is sealed.
export const integrity = queryOptions({
  queryKey: ['audit', 'integrity'],
  queryFn: ({ signal }) => ask(api.GET('/audit/integrity', { signal })),
  refetchInterval: 15_000,
});

// Format is how a list is written into a file.
export type Format = 'text/csv' | 'application/jsonl';

// written reads everything of a list that fits a filter, as a file. The server notes it in the
// audit.
export async function written(list: 'requests' | 'events', filter: RequestFilter | EventFilter, format: Format): Promise<Blob> {
  const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]));
  let response: Response;
  try {
    response = await fetch(`${base}/${list}?${query}`, { headers: { Accept: format, ...credentials() } });
  } catch {
    throw unreachable();
  }
  if (!response.ok) throw problemFrom(await response.json().catch(() => null), response);
  return response.blob();
}
