/**
 * Lists of messages, newest first, over a million rows and more. In prose:
 *
 * Ids sort by time, and every page is a walk down some index from where the page before ended; nothing is ever sorted and
 * nothing skipped over, so the last page costs what the first does. Times of acceptance become bounds of the id.
 *
 * There are four walks, and the narrowest is taken:
 * - *streams*: one for each group and state that is asked for and has messages (the counts are known), merged by id;
 * - *term*: the messages of an address or a Message-ID;
 * - *subject*: those whose subject has the part, by trigrams, by order of arrival. The next few messages, and what is not
 *   indexed yet, are looked through before;
 * - *all* messages, when nothing narrows them.
 * What the walk does not decide is asked of each row that it meets.
 */
import type { SQLInputValue } from 'node:sqlite';
import type { MessageId, MessageState } from '../../../domain/message.ts';
import { messageStates } from '../../../domain/message.ts';
import { timePart } from '../../../domain/message-id.ts';
import type { MessageQuery } from '../../../queue/store.ts';
import { type IndexDatabase, integer, text } from './database.ts';
import { type Group, type Groups, stateNumber } from './groups.ts';
import { hasTrigram, phraseOf, type SubjectIndex } from './subject-index.ts';
import { subjectOf } from './submissions.ts';
import { addressTerm, messageIdTerm } from './terms.ts';

const longestPage = 1_000;
/** Below so many messages, looking at each is quicker than any other way. */
const fewMessages = 2_000;
/** The same where nothing but the index has to be looked at for most of them. */
const fewInStreams = 15_000;

type Conditions = { readonly sql: string; readonly values: readonly SQLInputValue[] }[];

/** One group in one state. */
interface Stream {
  readonly group: Group;
  readonly state: number;
  readonly messages: number;
}

export class MessageSearch {
  readonly #database: IndexDatabase;
  readonly #groups: Groups;
  readonly #subjects: SubjectIndex;

  constructor(database: IndexDatabase, groups: Groups, subjects: SubjectIndex) {
    this.#database = database;
    this.#groups = groups;
    this.#subjects = subjects;
  }

  /** Ids of a page, the newest first. */
  ids(query: MessageQuery): MessageId[] {
    const limit = Math.max(0, Math.min(longestPage, query.limit));
    const streams = this.#streams(query);
    const inStreams = streams?.reduce((sum, { messages }) => sum + messages, 0);
    if (limit === 0 || inStreams === 0) return [];
    const few = inStreams !== undefined && inStreams <= fewInStreams;
    const terms = termsWanted(query);
    const { subject } = query;
    if (streams && few) return this.#merged(streams, query, [...having(terms), ...containing(subject)], limit);
    const [narrowest, ...others] = this.#narrowestFirst(terms);
    if (narrowest !== undefined && (subject === undefined || this.#isFew(narrowest)))
      return this.#byTerm(
        narrowest,
        [...having(others), ...containing(subject), ...streamsOnly(streams)],
        query,
        limit,
      );
    if (subject !== undefined)
      return hasTrigram(subject)
        ? this.#bySubject(subject, [...having(terms), ...streamsOnly(streams)], query, limit)
        : this.#all([...containing(subject), ...streamsOnly(streams)], query, limit);
    return streams ? this.#merged(streams, query, [], limit) : this.#all([], query, limit);
  }

  /** Undefined when neither client nor connector nor state is asked for. */
  #streams(query: MessageQuery): Stream[] | undefined {
    const { client, connector, states } = query;
    if (client === undefined && connector === undefined && states === undefined) return undefined;
    const numbers = [...new Set(states ?? messageStates)].map(stateNumber);
    const streams: Stream[] = [];
    for (const group of this.#groups.all()) {
      if ((client ?? group.client) !== group.client || (connector ?? group.connector) !== group.connector) continue;
      for (const state of numbers) {
        const messages = group.counts[state] ?? 0;
        if (messages > 0) streams.push({ group, state, messages });
      }
    }
    return streams;
  }

  #merged(streams: readonly Stream[], query: MessageQuery, extra: Conditions, limit: number): MessageId[] {
    const found: MessageId[] = [];
    for (const { group, state } of streams) {
      const { sql, values } = searchStatements.stream(state, [...bounds(query), ...extra]);
      for (const row of this.#database.rowsOnce(sql, group.number, ...values, limit)) found.push(text(row, 'id'));
    }
    return found.sort((a, b) => (a < b ? 1 : -1)).slice(0, limit);
  }

  #all(extra: Conditions, query: MessageQuery, limit: number): MessageId[] {
    const { sql, values } = searchStatements.all([...bounds(query), ...extra]);
    return this.#database.rowsOnce(sql, ...values, limit).map((row) => text(row, 'id'));
  }

  #byTerm(term: string, extra: Conditions, query: MessageQuery, limit: number): MessageId[] {
    const { sql, values } = searchStatements.term([...bounds(query, 't.id'), ...extra]);
    return this.#database.rowsOnce(sql, term, ...values, limit).map((row) => text(row, 'id'));
  }

  #bySubject(subject: string, extra: Conditions, query: MessageQuery, limit: number): MessageId[] {
    const { end } = this.#subjects;
    const below = query.after === undefined ? Number.MAX_SAFE_INTEGER : this.#seqOf(query.after);
    // By order of arrival, which is that of the ids but for those that came in at one moment.
    const times = [...bounds({ ...query, after: undefined }), ...extra];
    // What half of all subjects have is found at once this way, where the trigrams would have to be walked from their end.
    const floor = Math.min(end, this.#newestBelow(below) - fewMessages);
    const { sql, values } = searchStatements.newest([...times, ...containing(subject)]);
    const found = this.#database.rowsOnce(sql, floor, below, ...values, limit).map((row) => text(row, 'id'));
    if (found.length < limit) {
      const rest = searchStatements.subject(times);
      const asked = [phraseOf(subject), Math.min(below, floor + 1), ...rest.values, limit - found.length];
      for (const row of this.#database.rowsOnce(rest.sql, ...asked)) found.push(text(row, 'id'));
    }
    return found;
  }

  #newestBelow(below: number): number {
    const row = this.#database.row('SELECT coalesce(max(seq), 0) AS seq FROM messages WHERE seq < ?', below);
    return integer(row, 'seq');
  }

  /** Where in the order of arrival a page goes on; the message that came last may be forgotten by now. */
  #seqOf(id: MessageId): number {
    const row = this.#database.row('SELECT seq FROM messages WHERE id <= ? ORDER BY id DESC LIMIT 1', id);
    return row ? integer(row, 'seq') : 0;
  }

  #narrowestFirst(terms: readonly string[]): readonly string[] {
    const [first, second] = terms;
    return first !== undefined && second !== undefined && !this.#isFew(first) ? [second, first] : terms;
  }

  #isFew(term: string): boolean {
    const sql = 'SELECT count(*) AS messages FROM (SELECT 1 FROM terms WHERE term = ? LIMIT ?)';
    return integer(this.#database.row(sql, term, fewMessages + 1), 'messages') <= fewMessages;
  }
}

function termsWanted({ address, messageId }: MessageQuery): string[] {
  return [
    ...(address === undefined ? [] : [addressTerm(address)]),
    ...(messageId === undefined ? [] : [messageIdTerm(messageId)]),
  ];
}

function bounds(
  {
    after,
    acceptedFrom,
    acceptedUntil,
  }: Pick<MessageQuery, 'acceptedFrom' | 'acceptedUntil'> & { readonly after?: MessageId | undefined },
  id = 'm.id',
): Conditions {
  return [
    ...(after === undefined ? [] : [{ sql: `${id} < ?`, values: [after] }]),
    ...(acceptedFrom === undefined ? [] : [{ sql: `${id} >= ?`, values: [timePart(acceptedFrom)] }]),
    ...(acceptedUntil === undefined ? [] : [{ sql: `${id} < ?`, values: [timePart(acceptedUntil + 1)] }]),
  ];
}

function having(terms: readonly string[]): Conditions {
  return terms.map((term) => ({
    sql: 'EXISTS (SELECT 1 FROM terms o WHERE o.term = ? AND o.id = m.id)',
    values: [term],
  }));
}

function containing(subject: string | undefined): Conditions {
  if (subject === undefined) return [];
  const part = `%${subject.replace(/[\\%_]/g, '\\$&')}%`;
  return [
    {
      sql: `(SELECT ${subjectOf} FROM submissions s WHERE s.seq = m.seq) LIKE ? ESCAPE '\\'`,
      values: [part],
    },
  ];
}

function streamsOnly(streams: readonly Stream[] | undefined): Conditions {
  if (!streams) return [];
  const byState = Map.groupBy(streams, ({ state }) => state);
  const each = [...byState].map(
    ([state, some]) => `(m.state = ${state} AND m.group_id IN (${some.map(({ group }) => group.number).join(', ')}))`,
  );
  return [{ sql: `(${each.join(' OR ')})`, values: [] }];
}

function statement(select: string, conditions: Conditions, order: string) {
  const where = conditions.map(({ sql }) => ` AND ${sql}`).join('');
  return {
    sql: `${select}${where} ORDER BY ${order} DESC LIMIT ?`,
    values: conditions.flatMap(({ values }) => values),
  };
}

const sent: MessageState = 'sent';

/** The statements, named, so that a test can ask SQLite how it would run each. */
export const searchStatements = {
  /** Takes a group first. The state is said in words, so that SQLite sees which of the two indexes will do. */
  stream: (state: number, conditions: Conditions) =>
    statement(
      state === stateNumber(sent)
        ? 'SELECT m.id AS id FROM messages m WHERE m.state = 4 AND m.group_id = ?'
        : `SELECT m.id AS id FROM messages m WHERE m.state <> 4 AND m.state = ${state} AND m.group_id = ?`,
      conditions,
      'm.id',
    ),
  all: (conditions: Conditions) => statement('SELECT m.id AS id FROM messages m WHERE 1', conditions, 'm.id'),
  /** Takes a term first. */
  term: (conditions: Conditions) =>
    statement(
      conditions.every(({ sql }) => sql.startsWith('t.'))
        ? 'SELECT t.id AS id FROM terms t WHERE t.term = ?'
        : 'SELECT t.id AS id FROM terms t CROSS JOIN messages m ON m.id = t.id WHERE t.term = ?',
      conditions,
      't.id',
    ),
  /** Takes a phrase and the `seq` below which to begin. */
  subject: (conditions: Conditions) =>
    statement(
      'SELECT m.id AS id FROM subjects f CROSS JOIN messages m ON m.seq = f.rowid WHERE f.subjects MATCH ? AND f.rowid < ?',
      conditions,
      'f.rowid',
    ),
  /** Takes the `seq` above and below which messages are looked through. */
  newest: (conditions: Conditions) =>
    statement('SELECT m.id AS id FROM messages m WHERE m.seq > ? AND m.seq < ?', conditions, 'm.seq'),
} as const;
