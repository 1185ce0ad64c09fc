import { Group, Stack, Title } from '@mantine/core';
import { createContext, useContext, useEffect, useRef, type ReactNode } from 'react';

import { useMe } from '../auth';

let first = true; // of this visit: the browser has the focus then, and keeps it

const Inside = createContext(false);

// useInPage says whether a Page is around this, so that no second one may be.
export const useInPage = () => useContext(Inside);

interface Props {
  title: string; // of the window; unique among pages
  heading?: ReactNode; // where it is more than the title
  actions?: ReactNode;
  children: ReactNode;
}

// Page is the frame of every page: the window's title, the one h1, which gets the focus when one
// comes from another page, and the page's actions beside it. The title ends with what the deployment
// is called.
export function Page({ title, heading, actions, children }: Props) {
  const called = useMe()?.environment?.label;
  const h1 = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!first) h1.current?.focus();
    first = false;
  }, []);
  return (
    <Stack gap="lg">
      <title>{`${title} · Muster${called === undefined ? '' : ` ${called}`}`}</title>
      <Group justify="space-between" align="flex-start" gap="sm">
        <Title order={1} ref={h1} tabIndex={-1} style={{ overflowWrap: 'anywhere', minWidth: 0 }}>{heading ?? title}</Title>
        {actions !== undefined && <Group gap="sm">{actions}</Group>}
      </Group>
      <Inside value>{children}</Inside>
    </Stack>
  );
}
