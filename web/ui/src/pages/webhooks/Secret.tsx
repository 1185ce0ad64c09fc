import { Button, Group, Stack, Text } from '@mantine/core';

import type { Schema } from '../../api/client';
import { Copyable } from '../../parts/Copyable';
import { Name } from '../../parts/Name';
import { Note } from '../../parts/State';
import { When } from '../../parts/When';

// Secret shows what a webhook's messages are signed with, once.
export function Secret({ of: w, onStored }: { of: Schema<'MintedWebhook'>; onStored: () => void }) {
  return (
    <Note tone="info" title="Shown this once">
      <Stack gap="xs" mt="xs">
        <div><Text fw={600}>Secret of <Name>{w.description || w.url}</Name></Text><Copyable text={w.secret} what="secret" /></div>
        <Text>The receiver checks signatures with it. If it gets lost, exchange it.{w.bothUntil !== undefined && <> The secret before signs too, and ends <When at={w.bothUntil} />.</>}</Text>
        <Group><Button variant="default" onClick={onStored}>I have stored it</Button></Group>
      </Stack>
    </Note>
  );
}
