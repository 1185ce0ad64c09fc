import { keepPreviousData, queryOptions } from '@tanstack/react-query';

import { api, ask, type Schema } from '../../api/client';
import type { Rules } from '../rules/entries';

// Mapping is a connector's mapping as the rules hold it.
export type Mapping = NonNullable<Rules['mapping']>;
export type Step = NonNullable<Mapping['steps']>[number];
export type Rename = NonNullable<Mapping['renames']>[number];

// Tried is what a mapping makes of somebody.
export type Tried = Schema<'MappingTried'>;

// Subject is whom a mapping is tried on: a record, a user as an IdP sends one, or nobody, which
// only says whether the mapping can be used.
export type Subject = { record: string } | { payload: Record<string, unknown> } | Record<string, never>;

// trialOf tries a mapping. The last answer stays until the next one is there.
export function trialOf(slug: string, mapping: Mapping, subject: Subject, existing: boolean) {
  return queryOptions({
    queryKey: ['connectors', slug, 'mapping', 'trial', mapping, subject, existing],
    queryFn: ({ signal }) => ask(api.POST('/connectors/{c}/mapping/trial', { params: { path: { c: slug } }, body: { mapping, existing, ...subject }, signal })),
    placeholderData: keepPreviousData,
    retry: false, // what is wrong with a draft stays wrong
    gcTime: 10_000,
  });
}

// coverageOf counts what arrives, and how the mapping in force fares.
export function coverageOf(slug: string) {
  return queryOptions({
    queryKey: ['connectors', slug, 'mapping', 'coverage'],
    queryFn: ({ signal }) => ask(api.GET('/connectors/{c}/mapping/coverage', { params: { path: { c: slug } }, signal })),
    staleTime: 30_000,
  });
}

// Person is somebody of a connector, with the id under which its IdP knows them.
export interface Person {
  record: string;
  userName: string;
}

// peopleOf finds people of a connector by a whole value, or by the beginnings of words of their names
// and addresses.
export function peopleOf(slug: string, directory: string, q: string) {
  return queryOptions({
    queryKey: ['directories', directory, 'records', slug, q],
    queryFn: async ({ signal }) => {
      const path = { d: directory };
      const found = await ask(api.GET('/directories/{d}/lookup', { params: { path, query: { q } }, signal }));
      const people = new Map<string, Person>();
      const take = (records: Schema<'FoundRecord'>[]) => {
        for (const r of records) if (r.connector === slug && r.state !== 'deleted') people.set(r.id, { record: r.id, userName: r.userName });
      };
      take(found.records);
      for (const p of found.people) take(p.records);
      if (people.size > 0) return [...people.values()];
      const like = await ask(api.GET('/directories/{d}/users', { params: { path, query: { q, limit: 8 } }, signal })) as Schema<'ListUser'>;
      const theirs = await Promise.all(like.items.map((u) => ask(api.GET('/directories/{d}/lookup', { params: { path, query: { q: u.id } }, signal }))));
      for (const one of theirs) for (const p of one.people) take(p.records);
      return [...people.values()];
    },
    placeholderData: keepPreviousData,
  });
}
