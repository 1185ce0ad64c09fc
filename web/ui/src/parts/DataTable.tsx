import { Table } from '@mantine/core';
import type { ReactNode } from 'react';

// Column is one column: its heading, and what it shows of a row.
export interface Column<Row> {
  head: string;
  cell: (row: Row) => ReactNode;
  number?: boolean;
}

interface Props<Row> {
  caption: string; // what the table holds; read out, not shown
  columns: Column<Row>[]; // the first names the row
  rows: Row[];
  id: (row: Row) => string;
  stack?: boolean; // on a narrow screen a row is a line of its name and lines of the rest
}

// DataTable is a real table. Where it is wider than the screen it scrolls inside itself, by
// keyboard too, and the page does not. One that stacks says its roles: what is laid out otherwise
// is no table to every browser.
export function DataTable<Row>({ caption, columns, rows, id, stack = false }: Props<Row>) {
  const align = (c: Column<Row>) => (c.number ? 'right' : 'left');
  const role = (name: string) => (stack ? name : undefined);
  return (
    <div className={stack ? 'scroll stack' : 'scroll'} role="region" aria-label={caption} tabIndex={0}>
      <Table verticalSpacing="sm" withRowBorders captionSide="top" role={role('table')}>
        <caption className="visually-hidden">{caption}</caption>
        <Table.Thead role={role('rowgroup')}>
          <Table.Tr role={role('row')}>{columns.map((c) => <Table.Th key={c.head} scope="col" role={role('columnheader')} ta={align(c)}>{c.head}</Table.Th>)}</Table.Tr>
        </Table.Thead>
        <Table.Tbody role={role('rowgroup')}>
          {rows.map((row) => (
            <Table.Tr key={id(row)} role={role('row')}>
              {columns.map((c, i) => i === 0
                ? <Table.Th key={c.head} scope="row" role={role('rowheader')} fw={400}>{c.cell(row)}</Table.Th>
                : <Table.Td key={c.head} role={role('cell')} ta={align(c)}>{c.cell(row)}</Table.Td>)}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
