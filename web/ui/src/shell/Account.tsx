import { Button, Menu, Text, useMantineColorScheme, type MantineColorScheme, type MenuItemProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import { forwardRef, useState, type ReactNode } from 'react';

import { problemOf } from '../api/problem';
import { signOut, useMe } from '../auth';
import { announce } from '../parts/announce';
import { Dialog } from '../parts/Dialog';
import { Name } from '../parts/Name';
import { roleWords } from '../parts/roles';
import { Failed } from '../states/Failed';
import { useSlash } from './slash';

const schemes = [['auto', 'As the system'], ['light', 'Light'], ['dark', 'Dark']] as const;

const MenuLink = createLink(
  forwardRef<HTMLAnchorElement, Omit<MenuItemProps, 'href'> & { children?: ReactNode }>((props, ref) => <Menu.Item component="a" ref={ref} {...props} />),
);

// Account is the menu of who is signed in: who that is and with which role, their sessions and
// API tokens, the theme, the shortcut of the search, and signing out.
export function Account() {
  const me = useMe();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [failure, setFailure] = useState<unknown>();
  const [slash, setSlash] = useSlash();
  const name = me?.administrator?.name ?? 'Admin token';

  async function leave() {
    try {
      await signOut();
      announce('Signed out.');
    } catch (thrown) {
      setFailure(problemOf(thrown));
    }
  }

  return (
    <>
      <Menu position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false} width={260}>
        <Menu.Target>
          <Button variant="default" aria-label={`Account: ${name}`} maw={{ base: '9rem', sm: '16rem' }}><span style={{ minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis' }}>{name}</span></Button>
        </Menu.Target>
        <Menu.Dropdown>
          {me !== null && (
            <Menu.Label>
              <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}><Name>{me.administrator?.email ?? 'The deployment’s admin token'}</Name></Text>
              <Text size="sm">{roleWords[me.role].label}{me.limited && ', limited to tenants'}</Text>
            </Menu.Label>
          )}
          <MenuLink to="/settings/account" search={{}}>Sessions and API tokens</MenuLink>
          <Menu.Divider />
          <Menu.Label>Theme</Menu.Label>
          <Menu.RadioGroup value={colorScheme} onChange={(scheme) => setColorScheme(scheme as MantineColorScheme)}>
            {schemes.map(([scheme, label]) => <Menu.RadioItem key={scheme} value={scheme}>{label}</Menu.RadioItem>)}
          </Menu.RadioGroup>
          <Menu.Divider />
          <Menu.Label>Keyboard</Menu.Label>
          <Menu.CheckboxItem checked={slash} onChange={setSlash}>“/” leads to the search</Menu.CheckboxItem>
          <Menu.Divider />
          <Menu.Item onClick={() => void leave()}>Sign out</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {failure !== undefined && (
        <Dialog title="You are still signed in" onClose={() => setFailure(undefined)}>
          <Failed error={failure} retry={() => { setFailure(undefined); void leave(); }} what="Signing out" />
        </Dialog>
      )}
    </>
  );
}
