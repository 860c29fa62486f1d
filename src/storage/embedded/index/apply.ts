/**
 * Applies the journal's records to the index, in their order. What a record does depends on nothing but the records
 * before it: no clock, no chance, no lease. A record that does not fit the message's state changes nothing.
 *
 * An attempt stands in memory until its outcome comes, as a rule a few milliseconds later, and both are written as one. Whoever
 * reads or changes its rows before that calls `settle` first, and so does every commit.
 */
import type { AcceptedMessage, MessageEvent, MessageId, MessageState, RouteDecision } from '../../../domain/message.ts';
import type { AttemptResult } from '../../../domain/outcome.ts';
import type { AttemptEnd, AttemptStart, Intervention } from '../../../queue/store.ts';
import { ConnectorClocks } from '../connector-clock.ts';
import type { BodyFile, CarriedRecord, ConnectorStanding, RecordContent } from '../records.ts';
import { type IndexDatabase, integer, type Row, text } from './database.ts';
import { type Groups, stateNumber, stateOf } from './groups.ts';
import type { RateCounter } from './rate-counts.ts';
import { eventOf, isFinal, routeBy, stateAfter } from './rules.ts';
import type { Submissions } from './submissions.ts';
import { termsOf } from './terms.ts';

/** Where a record stands. */
export interface RecordPlace {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

const queued = 0;
const sending = 1;

/** What most records are; they know of attempts that are not written yet. */
const quick: ReadonlySet<RecordContent['type']> = new Set(['accepted', 'attempt', 'outcome']);

type SendingLane = Pick<AttemptStart, 'connector' | 'sender'>;

/** An attempt that has begun, and its message's row as it stood before. */
interface BegunAttempt {
  readonly row: Row;
  readonly start: AttemptStart;
  /** It stands in the tables, and not here alone. */
  written: boolean;
}

export class RecordApplier {
  readonly clocks = new ConnectorClocks();
  readonly #database: IndexDatabase;
  readonly #groups: Groups;
  readonly #rates: RateCounter;
  readonly #submissions: Submissions;
  /** So that an outcome need not look up what its attempt has just read; whatever else changes a row drops its entry. */
  readonly #begun = new Map<MessageId, BegunAttempt>();
  #unwritten = 0;
  #nextSeq: number;

  constructor(database: IndexDatabase, groups: Groups, rates: RateCounter, submissions: Submissions) {
    this.#database = database;
    this.#groups = groups;
    this.#rates = rates;
    this.#submissions = submissions;
    // Past the subjects too: the last messages may be forgotten, and their numbers must not come again below its end.
    this.#nextSeq = integer(
      database.row(
        'SELECT max((SELECT coalesce(max(seq), 0) FROM messages), (SELECT seq FROM subjects_end)) + 1 AS next',
      ),
      'next',
    );
    for (const row of database.rows('SELECT standing FROM connectors'))
      this.clocks.restore(JSON.parse(text(row, 'standing')));
  }

  /** Writes the attempts that are under way, so that the tables say all that the records do. */
  settle(): void {
    if (this.#unwritten === 0) return;
    for (const begun of this.#begun.values()) if (!begun.written) this.#writeBegun(begun);
    this.#unwritten = 0;
  }

  apply(content: RecordContent, place: RecordPlace): void {
    if (!quick.has(content.type)) this.settle();
    switch (content.type) {
      case 'accepted':
        this.#accepted(content.data.message, content.data.file, place);
        return;
      case 'attempt':
        this.#attempt(content.data);
        return;
      case 'outcome':
        this.#outcome(content.data);
        return;
      case 'intervened':
        for (const id of content.data.ids) this.#intervened(id, content.data);
        return;
      case 'note':
        this.#note(content.data.id, content.data.event);
        return;
      case 'paused':
        this.#saveStanding(this.clocks.pause(content.data));
        return;
      case 'resumed': {
        const standing = this.clocks.resume(content.data.connector, content.data.resumedAt);
        if (standing) this.#saveStanding(standing);
        return;
      }
      case 'carried':
        this.#carried(content.data, place);
        return;
      case 'standing':
        for (const standing of content.data.connectors) {
          this.clocks.restore(standing);
          this.#saveStanding(standing);
        }
        return;
      case 'closed':
        return;
    }
  }

  /** The end of a message's lifetime, with the time that its connector stood still. */
  expiresAt(row: Row): number {
    const state = stateOf(integer(row, 'state'));
    const end = integer(row, 'expires_at');
    if (isFinal(state)) return end;
    const connector = this.#groups.byNumber(integer(row, 'group_id')).connector;
    return end + Math.max(0, this.clocks.ended(connector) - integer(row, 'still_at'));
  }

  #row(id: MessageId): Row | undefined {
    return this.#database.row(
      'SELECT seq, group_id, state, attempts, expires_at, still_at, recipients FROM messages WHERE id = ?',
      id,
    );
  }

  #accepted(message: AcceptedMessage, file: BodyFile | undefined, place: RecordPlace): void {
    this.#insert(message, file, place, {
      state: message.initialState,
      dueAt: message.acceptedAt,
      expiresAt: message.expiresAt,
      stillAt: this.clocks.stillBy(message.route.connector, message.acceptedAt),
      countedAttempts: 0,
      attempts: 0,
      maybeSent: false,
      changedAt: message.acceptedAt,
    });
  }

  #insert(
    message: AcceptedMessage,
    file: BodyFile | undefined,
    place: RecordPlace,
    standing: CarriedRecord['standing'],
  ): number | undefined {
    const database = this.#database;
    const group = this.#groups.findOrMake({
      connector: message.route.connector,
      sender: message.route.sender,
      priority: message.priority,
      client: message.client,
    });
    const seq = this.#nextSeq;
    const state = stateNumber(standing.state);
    const inserted = database.run(
      `INSERT INTO messages (seq, id, group_id, state, leased, due_at, accepted_at, expires_at, still_at, changed_at,
         counted, attempts, maybe_sent, last_fault, recipients, segment, record_offset, record_length, file, redacted,
         other_way)
       VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
      seq,
      message.id,
      group.number,
      state,
      standing.dueAt,
      message.acceptedAt,
      standing.expiresAt,
      standing.stillAt,
      standing.changedAt,
      standing.countedAttempts,
      standing.attempts,
      standing.maybeSent ? 1 : 0,
      standing.lastFault ?? null,
      message.envelope.recipients.length,
      place.segment,
      place.offset,
      place.length,
      file?.name ?? null,
      message.redaction?.deletes ? 1 : 0,
      hasOtherWay(message.route),
    );
    if (inserted === 0) return undefined;
    this.#nextSeq += 1;
    this.#groups.count(group, state, 1);
    this.#rates.count('accepted', message.acceptedAt);
    this.#submissions.add(seq, message, file);
    for (const term of termsOf(message))
      database.run('INSERT OR IGNORE INTO terms (term, id) VALUES (?, ?)', term, message.id);
    if (message.idempotency)
      database.run(
        'INSERT OR IGNORE INTO idempotency (client, key, id) VALUES (?, ?, ?)',
        message.client,
        message.idempotency.key,
        message.id,
      );
    return seq;
  }

  #carried(record: CarriedRecord, place: RecordPlace): void {
    this.#begun.delete(record.message.id);
    const known = this.#database.run(
      'UPDATE messages SET segment = ?, record_offset = ?, record_length = ? WHERE id = ?',
      place.segment,
      place.offset,
      place.length,
      record.message.id,
    );
    if (known > 0) return;
    const { message, file } = record;
    const seq = this.#insert(message, file, place, record.standing);
    if (seq === undefined) return;
    for (const attempt of record.attempts) {
      const { finishedAt, result, ...started } = attempt;
      this.#database.run(
        'INSERT INTO attempts (seq, number, started, ended) VALUES (?, ?, ?, ?)',
        seq,
        attempt.number,
        JSON.stringify(started),
        result ? JSON.stringify({ finishedAt, result }) : null,
      );
      if (result && finishedAt !== undefined) {
        this.#rates.count(result.outcome, finishedAt);
        this.#owe(seq, attempt.number, finishedAt, result);
      }
      if (result?.outcome === 'sent' && finishedAt !== undefined)
        this.#sent(attempt, finishedAt, seq, message.envelope.recipients.length);
    }
    for (const event of record.events) this.#event(seq, event);
  }

  #attempt(start: AttemptStart): void {
    if (this.#begun.has(start.id)) return;
    const row = this.#row(start.id);
    if (!row || stateOf(integer(row, 'state')) !== 'queued') return;
    this.#recount(row, queued, sending);
    this.#begun.set(start.id, { row, start, written: false });
    this.#unwritten += 1;
  }

  #writeBegun(begun: BegunAttempt): void {
    const { row, start } = begun;
    const seq = integer(row, 'seq');
    this.#database.run(
      'UPDATE messages SET state = 1, attempts = ?, changed_at = ? WHERE seq = ?',
      start.number,
      start.startedAt,
      seq,
    );
    this.#writeAttempt(seq, start, null);
    begun.written = true;
  }

  /** @param ended JSON of how it ended; null while it runs. */
  #writeAttempt(seq: number, start: AttemptStart, ended: string | null): void {
    this.#database.run(
      'INSERT OR REPLACE INTO attempts (seq, number, started, ended) VALUES (?, ?, ?, ?)',
      seq,
      start.number,
      JSON.stringify({ ...start, id: undefined }),
      ended,
    );
  }

  #outcome(end: AttemptEnd): void {
    const begun = this.#begun.get(end.id);
    const row = begun?.row ?? this.#row(end.id);
    if (!row) return;
    const isUnderWay = begun
      ? begun.start.number === end.number
      : integer(row, 'state') === sending && integer(row, 'attempts') === end.number;
    if (!isUnderWay) return;
    this.#begun.delete(end.id);
    const seq = integer(row, 'seq');
    const { result, next, finishedAt } = end;
    const fault = result.outcome === 'sent' ? null : result.fault;
    if (next.state === 'queued')
      this.#database.run(
        `UPDATE messages SET state = 0, leased = 0, attempts = ?, due_at = ?, counted = counted + ?,
           maybe_sent = max(maybe_sent, ?), changed_at = ?, last_fault = ? WHERE seq = ?`,
        end.number,
        next.dueAt,
        next.counts ? 1 : 0,
        next.maybeSent ? 1 : 0,
        finishedAt,
        fault,
        seq,
      );
    else
      this.#database.run(
        `UPDATE messages SET state = ?, leased = 0, attempts = ?, counted = counted + 1, maybe_sent = max(maybe_sent, ?),
           changed_at = ?, last_fault = coalesce(?, last_fault), expires_at = ? WHERE seq = ?`,
        stateNumber(next.state),
        end.number,
        next.state === 'uncertain' ? 1 : 0,
        finishedAt,
        fault,
        isFinal(next.state) ? this.expiresAt(row) : integer(row, 'expires_at'),
        seq,
      );
    this.#recount(row, sending, stateNumber(next.state));
    this.#rates.count(result.outcome, finishedAt);
    const ended = JSON.stringify({ finishedAt, result });
    if (begun && !begun.written) {
      this.#unwritten -= 1;
      this.#writeAttempt(seq, begun.start, ended);
    } else this.#database.run('UPDATE attempts SET ended = ? WHERE seq = ? AND number = ?', ended, seq, end.number);
    this.#owe(seq, end.number, finishedAt, result);
    if (result.outcome !== 'sent') return;
    const lane = begun?.start ?? this.#laneOf(seq, end.number);
    if (lane) this.#sent(lane, finishedAt, seq, integer(row, 'recipients'));
  }

  #laneOf(seq: number, attempt: number): SendingLane | undefined {
    const row = this.#database.row('SELECT started FROM attempts WHERE seq = ? AND number = ?', seq, attempt);
    return row && JSON.parse(text(row, 'started'));
  }

  /** Where some of several recipients have failed for good, a notice is due to the sender. */
  #owe(seq: number, number: number, at: number, { outcome, recipients = [] }: AttemptResult): void {
    if (outcome === 'failed' || !recipients.some((each) => each.outcome === 'failed')) return;
    this.#database.run('INSERT OR IGNORE INTO untold_recipients (seq, number, at) VALUES (?, ?, ?)', seq, number, at);
  }

  #sent(lane: SendingLane, at: number, seq: number, recipients: number): void {
    this.#database.run(
      'INSERT OR IGNORE INTO sendings (connector, sender, at, seq, recipients) VALUES (?, ?, ?, ?, ?)',
      lane.connector,
      lane.sender,
      at,
      seq,
      recipients,
    );
  }

  #intervened(id: MessageId, intervention: Intervention): void {
    this.#begun.delete(id);
    const row = this.#row(id);
    if (!row) return;
    const { at, kind } = intervention;
    const connector = this.#groups.byNumber(integer(row, 'group_id')).connector;
    const state = stateOf(integer(row, 'state'));
    const expiresAt = this.expiresAt(row);
    const next = stateAfter(kind, at, { state, expiresAt, connectorPaused: this.clocks.isPaused(connector) });
    if (!next) return;
    const seq = integer(row, 'seq');
    if (kind === 'reroute') return this.#rerouted(row, seq, connector, intervention);
    this.#database.run(
      'UPDATE messages SET leased = 0, changed_at = ?, state = ? WHERE seq = ?',
      at,
      stateNumber(next),
      seq,
    );
    this.#recount(row, stateNumber(state), stateNumber(next));
    if (next === 'queued') this.#makeDue(seq, intervention, state, expiresAt, connector);
    if (isFinal(next)) this.#database.run('UPDATE messages SET expires_at = ? WHERE seq = ?', expiresAt, seq);
    if (kind === 'expire') {
      this.#database.run("UPDATE messages SET last_fault = 'expired' WHERE seq = ?", seq);
      this.#rates.count('failed', at);
    }
    this.#event(seq, eventOf(intervention));
  }

  /** The message goes to the group of its new way; what it was accepted with says so from here on. */
  #rerouted(row: Row, seq: number, connector: string, intervention: Intervention): void {
    const { at, way } = intervention;
    const submission = this.#submissions.find(seq);
    if (!way || !submission) return;
    const { message } = submission;
    const route = routeBy(way, message.route);
    const group = this.#groups.findOrMake({ ...way, priority: message.priority, client: message.client });
    this.#submissions.change(seq, { ...submission, message: { ...message, route } });
    const stood = this.clocks.stillBy(connector, at) - integer(row, 'still_at');
    this.#database.run(
      'UPDATE messages SET leased = 0, group_id = ?, due_at = ?, changed_at = ?, expires_at = ?, still_at = ?, other_way = ? WHERE seq = ?',
      group.number,
      at,
      at,
      integer(row, 'expires_at') + Math.max(0, stood),
      this.clocks.stillBy(way.connector, at),
      hasOtherWay(route),
      seq,
    );
    const state = integer(row, 'state');
    this.#groups.count(this.#groups.byNumber(integer(row, 'group_id')), state, -1);
    this.#groups.count(group, state, 1);
    this.#event(seq, eventOf(intervention));
  }

  #makeDue(seq: number, intervention: Intervention, before: MessageState, expiresAt: number, connector: string): void {
    const { at, kind } = intervention;
    this.#database.run('UPDATE messages SET due_at = ? WHERE seq = ?', at, seq);
    if (kind === 'retry' && before !== 'queued')
      this.#database.run('UPDATE messages SET counted = 0 WHERE seq = ?', seq);
    if (before === 'uncertain') this.#database.run('UPDATE messages SET maybe_sent = 1 WHERE seq = ?', seq);
    const passed = expiresAt <= at && intervention.expiresAt !== undefined;
    // A message that was final begins to live again: pauses that it did not wait through must not count.
    if (passed || isFinal(before))
      this.#database.run(
        'UPDATE messages SET expires_at = ?, still_at = ? WHERE seq = ?',
        passed ? (intervention.expiresAt ?? expiresAt) : expiresAt,
        this.clocks.stillBy(connector, at),
        seq,
      );
  }

  #note(id: MessageId, event: MessageEvent): void {
    const row = this.#row(id);
    if (row) this.#event(integer(row, 'seq'), event);
  }

  #event(seq: number, event: MessageEvent): void {
    this.#database.run(
      'INSERT INTO events (seq, number, event) VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM events WHERE seq = ?), ?)',
      seq,
      seq,
      JSON.stringify(event),
    );
    if (event.kind === 'notice' && event.detail?.startsWith('failed: '))
      this.#database.run('DELETE FROM untold_recipients WHERE seq = ? AND at <= ?', seq, event.at);
  }

  #recount(row: Row, from: number, to: number): void {
    const group = this.#groups.byNumber(integer(row, 'group_id'));
    this.#groups.count(group, from, -1);
    this.#groups.count(group, to, 1);
  }

  #saveStanding(standing: ConnectorStanding): void {
    this.#database.run(
      'REPLACE INTO connectors (name, standing) VALUES (?, ?)',
      standing.connector,
      JSON.stringify(standing),
    );
  }
}

function hasOtherWay({ fallBack }: RouteDecision): 0 | 1 {
  return fallBack && fallBack.ways.length > 0 ? 1 : 0;
}
