import { queryOptions } from '@tanstack/react-query';

import { api, ask, askWithTag } from '../../api/client';

// oneDirectory reads a directory with its settings, and the tag to send back with a change. Its key
// is not below what is in the directory, which changes far more often.
export function oneDirectory(d: string) {
  return queryOptions({
    queryKey: ['directory', d],
    queryFn: ({ signal }) => askWithTag(api.GET('/directories/{d}', { params: { path: { d } }, signal })),
  });
}

// removalOf reads what removing a directory would take away, and what is in its way.
export function removalOf(d: string) {
  return queryOptions({
    queryKey: ['directory', d, 'removal'],
    queryFn: ({ signal }) => ask(api.GET('/directories/{d}/removal', { params: { path: { d } }, signal })),
    staleTime: 0,
    gcTime: 0,
  });
}

// settlingOf reads how many records of a directory still wait to be settled, again while there are
// any.
export function settlingOf(d: string) {
  return queryOptions({
    queryKey: ['directory', d, 'settling'],
    queryFn: ({ signal }) => ask(api.GET('/directories/{d}/settling', { params: { path: { d } }, signal })),
    refetchInterval: (query) => ((query.state.data?.pending ?? 0) > 0 ? 2_000 : false),
  });
}
