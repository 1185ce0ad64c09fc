import { keepPreviousData, queryOptions } from '@tanstack/react-query';

import { api, ask, askWithTag, type Schema } from '../../api/client';
import type { Rules } from './entries';

// rulesInForce reads a connector's rules with the tag of their version.
export function rulesInForce(slug: string) {
  return queryOptions({
    queryKey: ['connectors', slug, 'rules'],
    queryFn: ({ signal }) => askWithTag(api.GET('/connectors/{c}/rules', { params: { path: { c: slug } }, signal })),
  });
}

// Asked is what of the verdicts is shown.
export interface Asked {
  find: string;
  only?: 'changed' | 'assigned' | 'dropped';
  limit: number;
  name: string; // a name to try; "" tries none
}

// judgementOf asks the server what a draft makes of every group name. The last answer stays until
// the next one is there.
export function judgementOf(slug: string, rules: Rules, asked: Asked) {
  const names = asked.name === '' ? [] : [asked.name];
  return queryOptions({
    queryKey: ['connectors', slug, 'judgement', rules, asked],
    queryFn: ({ signal }) => ask(api.POST('/connectors/{c}/rules/judgement', {
      params: { path: { c: slug } }, body: { rules, names, find: asked.find, only: asked.only, limit: asked.limit }, signal,
    })),
    placeholderData: keepPreviousData,
    gcTime: 10_000,
  });
}

// versionsOf reads every version that a connector's rules had, the newest first, without the rules.
export function versionsOf(slug: string) {
  return queryOptions({
    queryKey: ['connectors', slug, 'rules', 'versions'],
    queryFn: async ({ signal }) => {
      const all: Schema<'RuleVersion'>[] = [];
      let cursor: string | undefined;
      do {
        const page = await ask(api.GET('/connectors/{c}/rules/versions', { params: { path: { c: slug }, query: { limit: 500, cursor } }, signal }));
        all.push(...page.items);
        cursor = page.next ?? undefined;
      } while (cursor !== undefined && all.length < 5_000);
      return all;
    },
  });
}

// versionOf reads one version with its rules, which never change.
export function versionOf(slug: string, version: number) {
  return queryOptions({
    queryKey: ['connectors', slug, 'rules', 'versions', version],
    queryFn: ({ signal }) => ask(api.GET('/connectors/{c}/rules/versions/{version}', { params: { path: { c: slug, version } }, signal })),
    staleTime: Infinity,
  });
}
