import { createRootRoute, createRoute, redirect } from '@tanstack/react-router';

import { whoAmI } from '../auth';
import { overviewSearch } from '../pages/overview/search';
import { backFrom, backTo, pathOf } from '../pages/signin/back';
import { Away } from './Away';
import { Lost } from './Lost';
import { Shell } from './Shell';
import { lazyPage } from './lazyPage';

// root is above everything, signed in or not.
export const root = createRootRoute({ notFoundComponent: Lost });

// signIn is the page for those who are not signed in. It says what kept them out, and leads on to
// where they wanted to go: a path of ours, whatever the address says.
export const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search): { back?: string; problem?: string } => {
    const problem = search['problem'];
    return { back: backTo(search['back']), problem: typeof problem === 'string' ? problem : undefined };
  },
  beforeLoad: async ({ search }) => {
    if ((await whoAmI()) !== null) throw redirect({ href: pathOf(search.back) });
  },
  errorComponent: Away,
  component: lazyPage(() => import('../pages/signin/SignIn'), 'SignIn'),
});

// setUp is where the links lead that make the first owner, or let one choose a password.
export const setUp = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyPage(() => import('../pages/signin/SetUp'), 'SetUp'),
});

// connectWith is where set-up links of connectors lead: an IdP's administrator connects it there
// without signing in.
export const connectWith = createRoute({
  getParentRoute: () => root,
  path: '/connect-with',
  component: lazyPage(() => import('../pages/connectwith/ConnectWith'), 'ConnectWith'),
});

// shell is around every page of those who are signed in; pages name it as their parent.
export const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: async ({ location }) => {
    if ((await whoAmI()) === null) throw redirect({ to: '/sign-in', search: { back: backFrom(location.href) } });
  },
  errorComponent: Away,
  component: Shell,
});

// home is where one starts.
export const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  validateSearch: overviewSearch,
  component: lazyPage(() => import('../pages/overview/Overview'), 'Overview'),
});
