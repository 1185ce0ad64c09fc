import { Button, Group, Stack, Text } from '@mantine/core';

import { Copyable } from '../../parts/Copyable';
import { IconDownload } from '../../parts/icons';
import { Note } from '../../parts/State';
import { forget, type Shown } from './secrets';

// ShownOnce shows a secret that was made just now, to be copied or saved.
export function ShownOnce({ slug, shown }: { slug: string; shown: Shown }) {
  const lines = linesOf(shown);
  return (
    <Note tone="info" title="Shown this once">
      <Stack gap="xs" mt="xs">
        {lines.map(([label, value]) => (
          <div key={label}>
            <Text fw={600}>{label}</Text>
            <Copyable text={value} what={label.toLowerCase()} />
          </div>
        ))}
        <Text>Muster keeps no copy. If it gets lost, make another one; both work beside each other.</Text>
        <Group>
          <Button variant="default" leftSection={<IconDownload />} onClick={() => save(`${slug}.txt`, lines.map(([label, value]) => `${label}: ${value}\n`).join(''))}>Save as a file</Button>
          <Button variant="default" onClick={() => forget(slug)}>I have stored it</Button>
        </Group>
      </Stack>
    </Note>
  );
}

function linesOf(shown: Shown): [string, string][] {
  if (shown.basic !== undefined) return [['User name', shown.basic.username], ['Password', shown.basic.password]];
  if (shown.oauth !== undefined) return [['Client id', shown.oauth.clientId], ['Client secret', shown.oauth.clientSecret], ['Token URL', shown.oauth.tokenUrl]];
  return [['Token', shown.token ?? '']];
}

function save(name: string, text: string) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
