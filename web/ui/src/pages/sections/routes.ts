import { createRoute, lazyRouteComponent } from '@tanstack/react-router';

import { connector } from '../connectors/frame';
import { mapping } from '../mapping/routes';

const cleanup = createRoute({
  getParentRoute: () => connector,
  path: '/cleanup',
  component: lazyRouteComponent(() => import('../cleanup/Cleanup'), 'Cleanup'),
});

const linking = createRoute({
  getParentRoute: () => connector,
  path: '/linking',
  component: lazyRouteComponent(() => import('../linking/Linking'), 'Linking'),
});

const profile = createRoute({
  getParentRoute: () => connector,
  path: '/settings',
  component: lazyRouteComponent(() => import('../profile/Profile'), 'Profile'),
});

// ofSections are the pages of a connector that edit the other parts of its rules, and its settings.
export const ofSections = [mapping, cleanup, linking, profile] as const;
