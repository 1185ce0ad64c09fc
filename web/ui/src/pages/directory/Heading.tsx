import { Title } from '@mantine/core';

// Heading is the heading of a part of a page.
export function Heading({ children }: { children: string }) {
  return <Title order={2} mb="xs">{children}</Title>;
}
