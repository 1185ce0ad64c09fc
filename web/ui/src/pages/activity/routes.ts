import { createRoute } from '@tanstack/react-router';

import { lazyPage } from '../../shell/lazyPage';
import { shell } from '../../shell/routes';
import { eventFilter, requestFilter } from './search';

const requests = createRoute({
  getParentRoute: () => shell,
  path: '/activity',
  validateSearch: requestFilter,
  component: lazyPage(() => import('./Activity'), 'Activity'),
});

const request = createRoute({
  getParentRoute: () => shell,
  path: '/activity/$id',
  component: lazyPage(() => import('./Request'), 'Request'),
});

const audit = createRoute({
  getParentRoute: () => shell,
  path: '/audit',
  validateSearch: eventFilter,
  component: lazyPage(() => import('../audit/Audit'), 'Audit'),
});

// activity are the pages of what came and of what happened.
export const activity = [requests, request, audit] as const;
