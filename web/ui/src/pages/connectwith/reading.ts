import { queryOptions } from '@tanstack/react-query';

import { api, ask, type Schema } from '../../api/client';

// What a set-up link opens. Its secret goes in bodies alone, and into no key of the cache, where
// the visit stands for it: a number that each opening of a link has for itself.

const often = 2_000; // milliseconds between looks at the light

// shownBy reads what the link is for.
export function shownBy(link: string, visit: number) {
  return queryOptions({
    queryKey: ['connect-with', visit],
    queryFn: ({ signal }) => ask(api.POST('/connect-with', { body: { token: link }, signal })),
    gcTime: 0,
  });
}

// contactBy reads how the identity provider gets on, again and again.
export function contactBy(link: string, visit: number) {
  return queryOptions({
    queryKey: ['connect-with', visit, 'contact'],
    queryFn: ({ signal }) => ask(api.POST('/connect-with/contact', { body: { token: link }, signal })),
    gcTime: 0,
    refetchInterval: (query) => (query.state.error === null ? often : 5 * often),
  });
}

// credentialBy makes the one credential that the link is for.
export function credentialBy(link: string, kind: Schema<'LinkedCredential'>['kind']) {
  return ask(api.POST('/connect-with/credential', { body: { token: link, kind } }));
}
