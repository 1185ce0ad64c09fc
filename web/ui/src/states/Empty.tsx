import { Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

interface Props {
  title: string; // that there is nothing
  children: ReactNode; // what will be here, and from where
  action?: ReactNode; // the one thing to do next
}

// Empty is a list without anything in it yet, or, with a button that clears them as its action, a
// list of which filters leave nothing.
export function Empty({ title, children, action }: Props) {
  return (
    <Stack className="panel" align="flex-start" gap="sm">
      <Title order={2}>{title}</Title>
      <Text component="div">{children}</Text>
      {action}
    </Stack>
  );
}
