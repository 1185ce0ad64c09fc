import { Text } from '@mantine/core';
import type { ReactNode } from 'react';

import { useMe, type Me, type Role } from '../auth';

// roles are what administrators may be, least first: each may do what those before it may.
export const roles: readonly Role[] = ['viewer', 'operator', 'ruleEditor', 'owner'];

// roleWords are how roles are called, and what they may do.
export const roleWords: Record<Role, { label: string; may: string }> = {
  viewer: { label: 'Viewer', may: 'reads everything, asks why, previews, exports' },
  operator: { label: 'Operator', may: 'helps single people: edits, blocks, restores, decides conflicts' },
  ruleEditor: { label: 'Rule editor', may: 'connectors, credentials, rules, plans, holds, imports' },
  owner: { label: 'Owner', may: 'everything: administrators, tenants, applications, webhooks, the server' },
};

// barred says why somebody may not do what takes a role, and is undefined if they may. What is the
// deployment's is closed to everybody who is limited to tenants. This is a courtesy: the server
// decides, by the same rules.
export function barred(me: Me | null, least: Role, deployment = false): string | undefined {
  if (me === null) return 'Sign in first.';
  if (roles.indexOf(me.role) < roles.indexOf(least)) {
    return `This takes the role ${roleWords[least].label.toLowerCase()}, and yours is ${roleWords[me.role].label.toLowerCase()}. An owner can give it.`;
  }
  return deployment && me.limited ? 'This is for administrators of the whole deployment, and you are limited to tenants.' : undefined;
}

// useBarred is barred for who is signed in.
export function useBarred(least: Role, deployment = false): string | undefined {
  return barred(useMe(), least, deployment);
}

interface Props {
  role: Role;
  deployment?: boolean;
  children: ReactNode;
}

// Allowed shows controls to those who may use them, and to others the reason in their place.
export function Allowed({ role, deployment = false, children }: Props) {
  const reason = useBarred(role, deployment);
  return reason === undefined ? <>{children}</> : <Text c="var(--mute)">{reason}</Text>;
}
