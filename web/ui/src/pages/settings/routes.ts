import { createRoute, lazyRouteComponent } from '@tanstack/react-router';

import { settings as frame, start } from './frame';

// Whose says whose sessions and tokens are shown: everybody's, or one's own.
export interface Whose {
  all?: true;
}

const account = createRoute({
  getParentRoute: () => frame,
  path: '/account',
  validateSearch: (search): Whose => ({ all: search['all'] === true ? true : undefined }),
  component: lazyRouteComponent(() => import('./Account'), 'Account'),
});

const administrators = createRoute({
  getParentRoute: () => frame,
  path: '/administrators',
  component: lazyRouteComponent(() => import('./Administrators'), 'Administrators'),
});

// settings are the pages of the settings.
export const settings = [frame.addChildren([start, account, administrators])] as const;
