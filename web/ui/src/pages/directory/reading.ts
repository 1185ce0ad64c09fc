import { keepPreviousData, queryOptions } from '@tanstack/react-query';

import { api, ask, askWithTag, type Schema } from '../../api/client';
import { Problem } from '../../api/problem';
import type { ConflictFilter, Question, UserFilter } from './routes';

// What these pages read. A key begins with the path of the directory: what changes a user can
// change groups and conflicts as well, so a change has everything of the directory read again.

// UserDetail is a user with everything an administrator asks about, and SCIM's attributes.
export type UserDetail = Schema<'UserDetail'> & Record<string, unknown>;

// pageSize is how many rows a page of a list has.
export const pageSize = 50;

// usersOf reads a page of a directory's users.
export function usersOf(d: string, { status, managed, cursor }: UserFilter) {
  const asked = { status, managed, cursor, limit: pageSize };
  return queryOptions({
    queryKey: ['directories', d, 'users', asked],
    queryFn: async ({ signal }) => (await ask(api.GET('/directories/{d}/users', { params: { path: { d }, query: asked }, signal }))) as Schema<'ListUser'>,
    placeholderData: keepPreviousData,
  });
}

// usersNamed reads the first users whose names and addresses have a word that begins like each of a text's.
export function usersNamed(d: string, q: string, limit = pageSize) {
  return queryOptions({
    queryKey: ['directories', d, 'users', { named: q, limit }],
    queryFn: async ({ signal }) => (await ask(api.GET('/directories/{d}/users', { params: { path: { d }, query: { q: q.slice(0, 200), limit } }, signal }))) as Schema<'ListUser'>,
    placeholderData: keepPreviousData,
  });
}

// foundBy reads whom a whole e-mail, name or id names.
export function foundBy(d: string, q: string) {
  return queryOptions({
    queryKey: ['directories', d, 'lookup', q],
    queryFn: ({ signal }) => ask(api.GET('/directories/{d}/lookup', { params: { path: { d }, query: { q } }, signal })),
    placeholderData: keepPreviousData,
  });
}

// requestOf reads what a request of an IdP did, or null when there is none of this id.
export function requestOf(id: string) {
  return queryOptions({
    queryKey: ['events', { request: id }],
    queryFn: async ({ signal }) => ((await ask(api.GET('/events', { params: { query: { request: id, limit: 20 } }, signal }))) as Schema<'ListEvent'>).items,
  });
}

// isID says whether a text is an id.
export function isID(text: string): boolean {
  return /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text);
}

// userCalled is the id of the one user whom a text names; it throws a Problem if none is, or several.
export async function userCalled(d: string, q: string, signal?: AbortSignal): Promise<string> {
  const { people } = await ask(api.GET('/directories/{d}/lookup', { params: { path: { d }, query: { q } }, signal }));
  const [one] = people;
  if (one !== undefined && people.length === 1) return one.id;
  throw new Problem(one === undefined
    ? { status: 404, code: 'notFound', detail: `Nobody in directory ${d} is called ${q}. Type the whole e-mail, userName or id.` }
    : { status: 409, code: 'ambiguousUser', detail: `Several users are called ${q}. Type the id of the one that is meant.` });
}

// groupCalled is the id of the group of a name.
async function groupCalled(d: string, name: string, signal: AbortSignal): Promise<string> {
  const { items } = await ask(api.GET('/directories/{d}/groups', { params: { path: { d }, query: { filter: `displayName eq ${quoted(name)}`, limit: 1 } }, signal }));
  if (items[0] !== undefined) return items[0].id;
  throw new Problem({ status: 404, code: 'notFound', detail: `There is no group ${name} in directory ${d}.` });
}

// oneUser reads a user with its reasons, by its id or by what else names it alone, so that a link
// can be written by hand. Its tag goes back with a change.
export function oneUser(d: string, id: string) {
  return queryOptions({
    queryKey: ['directories', d, 'users', id],
    queryFn: async ({ signal }) => {
      const known = isID(id) ? id : await userCalled(d, id, signal);
      const { value, tag } = await askWithTag(api.GET('/directories/{d}/users/{id}', { params: { path: { d, id: known } }, signal }));
      return { user: value as UserDetail, tag };
    },
  });
}

// idsOf reads every id by which IdPs know a user.
export function idsOf(d: string, id: string) {
  return queryOptions({
    queryKey: ['directories', d, 'users', id, 'records'],
    queryFn: async ({ signal }) => {
      const found = await ask(api.GET('/directories/{d}/lookup', { params: { path: { d }, query: { q: id } }, signal }));
      return found.people.find((p) => p.id === id)?.records ?? [];
    },
  });
}

// saidOf reads what an IdP says of a user: a record as it was sent, before any mapping.
export function saidOf(d: string, id: string, record: Schema<'Record'>) {
  return queryOptions({
    queryKey: ['directories', d, 'users', id, 'said', record.connector, record.id],
    queryFn: async ({ signal }) => (await ask(api.POST('/connectors/{c}/mapping/trial', { params: { path: { c: record.connector } }, body: { record: record.id }, signal }))).before ?? {},
  });
}

// eventsOf reads what happened to a user, the newest first; with an action those that begin so.
export function eventsOf(d: string, id: string, limit: number, action?: string) {
  return queryOptions({
    queryKey: ['directories', d, 'users', id, 'events', limit, action],
    queryFn: async ({ signal }) => (await ask(api.GET('/events', { params: { query: { user: id, limit, action } }, signal }))) as Schema<'ListEvent'>,
    placeholderData: keepPreviousData,
  });
}

// answerTo reads the answer to a question about a user.
export function answerTo(d: string, { user = '', group, attribute }: Question) {
  return queryOptions({
    queryKey: ['directories', d, 'why', { user, group, attribute }],
    queryFn: ({ signal }) => ask(api.GET('/directories/{d}/why', { params: { path: { d }, query: { user, group, attribute } }, signal })),
    enabled: user !== '',
  });
}

// groupsOf reads a page of a directory's groups, those whose name holds a text if one is given.
export function groupsOf(d: string, q?: string, cursor?: string, limit = pageSize, empty?: boolean) {
  const filter = q === undefined ? undefined : `displayName co ${quoted(q)}`;
  const query = { filter, empty, cursor, limit };
  return queryOptions({
    queryKey: ['directories', d, 'groups', query],
    queryFn: ({ signal }) => ask(api.GET('/directories/{d}/groups', { params: { path: { d }, query }, signal })),
    placeholderData: keepPreviousData,
  });
}

// quoted is a text as a value of a SCIM filter.
export function quoted(text: string): string {
  return JSON.stringify(text);
}

// oneGroup reads a group, by its id or its name.
export function oneGroup(d: string, id: string) {
  return queryOptions({
    queryKey: ['directories', d, 'groups', id],
    queryFn: async ({ signal }) => ask(api.GET('/directories/{d}/groups/{id}', { params: { path: { d, id: isID(id) ? id : await groupCalled(d, id, signal) } }, signal })),
  });
}

// feedersOf reads what connectors have to do with a group.
export function feedersOf(d: string, id: string) {
  return queryOptions({
    queryKey: ['directories', d, 'groups', id, 'feeders'],
    queryFn: ({ signal }) => ask(api.GET('/directories/{d}/groups/{id}/feeders', { params: { path: { d, id } }, signal })),
  });
}

// weightsOf reads the members on both sides of a conflict about a group.
export function weightsOf(d: string, id: string) {
  return queryOptions({
    queryKey: ['directories', d, 'conflicts', id, 'members'],
    queryFn: ({ signal }) => ask(api.GET('/directories/{d}/conflicts/{id}/members', { params: { path: { d, id } }, signal })),
  });
}

// membersOf reads a page of a group's members, and why each is one.
export function membersOf(d: string, id: string, cursor?: string) {
  return queryOptions({
    queryKey: ['directories', d, 'groups', id, 'members', cursor],
    queryFn: ({ signal }) => ask(api.GET('/directories/{d}/groups/{id}/members', { params: { path: { d, id }, query: { cursor, limit: pageSize } }, signal })),
    placeholderData: keepPreviousData,
  });
}

// conflictsOf reads a page of a directory's conflicts, the oldest first.
export function conflictsOf(d: string, { state, kind, connector, user, cursor }: ConflictFilter) {
  const query = { state, kind: kind as ConflictKind, connector, user, cursor, limit: pageSize };
  return queryOptions({
    queryKey: ['directories', d, 'conflicts', query],
    queryFn: async ({ signal }) => (await ask(api.GET('/directories/{d}/conflicts', { params: { path: { d }, query }, signal }))) as Schema<'ListConflict'>,
    placeholderData: keepPreviousData,
  });
}

// conflictCounts counts conflicts by kind.
export function conflictCounts(d: string, { state, connector, user }: ConflictFilter) {
  const query = { state, connector, user };
  return queryOptions({
    queryKey: ['directories', d, 'conflicts', 'counts', query],
    queryFn: ({ signal }) => ask(api.GET('/directories/{d}/conflicts/counts', { params: { path: { d }, query }, signal })),
    placeholderData: keepPreviousData,
  });
}

type ConflictKind = NonNullable<Schema<'ConflictFilter'>['kind']>;

// oneConflict reads a conflict with its candidates side by side.
export function oneConflict(d: string, id: string) {
  return queryOptions({
    queryKey: ['directories', d, 'conflicts', id],
    queryFn: ({ signal }) => ask(api.GET('/directories/{d}/conflicts/{id}', { params: { path: { d, id } }, signal })),
  });
}
