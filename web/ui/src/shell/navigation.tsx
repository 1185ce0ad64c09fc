import type { LinkProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import { IconGroups, IconPlug, IconSettings, IconUsers, IconWarn } from '../parts/icons';

interface Entry {
  to: LinkProps['to'];
  label: string;
  icon: ReactNode;
}

// navigation is what the rail at the left lists, in this order.
export const navigation: Entry[] = [
  { to: '/connectors', label: 'Connectors', icon: <IconPlug /> },
  { to: '/users', label: 'Users', icon: <IconUsers /> },
  { to: '/groups', label: 'Groups', icon: <IconGroups /> },
  { to: '/conflicts', label: 'Conflicts', icon: <IconWarn /> },
  { to: '/settings/account', label: 'Settings', icon: <IconSettings /> },
];
