import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';

import { api, ask } from '../../api/client';

// HoldFilter is what of the held changes is shown; it stands in the address.
export interface HoldFilter {
  kind?: 'membership' | 'disable' | 'delete' | 'key';
  user?: string;
  group?: string;
}

// heldNow counts what is held, connector by connector. Every page asks it now and then.
export const heldNow = queryOptions({
  queryKey: ['holds'],
  queryFn: async ({ signal }) => (await ask(api.GET('/holds', { params: { query: { limit: 500 } }, signal }))).items,
  refetchInterval: 15_000,
});

// holdsOf reads what of a connector is held, page by page, the oldest first.
export function holdsOf(slug: string, filter: HoldFilter) {
  return infiniteQueryOptions({
    queryKey: ['connectors', slug, 'holds', filter],
    queryFn: ({ pageParam, signal }) => ask(api.GET('/connectors/{c}/holds', { params: { path: { c: slug }, query: { ...filter, limit: 50, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
  });
}
