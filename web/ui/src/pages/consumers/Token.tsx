import { Button, Group, Stack, Text } from '@mantine/core';

import { Copyable } from '../../parts/Copyable';
import { Name } from '../../parts/Name';
import { Note } from '../../parts/State';

// Shown is a token that was made just now.
export interface Shown {
  name: string; // of its consumer
  baseUrl: string;
  token: string;
}

// Token shows where an application reads and with what, once.
export function Token({ shown, onStored }: { shown: Shown; onStored: () => void }) {
  return (
    <Note tone="info" title="Shown this once">
      <Stack gap="xs" mt="xs">
        <div><Text fw={600}>Where <Name>{shown.name}</Name> reads</Text><Copyable text={shown.baseUrl} what="base URL" /></div>
        <div><Text fw={600}>Its token</Text><Copyable text={shown.token} what="token" /></div>
        <Text>Muster keeps no copy. If it gets lost, make another one; both work beside each other.</Text>
        <Group><Button variant="default" onClick={onStored}>I have stored it</Button></Group>
      </Stack>
    </Note>
  );
}
