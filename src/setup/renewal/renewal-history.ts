/** Each step of each renewal, without secrets: `renewals.jsonl` of the data folder. */
import { join } from 'node:path';
import { z } from 'zod';
import { HistoryFile } from '../history-file.ts';

const entrySchema = z.object({
  /** ms since the epoch. */
  at: z.number(),
  connector: z.string(),
  step: z.enum([
    'made',
    'proven',
    'switched',
    'removed',
    'kept-old',
    'taken-back',
    'failed',
    'not-allowed',
    'warned',
    'replaced-by-hand',
  ]),
  /** End of the credential that the step is about, ms since the epoch. */
  endsAt: z.number().optional(),
  /** In a sentence. */
  why: z.string().optional(),
  by: z.enum(['itself', 'administrator']),
});
export type RenewalEntry = z.infer<typeof entrySchema>;

export class RenewalHistory extends HistoryFile<RenewalEntry> {
  constructor(dataDir: string) {
    super(join(dataDir, 'renewals.jsonl'), entrySchema);
  }
}
