import { createRoute, Link, Outlet, redirect, useLocation } from '@tanstack/react-router';

import { Page } from '../../parts/Page';
import { shell } from '../../shell/routes';

// tabs are the pages of the settings, in this order.
const tabs = [
  { to: '/settings/account', label: 'Your account' },
  { to: '/settings/administrators', label: 'Administrators' },
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
  const tab = tabs.find((t) => pathname === t.to);
  return (
    <Page key={tab?.to} title={tab?.label ?? 'Settings'}>
      <nav aria-label="Pages of the settings" className="tabs">
        {tabs.map((t) => <Link key={t.to} to={t.to} search={{}}>{t.label}</Link>)}
      </nav>
      <Outlet />
    </Page>
  );
}
