import { createRouter } from '@tanstack/react-router';

import { activity } from './pages/activity/routes';
import { connectors } from './pages/connectors/routes';
import { directory } from './pages/directory/routes';
import { imports } from './pages/imports/routes';
import { jobs } from './pages/jobs/routes';
import { settings } from './pages/settings/routes';
import { Broken } from './shell/Broken';
import { connectWith, home, root, setUp, shell, signIn } from './shell/routes';
import { Loading } from './states/Loading';

// Every area keeps its routes in a file of its own, and is named here once.
const tree = root.addChildren([signIn, setUp, connectWith, shell.addChildren([home, ...connectors, ...directory, ...activity, ...jobs, ...imports, ...settings])]);

export const router = createRouter({
  routeTree: tree,
  basepath: '/ui',
  defaultPreload: 'intent',
  defaultPendingComponent: () => <Loading />,
  defaultErrorComponent: Broken,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
