/** What the checks said, run after run. */
import { join } from 'node:path';
import { z } from 'zod';
import { HistoryFile } from '../history-file.ts';

const entrySchema = z.object({
  /** ms since the epoch. */
  at: z.number(),
  connector: z.string(),
  /** Why they ran. */
  because: z.enum(['start', 'daily', 'fault', 'asked']),
  states: z.record(z.string(), z.enum(['pass', 'warn', 'fail', 'unknown'])),
  /** What was the most urgent, in a sentence; absent when nothing was. */
  first: z.string().optional(),
});
export type CheckEntry = z.infer<typeof entrySchema>;

/** What the checks of this data folder have said. */
export function checkHistoryFile(dataDir: string): string {
  return join(dataDir, 'checks.jsonl');
}

export class CheckHistory extends HistoryFile<CheckEntry> {
  constructor(file: string) {
    super(file, entrySchema);
  }
}
