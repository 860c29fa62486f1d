/** Leases and due times: what the dispatcher asks, each answered by a seek per group and never by a scan. */
import type { MessageId } from '../../../domain/message.ts';
import type {
  Intervention,
  InterventionResult,
  LeaseRequest,
  ReadyGroup,
  RerouteRequest,
} from '../../../queue/store.ts';
import type { RecordApplier } from './apply.ts';
import type { MessageRow } from './calls.ts';
import { type IndexDatabase, integer, optionalText, type Row } from './database.ts';
import { type Group, type Groups, stateOf } from './groups.ts';
import { stateAfter } from './rules.ts';
import { type Submissions, submissionColumns } from './submissions.ts';

/** Columns that a `MessageRow` is made of; the tables are `m` and `s`. */
export const messageColumns = `m.seq AS seq, m.group_id AS group_id, m.state AS state, m.due_at AS due_at,
  m.still_at AS still_at, m.counted AS counted, m.attempts AS attempts, m.maybe_sent AS maybe_sent,
  m.changed_at AS changed_at, m.last_fault AS last_fault, ${submissionColumns}`;

/**
 * The statements of this file, named, so that a test can ask SQLite how it would run each.
 *
 * `LIMIT ? + 0` in the one that is run most: SQLite plans a statement anew for each value of a bare `LIMIT ?`, which took a third of
 * the time of a lease.
 */
export const queueStatements = {
  ready: 'SELECT 1 AS there FROM messages WHERE state = 0 AND leased = 0 AND group_id = ? AND due_at <= ? LIMIT 1',
  nextDue:
    'SELECT due_at FROM messages WHERE state = 0 AND leased = 0 AND group_id = ? AND due_at > ? ORDER BY due_at LIMIT 1',
  lease: `SELECT ${messageColumns} FROM messages m CROSS JOIN submissions s ON s.seq = m.seq
    WHERE m.state = 0 AND m.leased = 0 AND m.group_id = ? AND m.due_at <= ? ORDER BY m.due_at LIMIT ? + 0`,
  expired: `SELECT ${messageColumns} FROM messages m CROSS JOIN submissions s ON s.seq = m.seq
    WHERE m.state = 0 AND m.leased = 0 AND m.group_id = ? AND m.expires_at - m.still_at <= ? - ? ORDER BY m.expires_at - m.still_at LIMIT ?`,
  rerouteable: `SELECT ${messageColumns} FROM messages m INDEXED BY messages_rerouteable CROSS JOIN submissions s ON s.seq = m.seq
    WHERE m.other_way = 1 AND m.state = 0 AND m.leased = 0 AND m.group_id = ? AND m.due_at <= ? AND m.maybe_sent = 0
    ORDER BY m.due_at LIMIT ?`,
  untold: `SELECT ${messageColumns} FROM messages m CROSS JOIN submissions s ON s.seq = m.seq
    WHERE m.group_id = ? AND m.state = 5 AND m.state <> 4 AND m.changed_at >= ? AND NOT EXISTS (
      SELECT 1 FROM events e WHERE e.seq = m.seq AND json_extract(e.event, '$.kind') = 'notice'
        AND json_extract(e.event, '$.at') >= m.changed_at)
    ORDER BY m.id LIMIT ?`,
  orphans: `SELECT ${messageColumns} FROM messages m CROSS JOIN submissions s ON s.seq = m.seq
    WHERE m.group_id = ? AND m.state = 1 AND m.state <> 4`,
} as const;

export class QueueView {
  readonly #database: IndexDatabase;
  readonly #groups: Groups;
  readonly #applier: RecordApplier;
  readonly #submissions: Submissions;

  constructor(database: IndexDatabase, groups: Groups, applier: RecordApplier, submissions: Submissions) {
    this.#database = database;
    this.#groups = groups;
    this.#applier = applier;
    this.#submissions = submissions;
  }

  /** After a crash nobody holds a lease. */
  clearLeases(): void {
    this.#database.run('UPDATE messages SET leased = 0 WHERE leased = 1');
  }

  ready(now: number): ReadyGroup[] {
    const ready: ReadyGroup[] = [];
    for (const group of this.#waitingGroups()) {
      if (!this.#database.row(queueStatements.ready, group.number, now)) continue;
      const { connector, sender, priority, client } = group;
      ready.push({ connector, sender, priority, client });
    }
    return ready;
  }

  nextDueAt(now: number): number | undefined {
    let next: number | undefined;
    for (const group of this.#waitingGroups()) {
      const row = this.#database.row(queueStatements.nextDue, group.number, now);
      if (row) next = Math.min(integer(row, 'due_at'), next ?? Number.POSITIVE_INFINITY);
    }
    return next;
  }

  lease(request: LeaseRequest): MessageRow[] {
    const group = this.#groups.find(request);
    if (!group) return [];
    const rows = this.#database.rows(queueStatements.lease, group.number, request.now, request.limit);
    for (const row of rows) this.#database.run('UPDATE messages SET leased = 1 WHERE seq = ?', integer(row, 'seq'));
    return rows.map((row) => this.messageRow(row));
  }

  /** Marks messages as leased again, after the index has been made anew under a running store. */
  claim(ids: Iterable<MessageId>): void {
    for (const id of ids) this.#database.run('UPDATE messages SET leased = 1 WHERE id = ? AND leased = 0', id);
  }

  release(ids: readonly MessageId[]): void {
    for (const id of ids) this.#database.run('UPDATE messages SET leased = 0 WHERE id = ? AND leased = 1', id);
  }

  orphans(): MessageRow[] {
    const rows: Row[] = [];
    for (const group of this.#groups.all()) rows.push(...this.#database.rows(queueStatements.orphans, group.number));
    return rows.map((row) => this.messageRow(row));
  }

  expired(now: number, exceptConnectors: readonly string[], limit: number): MessageRow[] {
    const rows: Row[] = [];
    for (const group of this.#waitingGroups()) {
      if (rows.length >= limit) break;
      if (exceptConnectors.includes(group.connector) || this.#applier.clocks.isPaused(group.connector)) continue;
      const still = this.#applier.clocks.ended(group.connector);
      rows.push(...this.#database.rows(queueStatements.expired, group.number, now, still, limit - rows.length));
    }
    return rows.map((row) => this.messageRow(row));
  }

  /** Failed since a time, with no notice on the trail that is younger than the failure; the oldest first. */
  untold(since: number, limit: number): MessageRow[] {
    const rows: MessageRow[] = [];
    for (const group of this.#groups.all())
      for (const row of this.#database.rows(queueStatements.untold, group.number, since, limit))
        rows.push(this.messageRow(row));
    return rows.sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, limit);
  }

  rerouteable({ connector, sender, now, limit }: RerouteRequest): MessageRow[] {
    const rows: Row[] = [];
    for (const group of this.#waitingGroups()) {
      if (rows.length >= limit) break;
      if (group.connector !== connector || (sender !== undefined && group.sender !== sender)) continue;
      rows.push(...this.#database.rows(queueStatements.rerouteable, group.number, now, limit - rows.length));
    }
    return rows.map((row) => this.messageRow(row));
  }

  /**
   * Which of the messages an intervention changes. These are claimed, so that no lease comes between this answer and the
   * record; the record ends the claim. A message that somebody has leased is as good as `sending`.
   */
  plan(intervention: Intervention): InterventionResult {
    const changed: MessageId[] = [];
    const unchanged: { id: MessageId; state: ReturnType<typeof stateOf> | undefined }[] = [];
    for (const id of new Set(intervention.ids)) {
      const row = this.#database.row(
        'SELECT seq, group_id, state, leased, expires_at, still_at FROM messages WHERE id = ?',
        id,
      );
      if (!row) {
        unchanged.push({ id, state: undefined });
        continue;
      }
      const state = stateOf(integer(row, 'state'));
      const connector = this.#groups.byNumber(integer(row, 'group_id')).connector;
      const expiresAt = this.#applier.expiresAt(row);
      const connectorPaused = this.#applier.clocks.isPaused(connector);
      if (integer(row, 'leased') === 1) unchanged.push({ id, state: 'sending' });
      else if (!stateAfter(intervention.kind, intervention.at, { state, expiresAt, connectorPaused }))
        unchanged.push({ id, state });
      else changed.push(id);
    }
    this.claim(changed);
    return { changed, unchanged };
  }

  messageRow(row: Row): MessageRow {
    return [
      ...this.#submissions.packed(row),
      stateOf(integer(row, 'state')),
      integer(row, 'due_at'),
      this.#applier.expiresAt(row),
      integer(row, 'counted'),
      integer(row, 'attempts'),
      integer(row, 'maybe_sent') === 1,
      integer(row, 'changed_at'),
      optionalText(row, 'last_fault'),
    ];
  }

  *#waitingGroups(): Generator<Group> {
    for (const group of this.#groups.all()) if ((group.counts[0] ?? 0) > 0) yield group;
  }
}
