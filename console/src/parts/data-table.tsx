/** A table with its headings, in a region that scrolls by itself. */
import { Table, TableBody, TableCell, TableHeader, TableHeaderCell, TableRow } from '@fluentui/react-components';
import type { ReactNode } from 'react';
import { Wide } from './small.tsx';

export interface DataRow {
  readonly key: string;
  /** One for each heading, in their order. */
  readonly cells: readonly { readonly column: string; readonly content: ReactNode }[];
}

export function DataTable({
  label,
  columns,
  rows,
}: {
  label: string;
  columns: readonly string[];
  rows: readonly DataRow[];
}) {
  return (
    <Wide label={label}>
      <Table size="small" aria-label={label}>
        <TableHeader>
          <TableRow>
            {columns.map((column) => (
              <TableHeaderCell key={column}>{column}</TableHeaderCell>
            ))}
          </TableRow>
        </TableHeader>
        <TableBody>
          {rows.map(({ key, cells }) => (
            <TableRow key={key}>
              {cells.map(({ column, content }) => (
                <TableCell key={column}>{content}</TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Wide>
  );
}

/** Cells by the names of the columns. */
export function cellsOf<C extends Readonly<Record<string, string>>>(
  columns: C,
  contents: Readonly<Record<keyof C, ReactNode>>,
): DataRow['cells'] {
  return Object.keys(columns).map((column) => ({ column, content: contents[column] }));
}
