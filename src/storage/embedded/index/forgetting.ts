/**
 * Forgets messages whose time on record has passed: final ones, whose bytes and journal segment have gone before. It goes
 * through the rows in their order, a few at a time, and begins anew when it has come to those that are too young; whatever
 * is still needed (held for months, say) is passed over.
 */
import { type IndexDatabase, integer, type Row, text } from './database.ts';
import type { Groups } from './groups.ts';
import type { RateCounter } from './rate-counts.ts';
import type { SubjectIndex } from './subject-index.ts';
import type { Submissions } from './submissions.ts';
import { termsOf } from './terms.ts';

/** Rows looked at in one go. */
const lookedAt = 500;
/** What lanes have sent is asked for a day back; kept for two, ms. */
const sendingsMs = 2 * 24 * 3_600_000;

export class Forgetting {
  readonly #database: IndexDatabase;
  readonly #groups: Groups;
  readonly #subjects: SubjectIndex;
  readonly #rates: RateCounter;
  readonly #submissions: Submissions;
  #place = 0;

  constructor(
    database: IndexDatabase,
    groups: Groups,
    subjects: SubjectIndex,
    rates: RateCounter,
    submissions: Submissions,
  ) {
    this.#database = database;
    this.#submissions = submissions;
    this.#groups = groups;
    this.#subjects = subjects;
    this.#rates = rates;
  }

  /** One go. Returns how many messages were forgotten, and whether there may be more. */
  forget(now: number, keepHistoryMs: number): { readonly forgotten: number; readonly more: boolean } {
    const moreSendings = this.#forgetSendings(now - sendingsMs);
    const before = now - keepHistoryMs;
    const rows = this.#database.rows(
      `SELECT seq, id, group_id, state, accepted_at, changed_at, segment, file FROM messages WHERE seq > ? ORDER BY seq LIMIT ?`,
      this.#place,
      lookedAt,
    );
    let forgotten = 0;
    for (const row of rows) {
      if (integer(row, 'accepted_at') > before) {
        this.#startOver(now);
        return { forgotten, more: moreSendings };
      }
      this.#place = integer(row, 'seq');
      if (!isForgettable(row, before)) continue;
      this.#remove(row);
      forgotten += 1;
    }
    if (rows.length === lookedAt) return { forgotten, more: true };
    this.#startOver(now);
    return { forgotten, more: moreSendings };
  }

  #startOver(now: number): void {
    this.#place = 0;
    this.#rates.forget(now);
  }

  /** Returns whether there may be more. */
  #forgetSendings(before: number): boolean {
    let more = false;
    for (const { connector, sender } of this.#groups.all()) {
      const gone = this.#database.run(
        `DELETE FROM sendings WHERE (connector, sender, at, seq) IN
           (SELECT connector, sender, at, seq FROM sendings WHERE connector = ? AND sender = ? AND at < ? LIMIT ?)`,
        connector,
        sender,
        before,
        lookedAt,
      );
      more ||= gone === lookedAt;
    }
    return more;
  }

  #remove(row: Row): void {
    const seq = integer(row, 'seq');
    const id = text(row, 'id');
    const message = this.#submissions.find(seq)?.message;
    for (const term of message ? termsOf(message) : [])
      this.#database.run('DELETE FROM terms WHERE term = ? AND id = ?', term, id);
    if (message?.idempotency)
      this.#database.run(
        'DELETE FROM idempotency WHERE client = ? AND key = ? AND id = ?',
        message.client,
        message.idempotency.key,
        id,
      );
    this.#subjects.remove(seq);
    for (const table of ['attempts', 'events', 'untold_recipients', 'submissions', 'messages'] as const)
      this.#database.run(`DELETE FROM ${table} WHERE seq = ?`, seq);
    this.#groups.count(this.#groups.byNumber(integer(row, 'group_id')), integer(row, 'state'), -1);
  }
}

/** Sent, failed or cancelled, long enough ago, and nothing of it left on the disk. */
function isForgettable(row: Row, before: number): boolean {
  return (
    integer(row, 'state') >= 4 &&
    integer(row, 'changed_at') <= before &&
    row['segment'] === null &&
    row['file'] === null
  );
}
