import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';

import { announce } from '../../parts/announce';
import { IconPlus } from '../../parts/icons';
import type { Tried } from './reading';
import { begun, blank, type StepRow } from './rows';
import { StepFields } from './StepFields';

interface Props {
  rows: StepRow[];
  tried?: Tried; // what these rows made of whom they are tried on
  problem: (place: string) => string | undefined;
  onChange: (rows: StepRow[]) => void;
}

// Steps edits the steps of a mapping, in their order.
export function Steps({ rows, tried, problem, onChange }: Props) {
  const fields = useRef(new Map<number, HTMLInputElement>());
  const add = useRef<HTMLButtonElement>(null);
  const [wanted, setWanted] = useState<number | 'add' | null>(null); // what gets the focus next
  useEffect(() => {
    if (wanted === null) return;
    if (wanted === 'add') add.current?.focus();
    else fields.current.get(wanted)?.focus();
    setWanted(null);
  }, [wanted]);
  const sent = rows.filter(begun);

  function append() {
    const row = rows.find((r) => !begun(r)) ?? blank();
    if (!rows.includes(row)) onChange([...rows, row]);
    setWanted(row.id);
  }
  function remove(at: number) {
    const next = rows.filter((_, i) => i !== at);
    onChange(next);
    announce(`Removed step ${at + 1}.`);
    setWanted(next[Math.min(at, next.length - 1)]?.id ?? 'add');
  }
  function move(at: number, by: -1 | 1) {
    const next = [...rows];
    const [row] = next.splice(at, 1);
    next.splice(at + by, 0, row!);
    onChange(next);
    announce(`Step ${at + 1} is step ${at + by + 1} now.`);
    setWanted(row!.id);
  }
  return (
    <Stack component="section" gap="sm" aria-labelledby="steps">
      <Title order={2} id="steps">Attributes</Title>
      <Text size="sm" c="dimmed">Each step gives one attribute a value made of what the identity provider sent. Of two for one attribute the later wins. Without any step, everything passes as it was sent.</Text>
      {rows.map((row, i) => {
        const at = sent.indexOf(row);
        const place = `mapping.steps[${at}]`;
        return (
          <StepFields key={row.id} row={row} place={i + 1} first={i === 0} last={i === rows.length - 1} run={at < 0 ? undefined : tried?.steps[at]}
            problem={{ target: problem(`${place}.target`), expression: problem(`${place}.expression`) ?? problem(place) }}
            field={(input) => { if (input === null) fields.current.delete(row.id); else fields.current.set(row.id, input); }}
            onChange={(changed) => onChange(rows.map((r) => (r.id === row.id ? changed : r)))} onMove={(by) => move(i, by)} onRemove={() => remove(i)} />
        );
      })}
      <Group><Button ref={add} variant="default" leftSection={<IconPlus size={16} />} onClick={append}>Add a step</Button></Group>
    </Stack>
  );
}
