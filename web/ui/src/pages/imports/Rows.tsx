import { Button, Group, NativeSelect, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';

import type { Schema } from '../../api/client';
import { announce } from '../../parts/announce';
import { DataTable, type Column } from '../../parts/DataTable';
import { IconDownload } from '../../parts/icons';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { Failed } from '../../states/Failed';
import { Pager } from '../directory/Pager';
import { rowsAsCSV, rowsOf } from './reading';
import type { RowFilter } from './routes';
import { kinds, results, ResultState } from './words';

type Row = Schema<'ImportRow'>;

// Rows are the rows of an import with what comes of each, narrowed by what the address says.
export function Rows({ d, read }: { d: string; read: Schema<'Import'> }) {
  const filter = useSearch({ from: '/shell/imports/$id' });
  const navigate = useNavigate();
  const query = useQuery({ ...rowsOf(d, read.id, read.state, filter), enabled: read.rowsKept !== 'none' });
  const set = (change: RowFilter) => void navigate({ to: '/imports/$id', params: { id: read.id }, search: { ...filter, cursor: undefined, ...change }, replace: !('cursor' in change) });
  const csv = useMutation({
    mutationFn: () => rowsAsCSV(d, read.id, filter),
    onSuccess: (blob) => { save(blob, `import-${read.id}.csv`); announce('The file was written.'); },
  });
  const narrowed = filter.result !== undefined || filter.kind !== undefined;
  const columns: Column<Row>[] = [
    { head: 'Line', cell: (r) => r.line.toLocaleString('en') },
    { head: 'Result', cell: (r) => <ResultState result={r.result} /> },
    { head: 'Of', cell: (r) => <div className="wide-cell"><Who row={r} to={filter.in} /></div> },
    { head: 'Because', cell: (r) => <div className="wide-cell"><Because row={r} /></div> },
  ];
  return (
    <Stack component="section" gap="sm" aria-labelledby="rows">
      <Title order={2} id="rows">Row by row</Title>
      {read.rowsKept === 'none' ? <Text>The rows are kept for a while only, and are gone. The numbers stay.</Text> : (
        <>
          {read.rowsKept === 'problems' && <Text>Only rows with a problem are still kept.</Text>}
          <Group gap="sm" align="flex-end">
            <NativeSelect label="Result" value={filter.result ?? ''} data={[{ value: '', label: 'Everything' }, ...results.map(({ value, label }) => ({ value, label }))]} onChange={(e) => set({ result: (e.currentTarget.value || undefined) as RowFilter['result'] })} />
            <NativeSelect label="Rows of" value={filter.kind ?? ''} data={[{ value: '', label: 'Every kind' }, ...kinds]} onChange={(e) => set({ kind: (e.currentTarget.value || undefined) as RowFilter['kind'] })} />
            <Button variant="default" leftSection={<IconDownload />} loading={csv.isPending} onClick={() => csv.mutate()}>Download as CSV</Button>
          </Group>
          {csv.isError && <Failed error={csv.error} what="Writing the file" />}
          <Answer query={query} what="the rows" lines={8}>
            {({ items, next }) => (
              <>
                {items.length === 0
                  ? <Empty title={narrowed ? 'None is like this' : 'No row'} action={narrowed ? <Button variant="default" onClick={() => set({ result: undefined, kind: undefined })}>Clear the filters</Button> : undefined}>{narrowed ? 'No row of this import fits the filters.' : 'The import has no row so far.'}</Empty>
                  : <DataTable caption="Rows of the import" columns={columns} rows={items} id={(r) => [r.line, r.kind, r.name, r.group].join('|')} />}
                <Pager cursor={filter.cursor} next={next} go={(cursor) => set({ cursor })} />
              </>
            )}
          </Answer>
        </>
      )}
    </Stack>
  );
}

// Who is whom or what a row is about.
function Who({ row, to }: { row: Row; to?: string }) {
  const name = row.kind === 'group' ? row.group ?? row.name ?? '' : row.name ?? '';
  return (
    <>
      {row.user !== undefined ? <TextLink to="/users/$id" params={{ id: row.user }} search={{ in: to }}><Name>{name}</Name></TextLink> : <Name>{name}</Name>}
      {row.kind === 'membership' && <> in <Name>{row.group ?? ''}</Name></>}
      {row.kind === 'group' && ', a group'}
    </>
  );
}

function Because({ row }: { row: Row }) {
  if (row.detail === undefined) return row.matchedBy === undefined ? null : <>Found by {row.matchedBy}</>;
  return <>{row.column !== undefined && <><code>{row.column}</code>: </>}{row.value !== undefined && row.value !== '' && <><Name>{row.value}</Name> </>}<span style={{ overflowWrap: 'anywhere' }}>{row.detail}</span></>;
}

function save(blob: Blob, name: string) {
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
