import type { LinkProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import { IconActivity, IconAudit, IconChanges, IconDownload, IconGroups, IconHome, IconPlug, IconSettings, IconUsers, IconWarn } from '../parts/icons';

interface Entry {
  to: LinkProps['to'];
  label: string;
  icon: ReactNode;
}

// navigation is what the rail at the left lists, in this order.
export const navigation: Entry[] = [
  { to: '/', label: 'Overview', icon: <IconHome /> },
  { to: '/connectors', label: 'Connectors', icon: <IconPlug /> },
  { to: '/users', label: 'Users', icon: <IconUsers /> },
  { to: '/groups', label: 'Groups', icon: <IconGroups /> },
  { to: '/conflicts', label: 'Conflicts', icon: <IconWarn /> },
  { to: '/jobs', label: 'Jobs', icon: <IconChanges /> },
  { to: '/imports', label: 'Imports', icon: <IconDownload /> },
  { to: '/activity', label: 'Activity', icon: <IconActivity /> },
  { to: '/audit', label: 'Audit', icon: <IconAudit /> },
  { to: '/settings/account', label: 'Settings', icon: <IconSettings /> },
];
