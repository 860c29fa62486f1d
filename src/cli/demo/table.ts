/**
 * The demo's live table: one line for each message, redrawn in place on a terminal, printed once when final elsewhere.
 */
import { styleText } from 'node:util';

export interface TableRow {
  readonly key: string;
  readonly client: string;
  readonly via: string;
  readonly subject: string;
  readonly recipients: number;
  readonly outcome: string;
  /** From acceptance to the end, in ms; undefined while it is under way. */
  readonly ms: number | undefined;
}

export interface Table {
  /** Shows a new row, or the new state of one. */
  update(row: TableRow): void;
}

interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const widths = { client: 18, via: 9, subject: 46, recipients: 3 };

/** A table on `out`. */
export function createTable(out: Terminal): Table {
  const lines = new Map<string, { place: number; final: boolean }>();
  const plain = !out.isTTY;
  out.write(`${header()}\n`);
  return {
    update(row) {
      const known = lines.get(row.key);
      const final = row.ms !== undefined;
      if (plain) {
        if (known?.final || !final) return;
        lines.set(row.key, { place: lines.size, final });
        out.write(`${format(row, false)}\n`);
        return;
      }
      if (!known) {
        lines.set(row.key, { place: lines.size, final });
        out.write(`${format(row, true)}\n`);
        return;
      }
      known.final = final;
      const up = lines.size - known.place;
      out.write(`\u001b[${up}A\r\u001b[2K${format(row, true)}\u001b[${up}B\r`);
    },
  };
}

function header(): string {
  return `${'client'.padEnd(widths.client)}${'by'.padEnd(widths.via)}${'subject'.padEnd(widths.subject)}${'to'.padStart(widths.recipients)}  outcome         ms`;
}

function format(row: TableRow, colour: boolean): string {
  const subject =
    row.subject.length > widths.subject - 2 ? `${row.subject.slice(0, widths.subject - 3)}…` : row.subject;
  const outcome = row.outcome.padEnd(10);
  const styled = colour ? styleText(styleOf(row.outcome), outcome) : outcome;
  const ms = row.ms === undefined ? '' : String(Math.round(row.ms));
  return `${row.client.padEnd(widths.client)}${row.via.padEnd(widths.via)}${subject.padEnd(widths.subject)}${String(row.recipients).padStart(widths.recipients)}  ${styled}${ms.padStart(8)}`;
}

function styleOf(outcome: string): 'green' | 'red' | 'yellow' | 'gray' {
  if (outcome === 'sent') return 'green';
  if (outcome === 'failed' || outcome === 'refused') return 'red';
  if (outcome === 'uncertain' || outcome === 'held') return 'yellow';
  return 'gray';
}
