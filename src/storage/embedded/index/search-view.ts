/** The delivery log: one message's trail, lists by what people look for, and sums for quotas. */
import type { MessageId } from '../../../domain/message.ts';
import type { MessageQuery } from '../../../queue/store.ts';
import type { CarriedRecord } from '../records.ts';
import type { BodyPlace, CarryItem, MessageRow, TrailRows } from './calls.ts';
import { type IndexDatabase, integer, optionalInteger, optionalText, type Row, text } from './database.ts';
import { type Groups, stateOf } from './groups.ts';
import type { MessageSearch } from './message-search.ts';
import { messageColumns, type QueueView } from './queue-view.ts';
import { type Submissions, submissionColumns } from './submissions.ts';

export class SearchView {
  readonly #database: IndexDatabase;
  readonly #groups: Groups;
  readonly #queue: QueueView;
  readonly #messages: MessageSearch;
  readonly #submissions: Submissions;

  constructor(
    database: IndexDatabase,
    groups: Groups,
    queue: QueueView,
    messages: MessageSearch,
    submissions: Submissions,
  ) {
    this.#database = database;
    this.#submissions = submissions;
    this.#groups = groups;
    this.#queue = queue;
    this.#messages = messages;
  }

  list(query: MessageQuery): MessageRow[] {
    return this.#messages.ids(query).flatMap((id) => {
      const row = this.#one('m.id = ?', id);
      return row ? [this.#queue.messageRow(row)] : [];
    });
  }

  trail(id: MessageId): TrailRows | undefined {
    const row = this.#one('m.id = ?', id);
    if (!row) return undefined;
    const seq = integer(row, 'seq');
    return {
      message: this.#queue.messageRow(row),
      attempts: this.#database
        .rows('SELECT started, ended FROM attempts WHERE seq = ? ORDER BY number', seq)
        .map((attempt) => ({ started: text(attempt, 'started'), ended: optionalText(attempt, 'ended') })),
      events: this.#database
        .rows('SELECT event FROM events WHERE seq = ? ORDER BY number', seq)
        .map((event) => text(event, 'event')),
    };
  }

  byKey(client: string, key: string): MessageRow | undefined {
    const known = this.#database.row('SELECT id FROM idempotency WHERE client = ? AND key = ?', client, key);
    const row = known && this.#one('m.id = ?', text(known, 'id'));
    return row && this.#queue.messageRow(row);
  }

  locate(id: MessageId): BodyPlace | undefined {
    const row = this.#database.row(
      `SELECT m.segment, m.record_offset, m.record_length, m.file, ${submissionColumns}
       FROM messages m JOIN submissions s USING (seq) WHERE m.id = ?`,
      id,
    );
    const segment = optionalInteger(row, 'segment');
    if (!row || segment === undefined) return undefined;
    const { file } = this.#submissions.record(row);
    // The row knows whether the file is still kept; the record only that there was one. Its record alone is no body.
    if (file && optionalText(row, 'file') === undefined) return undefined;
    return { segment, offset: integer(row, 'record_offset'), length: integer(row, 'record_length'), file };
  }

  /** Everything on record about a message, in the form in which it is carried out of an old segment. */
  carryItem(id: MessageId): CarryItem | undefined {
    const row = this.#one('m.id = ?', id);
    const trail = this.trail(id);
    const place = this.locate(id);
    if (!row || !trail || !place) return undefined;
    const lastFault = optionalText(row, 'last_fault');
    const standing: CarriedRecord['standing'] = {
      state: stateOf(integer(row, 'state')),
      dueAt: integer(row, 'due_at'),
      expiresAt: integer(row, 'expires_at'),
      stillAt: integer(row, 'still_at'),
      countedAttempts: integer(row, 'counted'),
      attempts: integer(row, 'attempts'),
      maybeSent: integer(row, 'maybe_sent') === 1,
      changedAt: integer(row, 'changed_at'),
      ...(lastFault === undefined ? {} : { lastFault }),
    };
    const record: CarriedRecord = {
      message: this.#submissions.record(row).message,
      ...(place.file ? { file: place.file } : {}),
      standing,
      attempts: trail.attempts.map((attempt) => ({
        ...JSON.parse(attempt.started),
        ...(attempt.ended === undefined ? {} : JSON.parse(attempt.ended)),
      })),
      events: trail.events.map((event) => JSON.parse(event)),
    };
    return { place, record };
  }

  acceptedSince(client: string, since: number): { messages: number; recipients: number } {
    const sums = { messages: 0, recipients: 0 };
    for (const group of this.#groups.all()) {
      if (group.client !== client) continue;
      const row = this.#database.row(
        `SELECT count(*) AS messages, coalesce(sum(recipients), 0) AS recipients FROM messages
         WHERE group_id = ? AND accepted_at >= ?`,
        group.number,
        since,
      );
      sums.messages += integer(row, 'messages');
      sums.recipients += integer(row, 'recipients');
    }
    return sums;
  }

  recipientsSentSince(connector: string, sender: string, since: number): number {
    const row = this.#database.row(
      'SELECT coalesce(sum(recipients), 0) AS recipients FROM sendings WHERE connector = ? AND sender = ? AND at >= ?',
      connector,
      sender,
      since,
    );
    return integer(row, 'recipients');
  }

  /** Attempts since a time that have failed some of the recipients, with no notice that is younger. */
  untoldRecipients(since: number, limit: number): { readonly row: MessageRow; readonly number: number }[] {
    return this.#database
      .rows(
        `SELECT u.number AS number, ${messageColumns} FROM untold_recipients u JOIN messages m ON m.seq = u.seq
           JOIN submissions s ON s.seq = m.seq WHERE u.at >= ? ORDER BY u.seq, u.number LIMIT ?`,
        since,
        limit,
      )
      .map((row) => ({ row: this.#queue.messageRow(row), number: integer(row, 'number') }));
  }

  #one(condition: string, value: string): Row | undefined {
    return this.#database.row(
      `SELECT ${messageColumns} FROM messages m JOIN submissions s ON s.seq = m.seq WHERE ${condition}`,
      value,
    );
  }
}
