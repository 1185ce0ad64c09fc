import { Group, Stack, Text, TextInput, Title } from '@mantine/core';

import type { Schema } from '../../api/client';
import { Verdict } from './Verdicts';

interface Props {
  name: string;
  verdict?: Schema<'JudgedGroup'>;
  onName: (name: string) => void;
}

// Try says what the draft would make of a name that nobody has sent.
export function Try({ name, verdict, onName }: Props) {
  return (
    <Stack component="section" gap="xs" className="panel" aria-labelledby="try">
      <Title order={2} id="try">Try a name</Title>
      <TextInput label="Name of a group" maxLength={256} spellCheck={false} autoComplete="off" value={name} onChange={(e) => onName(e.currentTarget.value)} />
      <div role="status">
        {name !== '' && verdict !== undefined && <Group gap="sm"><Verdict group={verdict} /><Text component="span">{verdict.because.sentence}</Text></Group>}
      </div>
    </Stack>
  );
}
