import { createRoute } from '@tanstack/react-router';

import { lazyPage } from '../../shell/lazyPage';
import { shell } from '../../shell/routes';

// InDirectory names the directory that a page is about; left out where there is only one, or for
// the first.
export interface InDirectory {
  in?: string;
}

// UserFilter is which users are listed, and from where on.
export interface UserFilter extends InDirectory {
  q?: string;
  status?: 'active' | 'disabled' | 'deleted';
  managed?: 'true' | 'local' | 'former';
  cursor?: string;
}

// GroupFilter is which groups are listed, and from where on.
export interface GroupFilter extends InDirectory {
  q?: string;
  empty?: 'true'; // only groups that nobody is in
  cursor?: string;
}

// ConflictFilter is which conflicts are listed, and from where on.
export interface ConflictFilter extends InDirectory {
  state?: 'decided' | 'all';
  kind?: string;
  connector?: string;
  user?: string;
  cursor?: string;
  open?: string; // the conflict that is looked at
}

// Question is what is asked about a user: a group, an attribute, or, with neither, the status.
export interface Question extends InDirectory {
  user?: string;
  group?: string;
  attribute?: string;
}

// Told is a part of what happened to a user.
export type Told = 'groups' | 'user' | 'held' | 'idp';

// OfUser is which part of a user's page is narrowed to what.
export interface OfUser extends InDirectory {
  told?: Told;
}

type Search = Record<string, unknown>;

// The router reads what looks like a number or a truth as one; what is asked for is text.
function text(search: Search, name: string): string | undefined {
  const value = search[name];
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function oneOf<T extends string>(search: Search, name: string, values: readonly T[]): T | undefined {
  const value = text(search, name);
  return values.find((v) => v === value);
}

const inDirectory = (search: Search): InDirectory => ({ in: text(search, 'in') });

const users = createRoute({
  getParentRoute: () => shell,
  path: '/users',
  validateSearch: (search: Search): UserFilter => ({
    ...inDirectory(search), q: text(search, 'q'), cursor: text(search, 'cursor'),
    status: oneOf(search, 'status', ['active', 'disabled', 'deleted']), managed: oneOf(search, 'managed', ['true', 'local', 'former']),
  }),
  component: lazyPage(() => import('./Users'), 'Users'),
});

const user = createRoute({
  getParentRoute: () => shell,
  path: '/users/$id',
  validateSearch: (search: Search): OfUser => ({ ...inDirectory(search), told: oneOf(search, 'told', ['groups', 'user', 'held', 'idp']) }),
  component: lazyPage(() => import('./User'), 'User'),
});

const why = createRoute({
  getParentRoute: () => shell,
  path: '/why',
  validateSearch: (search: Search): Question => ({ ...inDirectory(search), user: text(search, 'user'), group: text(search, 'group'), attribute: text(search, 'attribute') }),
  component: lazyPage(() => import('./Why'), 'Why'),
});

const groups = createRoute({
  getParentRoute: () => shell,
  path: '/groups',
  validateSearch: (search: Search): GroupFilter => ({ ...inDirectory(search), q: text(search, 'q'), empty: oneOf(search, 'empty', ['true']), cursor: text(search, 'cursor') }),
  component: lazyPage(() => import('./Groups'), 'Groups'),
});

const group = createRoute({
  getParentRoute: () => shell,
  path: '/groups/$id',
  validateSearch: (search: Search): GroupFilter => ({ ...inDirectory(search), q: undefined, empty: undefined, cursor: text(search, 'cursor') }),
  component: lazyPage(() => import('./GroupPage'), 'GroupPage'),
});

const conflicts = createRoute({
  getParentRoute: () => shell,
  path: '/conflicts',
  validateSearch: (search: Search): ConflictFilter => ({
    ...inDirectory(search), state: oneOf(search, 'state', ['decided', 'all']), kind: text(search, 'kind'), connector: text(search, 'connector'),
    user: text(search, 'user'), cursor: text(search, 'cursor'), open: text(search, 'open'),
  }),
  component: lazyPage(() => import('./Conflicts'), 'Conflicts'),
});

// directory are the pages of what the directories hold.
export const directory = [users, user, groups, group, conflicts, why] as const;
