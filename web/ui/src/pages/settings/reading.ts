import { queryOptions } from '@tanstack/react-query';

import { api, ask, askWithTag, type Schema } from '../../api/client';

// everyPage reads a list to its end.
async function everyPage<T>(read: (cursor?: string) => Promise<{ items: T[]; next?: string | null }>): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    all.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return all;
}

// sessionsOf reads signed-in browsers: one's own, or everybody's.
export function sessionsOf(all: boolean) {
  return queryOptions({
    queryKey: ['sessions', { all }],
    queryFn: ({ signal }) => everyPage<Schema<'Session'>>((cursor) => ask(api.GET('/sessions', { params: { query: { limit: 500, all, cursor } }, signal }))),
  });
}

// tokensOf reads API tokens, never their secrets.
export function tokensOf(all: boolean) {
  return queryOptions({
    queryKey: ['api-tokens', { all }],
    queryFn: ({ signal }) => everyPage<Schema<'APIToken'>>((cursor) => ask(api.GET('/api-tokens', { params: { query: { limit: 500, all, cursor } }, signal }))),
  });
}

// allAdministrators reads who may use Muster.
export const allAdministrators = queryOptions({
  queryKey: ['administrators'],
  queryFn: ({ signal }) => everyPage<Schema<'Administrator'>>((cursor) => ask(api.GET('/administrators', { params: { query: { limit: 500, cursor } }, signal }))),
});

// oneAdministrator reads one of them, with the tag to send back with a change.
export function oneAdministrator(id: string) {
  return queryOptions({
    queryKey: ['administrators', id],
    queryFn: ({ signal }) => askWithTag(api.GET('/administrators/{id}', { params: { path: { id } }, signal })),
    staleTime: 0,
  });
}
