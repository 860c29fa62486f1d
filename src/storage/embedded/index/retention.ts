/**
 * Which segments can go, in prose.
 *
 * Segments go oldest first and never out of turn. A segment holds outcomes of messages that were accepted in older ones:
 * were it removed while such an older one stays, an index that is lost later would be made anew without these outcomes,
 * and the messages would be sent again.
 *
 * The oldest segment can go when no message needs its bytes: each is final and past its retention. Its rows then forget
 * where their bytes were (history stays), and the index is checkpointed, so that it is durably past the segment. Only then
 * is the segment named as removable.
 *
 * When a small part of the oldest segment is still needed, these messages are carried forward: written to the head with
 * their whole trail. They are claimed until that record is applied, so that nothing happens to them in between. A message
 * that somebody has leased or is sending keeps the segment until the next look.
 */
import type { CarryItem, SweepRequest, SweepResult } from './calls.ts';
import { type IndexDatabase, integer, text } from './database.ts';
import type { QueueView } from './queue-view.ts';
import type { SearchView } from './search-view.ts';

/** At most so many messages are carried at one look: each is read and written whole. */
const carriedAtOnce = 500;

/** Final and past retention; the parameters are `now - keepSentBodiesMs` and `now - keepFailedBodiesMs`. */
const released = '((state IN (4, 6) AND changed_at <= ?) OR (state = 5 AND changed_at <= ?))';

export class Retention {
  readonly #database: IndexDatabase;
  readonly #queue: QueueView;
  readonly #search: SearchView;

  constructor(database: IndexDatabase, queue: QueueView, search: SearchView) {
    this.#database = database;
    this.#queue = queue;
    this.#search = search;
  }

  sweep(request: SweepRequest): SweepResult {
    const past = [request.now - request.keepSentBodiesMs, request.now - request.keepFailedBodiesMs] as const;
    const files = this.#releaseFiles(past);
    const removable: number[] = [];
    let carry: CarryItem[] = [];
    for (const segment of request.segments) {
      if (segment.number >= request.head) break;
      const needed = this.#database.row(
        `SELECT count(*) AS messages, coalesce(sum(record_length), 0) AS bytes FROM messages
         WHERE segment = ? AND segment IS NOT NULL AND NOT ${released}`,
        segment.number,
        ...past,
      );
      if (integer(needed, 'messages') === 0) {
        this.#database.run(
          'UPDATE messages SET segment = NULL, record_offset = NULL, record_length = NULL WHERE segment = ? AND segment IS NOT NULL',
          segment.number,
        );
        removable.push(segment.number);
        continue;
      }
      if (integer(needed, 'bytes') < segment.size * request.carryBelow)
        carry = this.#claimForCarrying(segment.number, past);
      break;
    }
    return { removable, files, carry };
  }

  #releaseFiles(past: readonly [number, number]): string[] {
    const rows = this.#database.rows(
      `SELECT seq, file FROM messages WHERE file IS NOT NULL AND (${released} OR (redacted = 1 AND state IN (4, 6)))`,
      ...past,
    );
    for (const row of rows) this.#database.run('UPDATE messages SET file = NULL WHERE seq = ?', integer(row, 'seq'));
    return rows.map((row) => text(row, 'file'));
  }

  #claimForCarrying(segment: number, past: readonly [number, number]): CarryItem[] {
    const rows = this.#database.rows(
      `SELECT id FROM messages WHERE segment = ? AND segment IS NOT NULL AND leased = 0 AND state <> 1 AND NOT ${released} LIMIT ?`,
      segment,
      ...past,
      carriedAtOnce,
    );
    const ids = rows.map((row) => text(row, 'id'));
    this.#queue.claim(ids);
    return ids.flatMap((id) => this.#search.carryItem(id) ?? []);
  }
}
