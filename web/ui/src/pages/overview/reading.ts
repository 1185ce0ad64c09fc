import { keepPreviousData, queryOptions } from '@tanstack/react-query';

import { api, ask } from '../../api/client';
import type { OverviewSearch } from './search';

// standing reads how every connector stands, now and then.
export const standing = queryOptions({
  queryKey: ['overview'],
  queryFn: ({ signal }) => ask(api.GET('/overview', { signal })),
  refetchInterval: 15_000,
});

// trafficOf counts requests and changes over a range of time.
export function trafficOf({ range: asked, connector }: OverviewSearch) {
  const range: '1h' | '24h' | '7d' = asked ?? '24h';
  return queryOptions({
    queryKey: ['overview', 'activity', range, connector],
    queryFn: ({ signal }) => ask(api.GET('/overview/activity', { params: { query: { range, connector } }, signal })),
    refetchInterval: 15_000,
    placeholderData: keepPreviousData,
  });
}
