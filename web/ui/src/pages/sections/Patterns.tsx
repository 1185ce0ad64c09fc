import { Button, Group, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';

import { IconPlus } from '../../parts/icons';
import { EntryRow } from '../rules/EntryRow';
import { newRow, rowOf, type Entry, type Row } from '../rules/entries';

interface Props {
  title: string;
  hint: string;
  entries: Entry[];
  problem: (index: number) => string | undefined;
  onChange: (entries: Entry[]) => void;
}

// Patterns edits a short list of names and patterns. Rows without text are shown and not written.
export function Patterns({ title, hint, entries, problem, onChange }: Props) {
  const [rows, setRows] = useState<Row[]>(() => entries.map(rowOf));
  const fields = useRef(new Map<number, HTMLInputElement>());
  const add = useRef<HTMLButtonElement>(null);
  const [wanted, setWanted] = useState<number | 'add' | null>(null); // what gets the focus next
  useEffect(() => {
    if (wanted === null) return;
    if (wanted === 'add') add.current?.focus();
    else fields.current.get(wanted)?.focus();
    setWanted(null);
  }, [wanted]);

  function change(next: Row[]) {
    setRows(next);
    onChange(next.filter((row) => row.text !== '').map((row) => row.raw ?? (row.form === 'any' ? row.text : { [row.form]: row.text })));
  }
  function append() {
    const blank = rows.find((row) => row.text === '') ?? newRow('is');
    if (!rows.includes(blank)) change([...rows, blank]);
    setWanted(blank.id);
  }
  function remove(at: number) {
    const next = rows.filter((_, i) => i !== at);
    change(next);
    setWanted(next[Math.min(at, next.length - 1)]?.id ?? 'add');
  }
  const sent = rows.filter((row) => row.text !== '');
  return (
    <Stack gap="xs" role="group" aria-label={title}>
      <Text fw={600}>{title}</Text>
      <Text size="sm" c="dimmed">{hint}</Text>
      {rows.map((row, i) => {
        const message = problem(sent.indexOf(row));
        return (
          <div key={row.id}>
            <EntryRow row={row} place={i + 1} title={title} names={false} onChange={(changed) => change(rows.map((r) => (r.id === row.id ? changed : r)))}
              field={(input) => { if (input === null) fields.current.delete(row.id); else fields.current.set(row.id, input); }}
              onRemove={() => remove(i)} onEnter={append} />
            {message !== undefined && <Text size="sm" c="var(--bad)">{message}</Text>}
          </div>
        );
      })}
      <Group><Button ref={add} variant="default" size="compact-md" mih={36} leftSection={<IconPlus size={16} />} onClick={append} aria-label={`Add an entry to “${title}”`}>Add</Button></Group>
    </Stack>
  );
}
