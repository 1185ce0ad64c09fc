import { queryOptions } from '@tanstack/react-query';

import { api, ask, type Schema } from '../../api/client';

// What these pages read. A key begins with the path, so that a change can have everything read
// again that lies below one: queries.invalidateQueries({ queryKey: ['connectors', slug] }).

// everyConnector reads all connectors, of a tenant if one is named.
export function everyConnector(tenant?: string) {
  return queryOptions({
    queryKey: ['connectors', { tenant }],
    queryFn: async ({ signal }) => {
      const all: Schema<'Connector'>[] = [];
      let cursor: string | undefined;
      do {
        const page = await ask(api.GET('/connectors', { params: { query: { limit: 500, tenant, cursor } }, signal }));
        all.push(...page.items);
        cursor = page.next ?? undefined;
      } while (cursor !== undefined);
      return all;
    },
  });
}

// oneConnector reads a connector with its rules.
export function oneConnector(slug: string) {
  return queryOptions({
    queryKey: ['connectors', slug],
    queryFn: ({ signal }) => ask(api.GET('/connectors/{c}', { params: { path: { c: slug } }, signal })),
  });
}

// contactOf reads how a connector and its IdP get on. Its schema in the document is a stream's,
// so the type is named here.
export function contactOf(slug: string) {
  return queryOptions({
    queryKey: ['connectors', slug, 'contact'],
    queryFn: async ({ signal }) => (await ask(api.GET('/connectors/{c}/contact', { params: { path: { c: slug } }, signal }))) as Schema<'Contact'>,
  });
}

// credentialsOf reads a connector's credentials, never their secrets.
export function credentialsOf(slug: string) {
  return queryOptions({
    queryKey: ['connectors', slug, 'credentials'],
    queryFn: async ({ signal }) => (await ask(api.GET('/connectors/{c}/credentials', { params: { path: { c: slug }, query: { limit: 500 } }, signal }))).items,
  });
}

// setupLinksOf reads a connector's set-up links that have not ended, never their secrets.
export function setupLinksOf(slug: string) {
  return queryOptions({
    queryKey: ['connectors', slug, 'setup-links'],
    queryFn: async ({ signal }) => (await ask(api.GET('/connectors/{c}/setup-links', { params: { path: { c: slug }, query: { limit: 500 } }, signal }))).items,
  });
}

// allGuides reads the list of guides, which is the same for everybody.
export const allGuides = queryOptions({
  queryKey: ['guides'],
  queryFn: async ({ signal }) => (await ask(api.GET('/guides', { signal }))).items,
  staleTime: Infinity,
});

// guideFor reads a guide with a connector's addresses in it.
export function guideFor(id: string, slug: string) {
  return queryOptions({
    queryKey: ['connectors', slug, 'guide', id],
    queryFn: ({ signal }) => ask(api.GET('/guides/{id}', { params: { path: { id }, query: { connector: slug } }, signal })),
  });
}

// allTenants and presentDirectories are what a new connector is made from.
export const allTenants = queryOptions({
  queryKey: ['tenants'],
  queryFn: async ({ signal }) => (await ask(api.GET('/tenants', { params: { query: { limit: 500 } }, signal }))).items,
});

// allDirectories are removed ones too, which can be restored and nothing else.
export const allDirectories = queryOptions({
  queryKey: ['directories'],
  queryFn: async ({ signal }) => (await ask(api.GET('/directories', { signal }))).items,
});

export const presentDirectories = queryOptions({ ...allDirectories, select: (all) => all.filter((d) => d.removed === undefined) });

// streamOf is the path of a connector's contact, to listen to.
export function streamOf(slug: string): string {
  return `/connectors/${encodeURIComponent(slug)}/contact`;
}

