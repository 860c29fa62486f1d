/** What the checks said, run after run. */
import { join } from 'node:path';
import { z } from 'zod';
import { HistoryFile } from '../history-file.ts';
import type { LastAsked } from './check.ts';
import { type CheckReport, mostUrgent } from './run-checks.ts';

const entrySchema = z.object({
  /** ms since the epoch. */
  at: z.number(),
  connector: z.string(),
  /** Why they ran. */
  because: z.enum(['start', 'daily', 'fault', 'asked']),
  states: z.record(z.string(), z.enum(['pass', 'warn', 'fail', 'unknown'])),
  /** What Exchange said to an administrator who was signed in. */
  exchange: z
    .array(
      z.object({
        id: z.string(),
        state: z.enum(['pass', 'warn', 'fail', 'unknown']),
        evidence: z.string(),
        remedy: z.string().optional(),
      }),
    )
    .optional(),
  /** What was the most urgent, in a sentence; absent when nothing was. */
  first: z.string().optional(),
});
export type CheckEntry = z.infer<typeof entrySchema>;

/** What the checks of this data folder have said. */
export function checkHistoryFile(dataDir: string): string {
  return join(dataDir, 'checks.jsonl');
}

/** A run of the checks as it is kept. */
export function entryOf(
  run: Pick<CheckEntry, 'at' | 'connector' | 'because'>,
  reports: readonly CheckReport[],
  exchange?: CheckEntry['exchange'],
): CheckEntry {
  const first = mostUrgent(reports);
  const sentence = first && `${first.evidence[0] ?? first.statement} ${first.remedy ?? ''}`.trim();
  const states = Object.fromEntries(reports.map(({ id, state }) => [id, state]));
  return { ...run, states, ...(exchange ? { exchange } : {}), ...(sentence ? { first: sentence } : {}) };
}

/** A file of a megabyte holds fewer. */
const allOfThem = 100_000;

export class CheckHistory extends HistoryFile<CheckEntry> {
  constructor(file: string) {
    super(file, entrySchema);
  }

  /** What Exchange said of a connector when an administrator was signed in last. */
  lastAsked(connector: string): LastAsked | undefined {
    const found = this.list(allOfThem).find((entry) => entry.connector === connector && entry.exchange !== undefined);
    return found?.exchange && { at: found.at, answers: found.exchange };
  }
}
