import { Button, Group, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';

import { announce } from '../../parts/announce';
import { DataTable } from '../../parts/DataTable';
import { IconPlus } from '../../parts/icons';
import { Name } from '../../parts/Name';
import { forms, newRow, rowOf, type Form, type Row, type Rules } from '../rules/entries';
import { judgementOf } from '../rules/reading';
import type { Rename } from './reading';

// RenameRow is a rename while it is edited.
export interface RenameRow {
  from: Row;
  to: string;
}

// renameRow reads a rename.
export function renameRow({ from = '', to = '' }: Rename): RenameRow {
  return { from: rowOf(from), to };
}

// renameOf writes one.
export function renameOf({ from, to }: RenameRow): Rename {
  return { from: from.raw ?? (from.form === 'any' ? from.text : { [from.form]: from.text }), to };
}

interface Props {
  rows: RenameRow[];
  problem: (place: string) => string | undefined;
  onChange: (rows: RenameRow[]) => void;
}

// Renames edits the renames of groups.
export function Renames({ rows, problem, onChange }: Props) {
  const fields = useRef(new Map<number, HTMLInputElement>());
  const add = useRef<HTMLButtonElement>(null);
  const [wanted, setWanted] = useState<number | 'add' | null>(null);
  useEffect(() => {
    if (wanted === null) return;
    if (wanted === 'add') add.current?.focus();
    else fields.current.get(wanted)?.focus();
    setWanted(null);
  }, [wanted]);
  const sent = rows.filter((row) => row.from.text !== '');
  const set = (row: RenameRow, change: Partial<RenameRow>) => onChange(rows.map((r) => (r.from.id === row.from.id ? { ...r, ...change } : r)));

  function append() {
    const row = rows.find((r) => r.from.text === '') ?? { from: newRow('startsWith'), to: '' };
    if (!rows.includes(row)) onChange([...rows, row]);
    setWanted(row.from.id);
  }
  function remove(at: number) {
    const next = rows.filter((_, i) => i !== at);
    onChange(next);
    announce(`Removed rename ${at + 1}.`);
    setWanted(next[Math.min(at, next.length - 1)]?.from.id ?? 'add');
  }
  return (
    <Stack component="section" gap="sm" aria-labelledby="renames">
      <Title order={2} id="renames">Names of groups</Title>
      <Text size="sm" c="dimmed">Groups are renamed before the rules see them, so rules are written for the new names. A pattern is for the whole name; in the new name <code>$1</code> is what its first group matched.</Text>
      {rows.map((row, i) => {
        const at = sent.indexOf(row);
        const wrong = at < 0 ? undefined : problem(`mapping.renames[${at}]`) ?? problem(`mapping.renames[${at}].from`);
        return (
          <Stack key={row.from.id} gap="xs" className="panel" role="group" aria-label={`Rename ${i + 1}`}>
            <div className="pair">
              <NativeSelect label="Groups whose name" aria-label={`Groups whose name, rename ${i + 1}`} value={row.from.form} onChange={(e) => set(row, { from: { ...row.from, form: e.currentTarget.value as Form } })}
                data={forms.map(({ form, label }) => ({ value: form, label }))} />
              <TextInput label="Text" aria-label={`Text, rename ${i + 1}`} ref={(input) => { if (input === null) fields.current.delete(row.from.id); else fields.current.set(row.from.id, input); }}
                value={row.from.text} maxLength={1024} spellCheck={false} autoCapitalize="off" autoComplete="off" classNames={{ input: 'mono' }} error={wrong}
                onChange={(e) => set(row, { from: { ...row.from, text: e.currentTarget.value } })} />
            </div>
            <TextInput label="Are called" aria-label={`Are called, rename ${i + 1}`} value={row.to} maxLength={256} spellCheck={false} autoCapitalize="off" autoComplete="off" classNames={{ input: 'mono' }}
              error={at < 0 ? undefined : problem(`mapping.renames[${at}].to`)} onChange={(e) => set(row, { to: e.currentTarget.value })} />
            <Group><Button variant="default" size="compact-md" mih={36} onClick={() => remove(i)} aria-label={`Remove rename ${i + 1}`}>Remove</Button></Group>
          </Stack>
        );
      })}
      <Group><Button ref={add} variant="default" leftSection={<IconPlus size={16} />} onClick={append}>Add a rename</Button></Group>
    </Stack>
  );
}

const asked = { find: '', limit: 1000, name: '' };

// Renamed are the groups that the draft calls otherwise than their IdP, and how many it leaves.
export function Renamed({ slug, rules }: { slug: string; rules: Rules }) {
  const { data } = useQuery(judgementOf(slug, rules, asked));
  if (data === undefined) return null;
  const groups = data.groups.filter((g) => g.sent !== '' && g.sent !== g.name);
  return (
    <>
      <Text role="status">{data.counts.sent === 0 ? 'No group has been sent yet.' : `Renamed groups: ${data.counts.renamed} of ${data.counts.sent}.`}</Text>
      {groups.length > 0 && (
        <DataTable caption="Groups that are renamed" rows={groups.slice(0, 100)} id={(g) => g.sent} columns={[
          { head: 'As it is sent', cell: (g) => <Name>{g.sent}</Name> },
          { head: 'As it is called', cell: (g) => <Name>{g.name}</Name> },
          { head: 'Members', number: true, cell: (g) => g.members },
        ]} />
      )}
      {groups.length > 100 && <Text c="dimmed">These are the first 100.</Text>}
    </>
  );
}
