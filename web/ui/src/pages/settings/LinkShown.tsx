import { Button, Group, Stack, Text } from '@mantine/core';

import { Copyable } from '../../parts/Copyable';
import { Name } from '../../parts/Name';
import { Note } from '../../parts/State';
import { When } from '../../parts/When';

// Issued is a link that was made just now, and for whom.
export interface Issued {
  id: string;
  email: string;
  url: string;
  expiresAt: string;
}

// LinkShown shows a link this once, to be passed on.
export function LinkShown({ issued, onStored }: { issued: Issued; onStored: () => void }) {
  return (
    <Note tone="info" title="Pass this link on; it is shown this once">
      <Stack gap="xs" mt="xs">
        <Text>With it <Name>{issued.email}</Name> chooses a password. Who has it can use it, once, so send it by a way that you trust. It ends <When at={issued.expiresAt} />. Who signs in with the organisation’s sign-in does not need it.</Text>
        <Copyable text={issued.url} what="link" />
        <Group><Button variant="default" onClick={onStored}>I have passed it on</Button></Group>
      </Stack>
    </Note>
  );
}
