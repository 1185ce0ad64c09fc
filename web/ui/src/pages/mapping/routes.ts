import { createRoute } from '@tanstack/react-router';

import { lazyPage } from '../../shell/lazyPage';
import { connector } from '../connectors/frame';

// mapping is where attributes and names of groups are changed before anything else sees them. The
// record that it is tried on stands in the address.
export const mapping = createRoute({
  getParentRoute: () => connector,
  path: '/mapping',
  validateSearch: (search): { record?: string } => ({ record: typeof search['record'] === 'string' && search['record'] !== '' ? search['record'] : undefined }),
  component: lazyPage(() => import('./Mapping'), 'Mapping'),
});
