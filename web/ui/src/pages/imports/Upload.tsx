import { Button, FileInput, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import type { Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { Dialog } from '../../parts/Dialog';
import { Failed } from '../../states/Failed';
import { formatOf, headingsOf, send, type Columns, type Format } from './file';
import { kinds, type Kind } from './words';

interface Props {
  d: string;
  onClose: () => void;
  onMade: (made: Schema<'Import'>) => void;
}

// Upload sends a file to be checked; nothing is done with it yet.
export function Upload({ d, onClose, onMade }: Props) {
  const [file, setFile] = useState<File | null>(null);
  const [format, setFormat] = useState<Format>('csv');
  const [kind, setKind] = useState<Kind | ''>('');
  const [headings, setHeadings] = useState<string[]>([]);
  const [columns, setColumns] = useState<Columns>({});
  const [missing, setMissing] = useState(false);
  const cache = useQueryClient();
  const make = useMutation({
    mutationFn: (chosen: File) => send(d, chosen, format, kind, columns),
    onSuccess: (made) => {
      announce(made.state === 'ready' ? 'The file was checked. Nothing is done yet.' : 'The file came in and is being checked.');
      void cache.invalidateQueries({ queryKey: ['directories', d, 'imports'] });
      onMade(made);
    },
  });

  async function choose(chosen: File | null) {
    setFile(chosen);
    setMissing(false);
    setColumns({});
    setHeadings([]);
    make.reset();
    if (chosen === null) return;
    setFormat(formatOf(chosen.name));
    setHeadings(await headingsOf(chosen).catch(() => [])); // where it cannot be read, sending it says so
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    setMissing(file === null);
    if (file !== null && !make.isPending) make.mutate(file);
  }

  return (
    <Dialog title="Import a file" onClose={onClose}>
      <form onSubmit={submit}>
        <Stack>
          <FileInput data-autofocus label="File" description="CSV, JSON lines or LDIF; up to 8 GiB" placeholder="Choose a file" accept=".csv,.tsv,.txt,.json,.jsonl,.ndjson,.ldif,.ldi" clearable={false}
            value={file} error={missing ? 'Choose a file.' : undefined} onChange={(chosen) => void choose(chosen)} />
          <NativeSelect label="Format" value={format} onChange={(e) => setFormat(e.currentTarget.value as Format)}
            data={[{ value: 'csv', label: 'CSV, with a line of headings' }, { value: 'jsonl', label: 'JSON lines, a SCIM resource each' }, { value: 'ldif', label: 'LDIF' }]} />
          {format === 'csv' && (
            <>
              <NativeSelect label="Its rows are" value={kind} onChange={(e) => setKind(e.currentTarget.value as Kind | '')} data={[{ value: '', label: 'What its columns tell' }, ...kinds]} />
              {headings.length > 0 && <Mapping headings={headings} columns={columns} onChange={setColumns} />}
            </>
          )}
          <Text c="var(--mute)" size="sm">The file is checked row by row first. Nothing is done before you apply it.</Text>
          {make.isError && <Failed error={make.error} what="Importing the file" />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={make.isPending}>Check it</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

interface MappingProps {
  headings: string[];
  columns: Columns;
  onChange: (columns: Columns) => void;
}

// Mapping says of columns which attribute they hold.
function Mapping({ headings, columns, onChange }: MappingProps) {
  return (
    <details>
      <summary>Columns ({headings.length})</summary>
      <Stack gap="xs" mt="xs">
        <Text size="sm">Common headings are known. Name the attribute of any other, such as <code>title</code>, <code>name.middleName</code> or <code>emails.home</code>; <code>-</code> leaves the column out.</Text>
        {headings.map((heading) => (
          <TextInput key={heading} label={heading} placeholder="as its heading says" autoComplete="off" spellCheck={false} value={columns[heading] ?? ''} onChange={(e) => onChange({ ...columns, [heading]: e.currentTarget.value })} />
        ))}
      </Stack>
    </details>
  );
}
