/**
 * The index as one object: takes the journal's records, answers questions, and makes itself anew when its file is damaged.
 * Runs in the index's thread; everything in it is synchronous.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { MessageId } from '../../../domain/message.ts';
import type { FedGroup, FedRecord } from '../journal.ts';
import { readContent } from '../records.ts';
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

type Handlers = { readonly [K in IndexOperation]: (input: IndexCalls[K]['input']) => IndexCalls[K]['output'] };

export class MessageIndex {
  readonly recovered: Recovered;
  readonly #dir: string;
  readonly #remark: (sentence: string) => void;
  /** Ids that are leased or claimed: to be so again when the index is made anew under them. */
  readonly #leased = new Set<MessageId>();
  #opened: Opened;
  #usable = true;
  #position: Position;
  #committed: Position;

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
  feed(group: FedGroup): void {
    if (reaches(this.#position, group)) return;
    this.#withRepair(() => {
      if (reaches(this.#position, group)) return;
      for (const record of group.records) this.#applyFed(record, group.segment);
      this.#position = { segment: group.segment, offset: group.end };
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
    if (content.type === 'outcome') this.#leased.delete(content.data.id);
    else if (content.type === 'carried') {
      this.#leased.delete(content.data.message.id);
      this.#opened.queue.release([content.data.message.id]);
    } else if (content.type === 'intervened') for (const id of content.data.ids) this.#leased.delete(id);
  }

  ask<K extends IndexOperation>(question: Pick<Question<K>, 'operation' | 'input'>): IndexCalls[K]['output'] {
    return this.#withRepair(() => {
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
      const { database, groups, rates } = this.#opened;
      const position = this.#position;
      groups.save();
      rates.save();
      if (position.segment !== this.#committed.segment || position.offset !== this.#committed.offset)
        database.run('UPDATE position SET segment = ?, next_offset = ?', position.segment, position.offset);
      database.commit();
      this.#committed = position;
    });
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
      for (const [id] of rows) this.#leased.add(id);
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
    untold: ({ since, limit }) => this.#opened.search.untold(since, limit),
    plan: (intervention) => {
      const result = this.#opened.queue.plan(intervention);
      for (const id of result.changed) this.#leased.add(id);
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
      for (const item of result.carry) this.#leased.add(item.record.message.id);
      if (result.removable.length === 0 && result.files.length === 0) return result;
      this.commit();
      // Checkpoint first, remove second: until the index is durably past them, the segments are its only source.
      const durable = this.#opened.database.checkpoint('TRUNCATE');
      return durable ? result : { ...result, removable: [], files: [] };
    },
    close: () => undefined,
  };

  #replay(): ReplayEnd {
    const { applier } = this.#opened;
    const end = replayJournal(this.#dir, this.#position, (record, segment) => {
      const content = readContent(record.type, record.json);
      if (content) applier.apply(content, { segment, offset: record.offset, length: record.length });
    });
    this.#position = end.position;
    return end;
  }

  /**
   * Runs something. When SQLite then fails, the open transaction and all counts in memory are worth nothing: the file is
   * opened again at what it had committed, or made anew when it is damaged, and brought up to date from the journal.
   */
  #withRepair<T>(action: () => T): T {
    if (!this.#usable) this.#openAgain(false);
    try {
      return action();
    } catch (error) {
      if (!isSqliteError(error)) throw error;
      const damaged = saysDamaged(error);
      this.#remark(
        damaged
          ? `The index was damaged (${sentenceOf(error)}). It is being made anew from the journal; the history of messages whose segments have gone is lost.`
          : `The index could not be used (${sentenceOf(error)}). It is being opened again and brought up to date from the journal.`,
      );
      this.#openAgain(damaged);
      return action();
    }
  }

  #openAgain(damaged: boolean): void {
    if (this.#usable)
      try {
        this.#opened.database.close();
      } catch {
        // What it had not committed is in the journal.
      }
    this.#usable = false;
    if (damaged) setIndexAside(this.#dir);
    this.#opened = open(this.#dir);
    this.#position = readPosition(this.#opened.database);
    this.#committed = this.#position;
    this.#replay();
    this.#opened.queue.clearLeases();
    this.#opened.queue.claim(this.#leased);
    this.#usable = true;
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

function reaches(position: Position, group: FedGroup): boolean {
  return position.segment > group.segment || (position.segment === group.segment && position.offset >= group.end);
}
