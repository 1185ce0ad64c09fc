import { createRouter } from '@tanstack/react-router';

import { connectors } from './pages/connectors/routes';
import { directory } from './pages/directory/routes';
import { settings } from './pages/settings/routes';
import { home, root, setUp, shell, signIn } from './shell/routes';
import { Failed } from './states/Failed';
import { Loading } from './states/Loading';

// Every area keeps its routes in a file of its own, and is named here once.
const tree = root.addChildren([signIn, setUp, shell.addChildren([home, ...connectors, ...directory, ...settings])]);

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
