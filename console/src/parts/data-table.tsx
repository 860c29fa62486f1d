/** A table with its headings, in a region that scrolls by itself. */
import {
  makeStyles,
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
  tokens,
} from '@fluentui/react-components';
import type { ReactNode } from 'react';
import { Wide } from './small.tsx';

const useStyles = makeStyles({
  // By what stands in it: in columns of one width, addresses would run into each other. What is too wide scrolls.
  table: { tableLayout: 'auto' },
  heading: { whiteSpace: 'nowrap', paddingRight: tokens.spacingHorizontalL },
  cell: {
    paddingTop: tokens.spacingVerticalXS,
    paddingBottom: tokens.spacingVerticalXS,
    paddingRight: tokens.spacingHorizontalL,
  },
  content: { maxWidth: '48ch', overflowWrap: 'break-word' },
});

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
  const styles = useStyles();
  return (
    <Wide label={label}>
      <Table size="small" aria-label={label} className={styles.table}>
        <TableHeader>
          <TableRow>
            {columns.map((column) => (
              <TableHeaderCell key={column} className={styles.heading}>
                {column}
              </TableHeaderCell>
            ))}
          </TableRow>
        </TableHeader>
        <TableBody>
          {rows.map(({ key, cells }) => (
            <TableRow key={key}>
              {cells.map(({ column, content }) => (
                <TableCell key={column} className={styles.cell}>
                  <div className={styles.content}>{content}</div>
                </TableCell>
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
