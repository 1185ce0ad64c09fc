import { createRoute, redirect } from '@tanstack/react-router';

import { lazyPage } from '../../shell/lazyPage';
import { shell } from '../../shell/routes';
import { ofRules } from '../rules/routes';
import { ofSections } from '../sections/routes';
import { connector } from './frame';

// ConnectorFilter is what of the list is shown; it stands in the address.
export interface ConnectorFilter {
  q?: string;
  mode?: 'live' | 'observe' | 'disabled';
}

function text(search: Record<string, unknown>, name: string): string | undefined {
  const value = search[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const list = createRoute({
  getParentRoute: () => shell,
  path: '/connectors',
  validateSearch: (search): ConnectorFilter => {
    const mode = text(search, 'mode');
    return { q: text(search, 'q'), mode: mode === 'live' || mode === 'observe' || mode === 'disabled' ? mode : undefined };
  },
  component: lazyPage(() => import('./List'), 'List'),
});

const connect = createRoute({
  getParentRoute: () => shell,
  path: '/connect',
  validateSearch: (search): { kind?: string } => ({ kind: text(search, 'kind') }),
  component: lazyPage(() => import('./Connect'), 'Connect'),
});

const start = createRoute({
  getParentRoute: () => connector,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/connectors/$slug/setup', params });
  },
});

const setup = createRoute({
  getParentRoute: () => connector,
  path: '/setup',
  validateSearch: (search): { guide?: string } => ({ guide: text(search, 'guide') }),
  component: lazyPage(() => import('./Setup'), 'Setup'),
});

const credentials = createRoute({
  getParentRoute: () => connector,
  path: '/credentials',
  component: lazyPage(() => import('./Credentials'), 'Credentials'),
});

// connectors are the pages of connectors.
export const connectors = [list, connect, connector.addChildren([start, setup, credentials, ...ofRules, ...ofSections])] as const;
