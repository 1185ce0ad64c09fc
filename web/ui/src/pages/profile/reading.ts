import { queryOptions } from '@tanstack/react-query';

import { api, askWithTag } from '../../api/client';

// settingsOf reads a connector with the tag of its version.
export function settingsOf(slug: string) {
  return queryOptions({
    queryKey: ['connectors', slug, 'settings'],
    queryFn: ({ signal }) => askWithTag(api.GET('/connectors/{c}', { params: { path: { c: slug } }, signal })),
  });
}
