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
}

// DataTable is a real table. Where it is wider than the screen it scrolls inside itself, by
// keyboard too, and the page does not.
export function DataTable<Row>({ caption, columns, rows, id }: Props<Row>) {
  const align = (c: Column<Row>) => (c.number ? 'right' : 'left');
  return (
    <div className="scroll" role="region" aria-label={caption} tabIndex={0}>
      <Table verticalSpacing="sm" withRowBorders captionSide="top">
        <caption className="visually-hidden">{caption}</caption>
        <Table.Thead>
          <Table.Tr>{columns.map((c) => <Table.Th key={c.head} scope="col" ta={align(c)}>{c.head}</Table.Th>)}</Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={id(row)}>
              {columns.map((c, i) => i === 0
                ? <Table.Th key={c.head} scope="row" fw={400}>{c.cell(row)}</Table.Th>
                : <Table.Td key={c.head} ta={align(c)}>{c.cell(row)}</Table.Td>)}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
