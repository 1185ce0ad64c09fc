import { queryOptions } from '@tanstack/react-query';

import { api, ask } from '../../api/client';

// waysIn reads how one can sign in, and whether anybody can yet.
export const waysIn = queryOptions({
  queryKey: ['setup'],
  queryFn: ({ signal }) => ask(api.GET('/setup', { signal })),
});

// purposeOf reads what a link is for, which does not use it up. The link is a secret, so it is not
// the key of what is kept: one page shows one link.
export function purposeOf(link: string) {
  return ask(api.POST('/setup/link', { body: { token: link } }));
}
