import { createRoute } from '@tanstack/react-router';

import { lazyPage } from '../../shell/lazyPage';
import { shell } from '../../shell/routes';
import type { InDirectory } from '../directory/routes';
import { kinds, results, type Kind, type Result } from './words';

// Place is a page of the list of imports.
export interface Place extends InDirectory {
  cursor?: string;
}

// RowFilter is which rows of an import are listed, and from where on.
export interface RowFilter extends Place {
  result?: Result;
  kind?: Kind;
}

type Search = Record<string, unknown>;

function text(search: Search, name: string): string | undefined {
  const value = search[name];
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const place = (search: Search): Place => ({ in: text(search, 'in'), cursor: text(search, 'cursor') });

const list = createRoute({
  getParentRoute: () => shell,
  path: '/imports',
  validateSearch: place,
  component: lazyPage(() => import('./Imports'), 'Imports'),
});

const one = createRoute({
  getParentRoute: () => shell,
  path: '/imports/$id',
  validateSearch: (search: Search): RowFilter => ({
    ...place(search), result: results.find((r) => r.value === search['result'])?.value, kind: kinds.find((k) => k.value === search['kind'])?.value,
  }),
  component: lazyPage(() => import('./Import'), 'Import'),
});

// imports are the pages of what is brought into a directory from elsewhere.
export const imports = [list, one] as const;
