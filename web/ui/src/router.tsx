import { createRouter } from '@tanstack/react-router';

import { activity } from './pages/activity/routes';
import { connectors } from './pages/connectors/routes';
import { directory } from './pages/directory/routes';
import { imports } from './pages/imports/routes';
import { jobs } from './pages/jobs/routes';
import { settings } from './pages/settings/routes';
import { connectWith, home, root, setUp, shell, signIn } from './shell/routes';
import { Failed } from './states/Failed';
import { Loading } from './states/Loading';

// Every area keeps its routes in a file of its own, and is named here once.
const tree = root.addChildren([signIn, setUp, connectWith, shell.addChildren([home, ...connectors, ...directory, ...activity, ...jobs, ...imports, ...settings])]);

export const router = createRouter({
  routeTree: tree,
  basepath: '/ui',
  defaultPreload: 'intent',
  defaultPendingComponent: () => <Loading />,
  defaultErrorComponent: ({ error, reset }) => <Failed error={error} retry={reset} what="This page" />,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
