/**
 * The index as one object: takes the journal's records, answers questions, and makes itself anew when its file is damaged.
 * Runs in the index's thread; everything in it is synchronous.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { MessageId } from '../../../domain/message.ts';
import type { FedGroup, FedRecord } from '../journal.ts';
import { type RecordContent, readContent } from '../records.ts';
import { RecordApplier } from './apply.ts';
import type { IndexCalls, IndexOperation, Question, Recovered } from './calls.ts';
import {
  IndexDatabase,
  indexName,
  integer,
  isSqliteError,
  NewerIndexError,
  type Position,
  saysDamaged,
  setIndexAside,
  text,
} from './database.ts';
import { Forgetting } from './forgetting.ts';
import { Groups } from './groups.ts';
import { MessageSearch } from './message-search.ts';
import { QueueView } from './queue-view.ts';
import { RateCounter } from './rate-counts.ts';
import { type ReplayEnd, replayJournal, segmentNumbers } from './replay.ts';
import { Retention } from './retention.ts';
import { SearchView } from './search-view.ts';
import { SubjectIndex } from './subject-index.ts';
import { Submissions } from './submissions.ts';

/** Everything that hangs on one open file. */
interface Opened {
  readonly database: IndexDatabase;
  readonly groups: Groups;
  readonly applier: RecordApplier;
  readonly queue: QueueView;
  readonly search: SearchView;
  readonly retention: Retention;
  readonly messages: MessageSearch;
  readonly subjects: SubjectIndex;
  readonly rates: RateCounter;
  readonly forgetting: Forgetting;
}

/** Asked for every few messages, of what no attempt under way belongs to: leases, which it holds, and what stays as it was accepted. */
const quick: ReadonlySet<IndexOperation> = new Set([
  'ready',
  'nextDueAt',
  'lease',
  'release',
  'locate',
  'acceptedSince',
]);

type Handlers = { readonly [K in IndexOperation]: (input: IndexCalls[K]['input']) => IndexCalls[K]['output'] };

export class MessageIndex {
  readonly recovered: Recovered;
  readonly #dir: string;
  readonly #remark: (sentence: string) => void;
  /** Ids that are leased or claimed, and where the journal stood then: to be so again when the index is opened anew. */
  readonly #leased = new Map<MessageId, Position>();
  #opened: Opened;
  #usable = true;
  /** The trouble has been told; it is told again after a commit that went well. */
  #told = false;
  #position: Position;
  #committed: Position;
  /** End of what was fed, applied or not: all of it is durable, and behind it the journal is still being written. */
  #fed: Position;

  constructor(dir: string, remark: (sentence: string) => void) {
    this.#dir = dir;
    this.#remark = remark;
    let rebuilt: string | undefined;
    const hasJournal = segmentNumbers(dir).length > 0;
    if (hasJournal && !existsSync(join(dir, indexName))) rebuilt = 'The index was missing.';
    let end: ReplayEnd;
    try {
      this.#opened = open(dir);
      this.#position = readPosition(this.#opened.database);
      end = this.#replay();
    } catch (error) {
      if (error instanceof NewerIndexError || !saysDamaged(error)) throw error;
      rebuilt = `The index was damaged (${sentenceOf(error)}).`;
      setIndexAside(dir);
      this.#opened = open(dir);
      this.#position = readPosition(this.#opened.database);
      end = this.#replay();
    }
    this.#fed = this.#position;
    this.#opened.queue.clearLeases();
    this.#committed = { segment: -1, offset: -1 };
    this.commit();
    const { position: _, ...found } = end;
    this.recovered = {
      ...found,
      ...(rebuilt === undefined ? {} : { rebuilt }),
      standings: this.#opened.applier.clocks.all(),
      bodyFiles: this.#opened.database
        .rows('SELECT file FROM messages WHERE file IS NOT NULL')
        .map((row) => text(row, 'file')),
    };
  }

  /** Applies a group; leaves out one that a replay has read already. */
  feed({ segment, end, records }: FedGroup): void {
    const reached = { segment, offset: end };
    if (isBefore(this.#fed, reached)) this.#fed = reached;
    if (this.#usable && !isBefore(this.#position, reached)) return;
    this.#withRepair(() => {
      // Opening it again has read the group from the journal.
      if (!isBefore(this.#position, reached)) return;
      for (const record of records) this.#applyFed(record, segment);
      this.#position = reached;
    });
  }

  #applyFed([type, offset, length, json]: FedRecord, segment: number): void {
    const content = readContent(type, json);
    if (!content) return;
    try {
      this.#opened.applier.apply(content, { segment, offset, length });
    } catch (error) {
      if (isSqliteError(error)) throw error;
      // One record that cannot be applied must not keep all later ones out.
      this.#remark(`A record of ${segment}:${offset} could not be applied to the index: ${sentenceOf(error)}`);
    }
    this.#endLeases(content, { segment, offset });
    if (content.type === 'carried') this.#opened.queue.release([content.data.message.id]);
  }

  /** A record ends the leases and claims of its messages, but not those that were given after it. */
  #endLeases(content: RecordContent, place: Position): void {
    for (const id of endedBy(content)) {
      const since = this.#leased.get(id);
      if (since && !isBefore(place, since)) this.#leased.delete(id);
    }
  }

  ask<K extends IndexOperation>(question: Pick<Question<K>, 'operation' | 'input'>): IndexCalls[K]['output'] {
    return this.#withRepair(() => {
      if (!quick.has(question.operation)) this.#opened.applier.settle();
      const handlers: Handlers = this.#handlers;
      const handler: (input: IndexCalls[K]['input']) => IndexCalls[K]['output'] = handlers[question.operation];
      return handler(question.input);
    });
  }

  /** Indexes some of the subjects that are not yet; returns whether there are more. */
  fillSubjects(most: number): boolean {
    return this.#withRepair(() => this.#opened.subjects.fill(most));
  }

  /** Commits what has gathered, with the position that it reaches. */
  commit(): void {
    this.#withRepair(() => {
      const { database, groups, rates, applier } = this.#opened;
      const position = this.#position;
      applier.settle();
      groups.save();
      rates.save();
      if (position.segment !== this.#committed.segment || position.offset !== this.#committed.offset)
        database.run('UPDATE position SET segment = ?, next_offset = ?', position.segment, position.offset);
      database.commit();
      this.#committed = position;
      this.#told = false;
    });
  }

  /** To be called when nothing else is to be done for a moment. False: it has to be called again. */
  rest(): boolean {
    return this.#withRepair(() => this.#opened.database.rest());
  }

  close(): void {
    this.commit();
    this.#opened.database.checkpoint('TRUNCATE');
    this.#opened.database.close();
  }

  readonly #handlers: Handlers = {
    ready: ({ now }) => this.#opened.queue.ready(now),
    nextDueAt: ({ now }) => this.#opened.queue.nextDueAt(now),
    lease: (request) => {
      const rows = this.#opened.queue.lease(request);
      for (const [id] of rows) this.#leased.set(id, this.#position);
      return rows;
    },
    release: ({ ids }) => {
      for (const id of ids) this.#leased.delete(id);
      this.#opened.queue.release(ids);
      return undefined;
    },
    orphans: () => this.#opened.queue.orphans(),
    expired: ({ now, exceptConnectors, limit }) => this.#opened.queue.expired(now, exceptConnectors, limit),
    rerouteable: (request) => this.#opened.queue.rerouteable(request),
    untold: ({ since, limit }) => this.#opened.queue.untold(since, limit),
    untoldRecipients: ({ since, limit }) => this.#opened.search.untoldRecipients(since, limit),
    plan: (intervention) => {
      const result = this.#opened.queue.plan(intervention);
      for (const id of result.changed) this.#leased.set(id, this.#position);
      return result;
    },
    locate: ({ id }) => this.#opened.search.locate(id),
    trail: ({ id }) => this.#opened.search.trail(id),
    list: (query) => this.#opened.search.list(query),
    listIds: (query) => this.#opened.messages.ids(query),
    rates: (query) => this.#opened.rates.sums(query),
    forget: ({ now, keepHistoryMs }) => this.#opened.forgetting.forget(now, keepHistoryMs),
    byKey: ({ client, key }) => this.#opened.search.byKey(client, key),
    books: () => this.#opened.groups.books(),
    depth: () => this.#opened.groups.depth(),
    acceptedSince: ({ client, since }) => this.#opened.search.acceptedSince(client, since),
    recipientsSentSince: ({ connector, sender, since }) =>
      this.#opened.search.recipientsSentSince(connector, sender, since),
    sweep: (request) => {
      const result = this.#opened.retention.sweep(request);
      for (const item of result.carry) this.#leased.set(item.record.message.id, this.#position);
      if (result.removable.length === 0 && result.files.length === 0) return result;
      this.commit();
      // Checkpoint first, remove second: until the index is durably past them, the segments are its only source.
      const durable = this.#opened.database.checkpoint('TRUNCATE');
      return durable ? result : { ...result, removable: [], files: [] };
    },
    close: () => undefined,
  };

  /** @param until where to end, when the journal is being written meanwhile: what stands behind may yet be refused. */
  #replay(until?: Position): ReplayEnd {
    const { applier } = this.#opened;
    const end = replayJournal(this.#dir, this.#position, (record, segment) => {
      const place = { segment, offset: record.offset };
      if (until && !isBefore(place, until)) return;
      const content = readContent(record.type, record.json);
      if (!content) return;
      applier.apply(content, { ...place, length: record.length });
      this.#endLeases(content, place);
    });
    this.#position = until && isBefore(until, end.position) ? until : end.position;
    return end;
  }

  /**
   * Runs something. When SQLite then fails, the open transaction and all counts in memory are worth nothing, and SQLite may
   * have ended the transaction by itself, so that what is written next would stand alone: the file is closed, opened again
   * at what it had committed, or made anew when it is damaged, and brought up to date from the journal. When it fails
   * once more, it stays closed until something is wanted of it again: no half of a change is ever committed.
   */
  #withRepair<T>(action: () => T): T {
    try {
      if (!this.#usable) this.#openAgain();
      return action();
    } catch (error) {
      if (!isSqliteError(error)) throw error;
      this.#giveUp(error);
    }
    try {
      if (!this.#usable) this.#openAgain();
      return action();
    } catch (error) {
      if (isSqliteError(error)) this.#giveUp(error);
      throw error;
    }
  }

  #giveUp(error: unknown): void {
    const damaged = saysDamaged(error);
    if (this.#usable) closeQuietly(this.#opened.database);
    this.#usable = false;
    if (damaged) setIndexAside(this.#dir);
    if (this.#told && !damaged) return;
    this.#told = true;
    this.#remark(
      damaged
        ? `The index was damaged (${sentenceOf(error)}). It is being made anew from the journal; the history of messages whose segments have gone is lost.`
        : `The index could not be used (${sentenceOf(error)}). It is being opened again and brought up to date from the journal.`,
    );
  }

  #openAgain(): void {
    this.#opened = open(this.#dir);
    try {
      this.#position = readPosition(this.#opened.database);
      this.#committed = this.#position;
      this.#replay(this.#fed);
      this.#opened.queue.clearLeases();
      this.#opened.queue.claim(this.#leased.keys());
    } catch (error) {
      closeQuietly(this.#opened.database);
      throw error;
    }
    this.#usable = true;
  }
}

/** What it had not committed is in the journal. */
function closeQuietly(database: IndexDatabase): void {
  try {
    database.close();
  } catch {
    // It was closed, or cannot be any more.
  }
}

/** Messages whose lease or claim a record ends. */
function endedBy(content: RecordContent): readonly MessageId[] {
  switch (content.type) {
    case 'outcome':
      return [content.data.id];
    case 'carried':
      return [content.data.message.id];
    case 'intervened':
      return content.data.ids;
    default:
      return [];
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function open(dir: string): Opened {
  const database = new IndexDatabase(dir);
  const groups = new Groups(database);
  const rates = new RateCounter(database);
  const submissions = new Submissions(database);
  const applier = new RecordApplier(database, groups, rates, submissions);
  const queue = new QueueView(database, groups, applier, submissions);
  const subjects = new SubjectIndex(database);
  const messages = new MessageSearch(database, groups, subjects);
  const search = new SearchView(database, groups, queue, messages, submissions);
  const retention = new Retention(database, queue, search);
  const forgetting = new Forgetting(database, groups, subjects, rates, submissions);
  return { database, groups, applier, queue, search, retention, messages, subjects, rates, forgetting };
}

function readPosition(database: IndexDatabase): Position {
  const row = database.row('SELECT segment, next_offset FROM position');
  return { segment: integer(row, 'segment'), offset: integer(row, 'next_offset') };
}

function isBefore(one: Position, other: Position): boolean {
  return one.segment < other.segment || (one.segment === other.segment && one.offset < other.offset);
}
