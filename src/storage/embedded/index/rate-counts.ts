/**
 * How many messages came in and how many attempts ended how, in each minute and each hour. Counted from the journal's
 * records, so that a restart forgets nothing and a replay counts nothing twice: the counts are committed with the rows beside
 * them. In memory until then, because every record changes one.
 */
import type { RateCounts, RateQuery } from '../../../queue/store.ts';
import { type IndexDatabase, integer } from './database.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** How long each is kept, ms: bounded, whatever comes in. */
const kept = { [minuteMs]: 8 * dayMs, [hourMs]: 400 * dayMs } as const;

export type RateKind = 'accepted' | 'sent' | 'deferred' | 'failed' | 'uncertain';
type Counts = Record<RateKind, number>;

const none = (): Counts => ({ accepted: 0, sent: 0, deferred: 0, failed: 0, uncertain: 0 });

export class RateCounter {
  readonly #database: IndexDatabase;
  /** By start of the minute, what is not written yet. */
  readonly #gathered = new Map<number, Counts>();

  constructor(database: IndexDatabase) {
    this.#database = database;
  }

  count(kind: RateKind, at: number): void {
    const start = Math.floor(at / minuteMs) * minuteMs;
    let counts = this.#gathered.get(start);
    if (!counts) {
      counts = none();
      this.#gathered.set(start, counts);
    }
    counts[kind] += 1;
  }

  /** Writes what has gathered; part of every commit. */
  save(): void {
    for (const [start, counts] of this.#gathered) {
      this.#add(minuteMs, start, counts);
      this.#add(hourMs, Math.floor(start / hourMs) * hourMs, counts);
    }
    this.#gathered.clear();
  }

  #add(span: number, start: number, { accepted, sent, deferred, failed, uncertain }: Counts): void {
    this.#database.run(
      `INSERT INTO rates VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (span, start) DO UPDATE SET
         accepted = accepted + excluded.accepted, sent = sent + excluded.sent, deferred = deferred + excluded.deferred,
         failed = failed + excluded.failed, uncertain = uncertain + excluded.uncertain`,
      span,
      start,
      accepted,
      sent,
      deferred,
      failed,
      uncertain,
    );
  }

  /** Sums over steps of `stepMs` from `since` (a multiple of it) to `until`, the oldest first; quiet steps are zeros. */
  sums({ since, until, stepMs }: RateQuery): RateCounts[] {
    this.save();
    const sums = new Map<number, RateCounts>();
    for (let start = since; start < until; start += stepMs) sums.set(start, { start, ...none() });
    const rows = this.#database.rows(
      `SELECT start - (start - ?) % ? AS step, sum(accepted) AS accepted, sum(sent) AS sent, sum(deferred) AS deferred,
         sum(failed) AS failed, sum(uncertain) AS uncertain
       FROM rates WHERE span = ? AND start >= ? AND start < ? GROUP BY step`,
      since,
      stepMs,
      stepMs % hourMs === 0 ? hourMs : minuteMs,
      since,
      until,
    );
    for (const row of rows) {
      const start = integer(row, 'step');
      sums.set(start, {
        start,
        accepted: integer(row, 'accepted'),
        sent: integer(row, 'sent'),
        deferred: integer(row, 'deferred'),
        failed: integer(row, 'failed'),
        uncertain: integer(row, 'uncertain'),
      });
    }
    return [...sums.values()];
  }

  /** Forgets what is too old. */
  forget(now: number): void {
    for (const [span, keptMs] of Object.entries(kept))
      this.#database.run('DELETE FROM rates WHERE span = ? AND start < ?', Number(span), now - keptMs);
  }
}
