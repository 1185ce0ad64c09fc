import { createRoute } from '@tanstack/react-router';

import { lazyPage } from '../../shell/lazyPage';
import { shell } from '../../shell/routes';

const list = createRoute({
  getParentRoute: () => shell,
  path: '/jobs',
  validateSearch: (search: Record<string, unknown>): { cursor?: string } => ({ cursor: typeof search['cursor'] === 'string' ? search['cursor'] : undefined }),
  component: lazyPage(() => import('./Jobs'), 'Jobs'),
});

// jobs is the list of applied plans of every connector.
export const jobs = [list] as const;
