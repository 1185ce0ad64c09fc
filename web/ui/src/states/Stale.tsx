import { Button, Group } from '@mantine/core';

import { Note } from '../parts/State';
import { When } from '../parts/When';

// Stale says that what is shown is not the newest, since when, and reads it again on request.
export function Stale({ since, refresh, live = false }: { since: number; refresh: () => void; live?: boolean }) {
  return (
    <Note tone="warn">
      <Group gap="sm">
        <span>{live ? 'Live updates are interrupted.' : 'Muster did not answer just now.'} This was read <When at={new Date(since).toISOString()} />.</span>
        <Button variant="default" size="compact-md" mih={36} onClick={refresh}>Refresh</Button>
      </Group>
    </Note>
  );
}
