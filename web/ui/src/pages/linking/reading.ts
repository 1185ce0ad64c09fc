import { queryOptions } from '@tanstack/react-query';

import { api, ask } from '../../api/client';

// domainsOf counts a connector's people by the domain of their userNames and e-mails.
export function domainsOf(slug: string) {
  return queryOptions({
    queryKey: ['connectors', slug, 'domains'],
    queryFn: ({ signal }) => ask(api.GET('/connectors/{c}/domains', { params: { path: { c: slug } }, signal })),
  });
}
