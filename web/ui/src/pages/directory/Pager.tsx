import { Button, Group } from '@mantine/core';

// Pager leads on through a list whose place stands in the address, so that the browser leads back.
export function Pager({ cursor, next, go }: { cursor?: string; next?: string | null; go: (cursor?: string) => void }) {
  if (cursor === undefined && (next ?? undefined) === undefined) return null;
  return (
    <Group component="nav" aria-label="Pages of the list" gap="sm">
      {cursor !== undefined && <Button variant="default" onClick={() => go(undefined)}>From the start</Button>}
      {next !== undefined && next !== null && <Button variant="default" onClick={() => go(next)}>Next</Button>}
    </Group>
  );
}
