import { AppShell, Burger, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';

import { useOut } from '../auth';
import { backFrom } from '../pages/signin/back';
import { Banner } from '../pages/holds/Banner';
import { RailLink } from '../parts/links';
import { Account } from './Account';
import { Environment, environmentHeight, useEnvironment } from './Environment';
import { navigation } from './navigation';
import { Search } from './Search';

// Shell is the frame around every page: the header, the rail with the areas, and the page.
export function Shell() {
  const [open, { toggle, close }] = useDisclosure(false);
  const { pathname, href } = useLocation();
  const out = useOut();
  const called = useEnvironment();
  const navigate = useNavigate();
  useEffect(close, [pathname, close]);
  const here = useRef(href);
  if (out === null) here.current = href;
  useEffect(() => {
    if (out !== null) void navigate({ to: '/sign-in', search: out === 'left' ? {} : { back: backFrom(here.current), problem: out === 'ended' ? out : undefined } });
  }, [out, navigate]);
  return (
    <AppShell header={{ height: 56 + (called === undefined ? 0 : environmentHeight) }} navbar={{ width: 220, breakpoint: 'md', collapsed: { mobile: !open } }} padding={{ base: 'sm', sm: 'lg' }} transitionDuration={0}>
      <a className="skip" href="#main">Skip to the page</a>
      <AppShell.Header>
        {called !== undefined && <Environment called={called} />}
        <Group h={55} px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={open} onClick={toggle} hiddenFrom="md" size="sm" aria-label={open ? 'Close the menu' : 'Open the menu'} aria-expanded={open} aria-controls="rail" />
            <Link to="/" style={{ fontWeight: 700, fontSize: '1.15rem', color: 'var(--ink)', textDecoration: 'none' }}>Muster</Link>
          </Group>
          <Search />
          <Account />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" id="rail" className={open ? 'rail' : 'rail rail-shut'} aria-label="Areas">
        {navigation.map((entry) => (
          <RailLink key={entry.label} to={entry.to} activeOptions={{ exact: entry.to === '/', includeSearch: false }} label={entry.label} leftSection={entry.icon} />
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <div style={{ maxWidth: '80rem' }}>
          <Banner />
          <Outlet />
        </div>
      </AppShell.Main>
    </AppShell>
  );
}
