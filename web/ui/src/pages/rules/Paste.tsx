import { Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { useState } from 'react';

import { Dialog } from '../../parts/Dialog';

interface Props {
  title: string;
  taken: string[]; // what the list has already
  onClose: () => void;
  onDone: (texts: string[]) => void;
}

// Paste takes many names, one in each line.
export function Paste({ title, taken, onClose, onDone }: Props) {
  const [text, setText] = useState('');
  const lines = [...new Set(text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== ''))];
  const fresh = lines.filter((line) => !taken.includes(line));
  const there = lines.length - fresh.length;
  return (
    <Dialog title={`Paste into “${title}”`} onClose={onClose}>
      <Stack>
        <Textarea data-autofocus label="Names, one in each line" description="Each becomes an entry that is this name." autosize minRows={6} maxRows={14} value={text} onChange={(e) => setText(e.currentTarget.value)} />
        <Text role="status" c="dimmed">{fresh.length} to add{there > 0 && `, ${there} there already`}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button disabled={fresh.length === 0} onClick={() => onDone(fresh)}>Add {fresh.length}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
