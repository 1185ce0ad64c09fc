import { createRoute } from '@tanstack/react-router';

import { lazyPage } from '../../shell/lazyPage';
import type { InDirectory } from '../directory/routes';
import { settings as frame, start } from './frame';

// Whose says whose sessions and tokens are shown: everybody's, or one's own.
export interface Whose {
  all?: true;
}

const account = createRoute({
  getParentRoute: () => frame,
  path: '/account',
  validateSearch: (search): Whose => ({ all: search['all'] === true ? true : undefined }),
  component: lazyPage(() => import('./Account'), 'Account'),
});

const administrators = createRoute({
  getParentRoute: () => frame,
  path: '/administrators',
  component: lazyPage(() => import('./Administrators'), 'Administrators'),
});

const webhooks = createRoute({
  getParentRoute: () => frame,
  path: '/webhooks',
  component: lazyPage(() => import('../webhooks/Webhooks'), 'Webhooks'),
});

const states = ['pending', 'delivered', 'failed'] as const;

// Sent is which deliveries of a webhook are listed, and from where on.
export interface Sent {
  state?: (typeof states)[number];
  cursor?: string;
}

const webhook = createRoute({
  getParentRoute: () => frame,
  path: '/webhooks/$id',
  validateSearch: (search): Sent => ({ state: states.find((state) => state === search['state']), cursor: text(search['cursor']) }),
  component: lazyPage(() => import('../webhooks/Webhook'), 'Webhook'),
});

const consumers = createRoute({
  getParentRoute: () => frame,
  path: '/consumers',
  validateSearch: (search): InDirectory => ({ in: text(search['in']) }),
  component: lazyPage(() => import('../consumers/Consumers'), 'Consumers'),
});

const consumer = createRoute({
  getParentRoute: () => frame,
  path: '/consumers/$id',
  validateSearch: (search): InDirectory => ({ in: text(search['in']) }),
  component: lazyPage(() => import('../consumers/Consumer'), 'Consumer'),
});

const directories = createRoute({
  getParentRoute: () => frame,
  path: '/directories',
  component: lazyPage(() => import('../directories/Directories'), 'Directories'),
});

const directory = createRoute({
  getParentRoute: () => frame,
  path: '/directories/$d',
  component: lazyPage(() => import('../directories/Directory'), 'Directory'),
});

const tenants = createRoute({
  getParentRoute: () => frame,
  path: '/tenants',
  component: lazyPage(() => import('../directories/Tenants'), 'Tenants'),
});

const logging = createRoute({
  getParentRoute: () => frame,
  path: '/logging',
  component: lazyPage(() => import('../server/Logging'), 'Logging'),
});

const about = createRoute({
  getParentRoute: () => frame,
  path: '/about',
  component: lazyPage(() => import('../server/About'), 'About'),
});

function text(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value); // the router reads what looks like one as one
  return typeof value === 'string' && value !== '' ? value : undefined;
}

// settings are the pages of the settings.
export const settings = [frame.addChildren([start, account, administrators, directories, directory, tenants, consumers, consumer, webhooks, webhook, logging, about])] as const;
