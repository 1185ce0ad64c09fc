import { createRoute } from '@tanstack/react-router';

import { lazyPage } from '../../shell/lazyPage';
import { connector } from '../connectors/frame';
import type { HoldFilter } from '../holds/reading';
import { pages, type Page } from '../sections/pages';

function text(search: Record<string, unknown>, name: string): string | undefined {
  const value = search[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const onlys = ['changed', 'assigned', 'dropped'] as const;

const editor = createRoute({
  getParentRoute: () => connector,
  path: '/rules',
  validateSearch: (search): { find?: string; only?: (typeof onlys)[number] } => ({ find: text(search, 'find'), only: onlys.find((only) => only === search['only']) }),
  component: lazyPage(() => import('./Editor'), 'Editor'),
});

function version(value: unknown): number | undefined {
  return Number.isInteger(value) && Number(value) > 0 ? Number(value) : undefined;
}

const versions = createRoute({
  getParentRoute: () => connector,
  path: '/rules/versions',
  validateSearch: (search): { before?: number; after?: number } => ({ before: version(search['before']), after: version(search['after']) }),
  component: lazyPage(() => import('./Versions'), 'Versions'),
});

// PlanFilter is what of a plan is shown; it stands in the address.
export interface PlanFilter {
  op?: string;
  user?: string;
  group?: string;
  reason?: string;
  by?: 'group' | 'user' | 'reason'; // counted by it, instead of line by line
  from?: Page; // the page that it was made on, to which one goes back
}

const bys = ['group', 'user', 'reason'] as const;

const plan = createRoute({
  getParentRoute: () => connector,
  path: '/plans/$plan',
  validateSearch: (search): PlanFilter => ({ op: text(search, 'op'), user: text(search, 'user'), group: text(search, 'group'), reason: text(search, 'reason'), by: bys.find((by) => by === search['by']), from: pages.find(({ page }) => page === search['from'])?.page }),
  component: lazyPage(() => import('../plans/Plan'), 'Plan'),
});

const job = createRoute({
  getParentRoute: () => connector,
  path: '/jobs/$job',
  component: lazyPage(() => import('../plans/Job'), 'Job'),
});

const kinds = ['membership', 'disable', 'delete', 'key'] as const;

const holds = createRoute({
  getParentRoute: () => connector,
  path: '/holds',
  validateSearch: (search): HoldFilter => ({ kind: kinds.find((kind) => kind === search['kind']), user: text(search, 'user'), group: text(search, 'group') }),
  component: lazyPage(() => import('../holds/Holds'), 'Holds'),
});

const mode = createRoute({
  getParentRoute: () => connector,
  path: '/mode',
  component: lazyPage(() => import('../mode/Mode'), 'Mode'),
});

// ofRules are the pages of a connector that are about its rules and what they do.
export const ofRules = [editor, versions, plan, job, holds, mode] as const;
