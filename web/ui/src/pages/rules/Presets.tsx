import { Button, Group, Stack, Text } from '@mantine/core';

import { announce } from '../../parts/announce';
import { newRow, type Row, type Rows } from './entries';

const everything = () => [newRow('matches', '.*')];
const nothing = (): Row[] => [];

const presets: { label: string; hint: string; rows: () => Partial<Rows> }[] = [
  { label: 'The provider decides', hint: 'Every group that is sent is assigned, and nothing more.', rows: () => ({ onlyAssign: nothing(), neverAssign: nothing(), alwaysAssign: nothing(), defaultGroups: nothing(), neverRemove: nothing(), requiredGroups: nothing() }) },
  { label: 'Only matching groups', hint: 'Name them, or say how their names begin.', rows: () => ({ onlyAssign: [newRow('startsWith')], neverAssign: nothing() }) },
  { label: 'People only, no groups', hint: 'No group is assigned, and what people are in stays.', rows: () => ({ onlyAssign: nothing(), neverAssign: everything(), neverRemove: everything() }) },
  { label: 'Some groups stay local', hint: 'Those are neither assigned nor taken away; all others are the provider’s.', rows: () => ({ onlyAssign: nothing(), neverAssign: [newRow('startsWith')], neverRemove: [newRow('startsWith')] }) },
  { label: 'Everybody also gets…', hint: 'A group for everybody whom this connector provisions.', rows: () => ({ alwaysAssign: [newRow('is')] }) },
];

// Presets put common rules into the draft, in the place of those lists that they are about.
export function Presets({ onChoose }: { onChoose: (rows: Partial<Rows>) => void }) {
  return (
    <details>
      <summary>Begin with rules that others use</summary>
      <Stack gap="xs" mt="xs">
        {presets.map((preset) => (
          <Group key={preset.label} gap="sm">
            <Button variant="default" onClick={() => { onChoose(preset.rows()); announce(`The draft now begins with: ${preset.label}.`); }}>{preset.label}</Button>
            <Text size="sm" c="dimmed">{preset.hint}</Text>
          </Group>
        ))}
        <Text size="sm" c="dimmed">Nothing is applied: they only change the draft.</Text>
      </Stack>
    </details>
  );
}
