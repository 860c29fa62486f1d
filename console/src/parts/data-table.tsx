/** A table with its headings, in a region that scrolls by itself. */
import {
  makeStyles,
  mergeClasses,
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

// By the room that the table has, not by the window: beside the navigation a tablet has little of it.
const narrow = '@container (max-width: 640px)';
const middling = '@container (max-width: 960px)';

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
  broad: { minWidth: '30ch', maxWidth: '90ch', [narrow]: { minWidth: 0 } },
  minor: { [middling]: { display: 'none' } },
  // On a phone each row is a card, with the headings beside the values.
  headNarrow: { [narrow]: { display: 'none' } },
  rowNarrow: {
    [narrow]: {
      display: 'grid',
      padding: `${tokens.spacingVerticalS} 0`,
      borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    },
  },
  cellNarrow: {
    [narrow]: {
      display: 'grid',
      gridTemplateColumns: '13ch minmax(0, 1fr)',
      columnGap: tokens.spacingHorizontalM,
      height: 'auto',
      paddingTop: tokens.spacingVerticalXXS,
      paddingBottom: tokens.spacingVerticalXXS,
      '::before': { content: 'attr(data-label)', color: tokens.colorNeutralForeground2 },
    },
  },
  emptyNarrow: { [narrow]: { display: 'none' } },
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
  broad,
  minor = [],
}: {
  label: string;
  columns: readonly string[];
  rows: readonly DataRow[];
  /** Key of a column that gets room before others do. */
  broad?: string;
  /** Headings of columns that can be done without where there is little room. */
  minor?: readonly string[];
}) {
  const styles = useStyles();
  return (
    <Wide label={label}>
      {/* The roles are said: shown as a grid, a row would be none to a screen reader. */}
      <Table size="small" role="table" aria-label={label} className={styles.table}>
        <TableHeader role="rowgroup" className={styles.headNarrow}>
          <TableRow role="row">
            {columns.map((column) => (
              <TableHeaderCell
                key={column}
                role="columnheader"
                className={mergeClasses(styles.heading, minor.includes(column) && styles.minor)}
              >
                {column}
              </TableHeaderCell>
            ))}
          </TableRow>
        </TableHeader>
        <TableBody role="rowgroup">
          {rows.map(({ key, cells }) => (
            <TableRow key={key} role="row" className={styles.rowNarrow}>
              {cells.map(({ column, content }, index) => (
                <TableCell
                  key={column}
                  role="cell"
                  data-label={columns[index]}
                  className={mergeClasses(
                    styles.cell,
                    styles.cellNarrow,
                    minor.includes(columns[index] ?? '') && styles.minor,
                    content === null && styles.emptyNarrow,
                  )}
                >
                  <div className={mergeClasses(styles.content, column === broad && styles.broad)}>{content}</div>
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
