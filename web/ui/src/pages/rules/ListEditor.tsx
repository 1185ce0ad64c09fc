import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';

import type { Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { IconPlus } from '../../parts/icons';
import { newRow, written, type lists, type Row } from './entries';
import { EntryRow } from './EntryRow';
import { Paste } from './Paste';

interface Props {
  of: (typeof lists)[number];
  rows: Row[];
  judged?: Schema<'Judgement'>;
  settled: boolean; // judged is about these rows
  onChange: (rows: Row[]) => void;
}

// ListEditor edits one list. The order of its entries means nothing, so nothing moves them.
export function ListEditor({ of, rows, judged, settled, onChange }: Props) {
  const fields = useRef(new Map<number, HTMLInputElement>());
  const add = useRef<HTMLButtonElement>(null);
  const [wanted, setWanted] = useState<number | 'add' | null>(null); // what gets the focus next
  const [pasting, setPasting] = useState(false);
  const sent = written(rows);
  useEffect(() => {
    if (wanted === null) return;
    if (wanted === 'add') add.current?.focus();
    else fields.current.get(wanted)?.focus();
    setWanted(null);
  }, [wanted]);

  function append() {
    const blank = rows.find((row) => row.text === '');
    const row = blank ?? newRow('is');
    if (blank === undefined) onChange([...rows, row]);
    setWanted(row.id);
  }
  function remove(at: number) {
    const next = rows.filter((_, i) => i !== at);
    onChange(next);
    announce(`Removed entry ${at + 1} of “${of.title}”.`);
    setWanted(next[Math.min(at, next.length - 1)]?.id ?? 'add');
  }
  function pasted(texts: string[]) {
    onChange([...written(rows), ...texts.map((text) => newRow('is', text))]);
    announce(`Added ${texts.length} entries to “${of.title}”.`);
    setPasting(false);
  }
  const whole = judged?.problems.find((p) => p.list === of.list && p.index < 0);
  return (
    <Stack component="section" gap="xs" aria-labelledby={`list-${of.list}`}>
      <Title order={3} id={`list-${of.list}`}>{of.title}</Title>
      <Text size="sm" c="dimmed">{of.hint}</Text>
      {whole !== undefined && <Text c="var(--bad)">The list {whole.message}.</Text>}
      {rows.map((row, i) => {
        const at = settled ? sent.indexOf(row) : -1; // an answer about other rows says nothing of these
        return (
          <EntryRow key={row.id} row={row} place={i + 1} title={of.title} names={of.names}
            effect={at < 0 ? undefined : judged?.entries[of.list]?.[at]}
            problem={at < 0 ? undefined : judged?.problems.find((p) => p.list === of.list && p.index === at)}
            field={(input) => { if (input === null) fields.current.delete(row.id); else fields.current.set(row.id, input); }}
            onChange={(changed) => onChange(rows.map((r) => (r.id === row.id ? changed : r)))} onRemove={() => remove(i)} onEnter={append} />
        );
      })}
      <Group gap="xs">
        <Button ref={add} variant="default" size="compact-md" mih={36} leftSection={<IconPlus size={16} />} onClick={append} aria-label={`Add an entry to “${of.title}”`}>Add</Button>
        <Button variant="subtle" size="compact-md" mih={36} onClick={() => setPasting(true)} aria-label={`Paste many names into “${of.title}”`}>Paste many</Button>
      </Group>
      {pasting && <Paste title={of.title} taken={sent.map((row) => row.text)} onClose={() => setPasting(false)} onDone={pasted} />}
    </Stack>
  );
}
