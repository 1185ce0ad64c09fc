import { keepPreviousData, queryOptions } from '@tanstack/react-query';

import { api, ask } from '../../api/client';
import type { Rules } from '../rules/entries';

// expectedOf reads the window that is announced for a connector.
export function expectedOf(slug: string) {
  return queryOptions({
    queryKey: ['connectors', slug, 'expected-change'],
    queryFn: ({ signal }) => ask(api.GET('/connectors/{c}/expected-change', { params: { path: { c: slug } }, signal })),
    refetchInterval: 30_000,
  });
}

// meaningOf reads what the limits of a draft let through now, and what is used up of it.
export function meaningOf(slug: string, rules: Rules) {
  return queryOptions({
    queryKey: ['connectors', slug, 'safety', rules.safety],
    queryFn: ({ signal }) => ask(api.POST('/connectors/{c}/safety/judgement', { params: { path: { c: slug } }, body: { rules }, signal })),
    placeholderData: keepPreviousData,
    retry: false, // what is wrong with a draft stays wrong
    gcTime: 10_000,
  });
}
