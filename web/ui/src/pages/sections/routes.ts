import { createRoute } from '@tanstack/react-router';

import { lazyPage } from '../../shell/lazyPage';
import { connector } from '../connectors/frame';
import { mapping } from '../mapping/routes';

const cleanup = createRoute({
  getParentRoute: () => connector,
  path: '/cleanup',
  component: lazyPage(() => import('../cleanup/Cleanup'), 'Cleanup'),
});

const linking = createRoute({
  getParentRoute: () => connector,
  path: '/linking',
  component: lazyPage(() => import('../linking/Linking'), 'Linking'),
});

const profile = createRoute({
  getParentRoute: () => connector,
  path: '/settings',
  component: lazyPage(() => import('../profile/Profile'), 'Profile'),
});

// ofSections are the pages of a connector that edit the other parts of its rules, and its settings.
export const ofSections = [mapping, cleanup, linking, profile] as const;
