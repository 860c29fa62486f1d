/** Actions on many messages as they stand in the console's file, so that a restart loses neither them nor how far they came. */
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { MessageId } from '../domain/message.ts';
import { type MessageFilter, messageQuerySchema } from './message-query.ts';
import type { OperatorAction } from './operator.ts';

export interface BulkOrder {
  readonly action: OperatorAction;
  /** With the states that the action changes, and the time up to which messages count. */
  readonly filter: MessageFilter;
  /** As many match. */
  readonly total: number;
  readonly by: string;
  /** Address that it was ordered from. */
  readonly address: string;
}

export interface BulkView extends Omit<BulkOrder, 'filter' | 'address'> {
  readonly id: string;
  readonly state: 'running' | 'done' | 'stopped' | 'interrupted' | 'failed';
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly changed: number;
  readonly unchanged: number;
  /** A restart of the server came between. */
  readonly resumed: boolean;
}

export interface BulkEntry {
  readonly view: BulkView;
  readonly order: BulkOrder;
  /** The last message that was worked on; older ones are still to come. */
  readonly after: MessageId | undefined;
  /** Messages that are being changed as this is written: whether they were, their trails say. Not among the figures yet. */
  readonly step?: readonly MessageId[];
  /** When it last went on, ms since the epoch; before the step. */
  readonly seenAt: number;
}

const rowSchema = z.object({
  id: z.string(),
  action: z.enum(['hold', 'release', 'retry', 'cancel']),
  filter: z.string(),
  total: z.number(),
  who: z.string(),
  address: z.string(),
  state: z.enum(['running', 'done', 'stopped', 'interrupted', 'failed']),
  started_at: z.number(),
  seen_at: z.number(),
  ended_at: z.number().nullable(),
  changed: z.number(),
  unchanged: z.number(),
  after: z.string().nullable(),
  resumed: z.number(),
  step: z
    .string()
    .transform((text) => z.array(z.string()).parse(JSON.parse(text)))
    .nullable(),
});

export class BulkBook {
  readonly #file: DatabaseSync;

  constructor(file: DatabaseSync) {
    this.#file = file;
  }

  /** Writes an entry as it stands now; synced before this returns. */
  put({ view, order, after, step, seenAt }: BulkEntry): void {
    const { id, action, total, by, state, startedAt, endedAt, changed, unchanged, resumed } = view;
    this.#file
      .prepare('INSERT OR REPLACE INTO bulk_actions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        id,
        action,
        JSON.stringify(order.filter),
        total,
        by,
        order.address,
        state,
        startedAt,
        seenAt,
        endedAt ?? null,
        changed,
        unchanged,
        after ?? null,
        resumed ? 1 : 0,
        step ? JSON.stringify(step) : null,
      );
  }

  /** The oldest first. @param unreadable told of a row that is damaged; it is left where it is, and nothing is done by it */
  all(unreadable: (error: unknown) => void = () => undefined): readonly BulkEntry[] {
    const rows = this.#file.prepare('SELECT * FROM bulk_actions ORDER BY started_at, rowid').all();
    return rows.flatMap((row) => {
      try {
        return [entryOf(rowSchema.parse(row))];
      } catch (error) {
        unreadable(error);
        return [];
      }
    });
  }

  remove(id: string): void {
    this.#file.prepare('DELETE FROM bulk_actions WHERE id = ?').run(id);
  }
}

function entryOf(row: z.output<typeof rowSchema>): BulkEntry {
  const { id, action, total, who: by, address, state, changed, unchanged } = row;
  const filter = messageQuerySchema.parse(JSON.parse(row.filter));
  return {
    view: {
      id,
      action,
      total,
      by,
      state,
      startedAt: row.started_at,
      ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
      changed,
      unchanged,
      resumed: row.resumed === 1,
    },
    order: { action, filter, total, by, address },
    after: row.after ?? undefined,
    ...(row.step === null ? {} : { step: row.step }),
    seenAt: row.seen_at,
  };
}
