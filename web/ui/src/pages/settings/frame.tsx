import { createRoute, Link, Outlet, redirect, useLocation } from '@tanstack/react-router';

import { Page } from '../../parts/Page';
import { shell } from '../../shell/routes';

// tabs are the pages of the settings, in this order; one is what a page of a single thing below is
// called.
const tabs = [
  { to: '/settings/account', label: 'Your account' },
  { to: '/settings/administrators', label: 'Administrators' },
  { to: '/settings/directories', label: 'Directories', one: 'A directory' },
  { to: '/settings/tenants', label: 'Tenants' },
  { to: '/settings/consumers', label: 'Consumers', one: 'A consumer' },
  { to: '/settings/webhooks', label: 'Webhooks', one: 'A webhook' },
  { to: '/settings/logging', label: 'Logging' },
  { to: '/settings/about', label: 'About' },
] as const;

// settings is around the pages of the settings; they name it as their parent.
export const settings = createRoute({ getParentRoute: () => shell, path: '/settings', component: Settings });

// start is where the settings begin: with what everybody has.
export const start = createRoute({
  getParentRoute: () => settings,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/settings/account', search: {} });
  },
});

function Settings() {
  const { pathname } = useLocation();
  const tab = tabs.find((t) => pathname === t.to || pathname.startsWith(`${t.to}/`));
  const title = tab !== undefined && 'one' in tab && pathname !== tab.to ? tab.one : tab?.label;
  return (
    <Page key={pathname} title={title ?? 'Settings'}>
      <nav aria-label="Pages of the settings" className="tabs">
        {tabs.map((t) => <Link key={t.to} to={t.to} search={{}}>{t.label}</Link>)}
      </nav>
      <Outlet />
    </Page>
  );
}
