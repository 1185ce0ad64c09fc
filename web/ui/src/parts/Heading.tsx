import { Title } from '@mantine/core';
import { useEffect, useRef, type ReactNode } from 'react';

// Heading is the heading of a step that one comes to inside a page: it gets the focus, so that it
// is read out.
export function Heading({ children }: { children: ReactNode }) {
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => ref.current?.focus(), []);
  return <Title order={2} ref={ref} tabIndex={-1} style={{ outline: 'none' }}>{children}</Title>;
}
