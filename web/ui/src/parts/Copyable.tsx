import { Group } from '@mantine/core';

import { Copy } from './Copy';

// Copyable is a value to be carried elsewhere, with the button that copies it.
export function Copyable({ text, what }: { text: string; what: string }) {
  return (
    <Group gap="sm" wrap="wrap" align="center">
      <code data-copy={what} style={{ minWidth: 0 }}>{text}</code>
      <Copy text={text} what={what} />
    </Group>
  );
}
