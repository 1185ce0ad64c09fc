import { createRoute } from '@tanstack/react-router';

import { lazyPage } from '../../shell/lazyPage';
import { shell } from '../../shell/routes';

// connector is around the pages of one connector; they name it as their parent.
export const connector = createRoute({
  getParentRoute: () => shell,
  path: '/connectors/$slug',
  component: lazyPage(() => import('./Connector'), 'Connector'),
});
