/**
 * One action on all messages that match, a few at a time, so that it can be watched and stopped.
 *
 * `running → done | stopped | interrupted | failed`. It goes from the newest message that matched when it began down to the
 * oldest; what comes in meanwhile is not its business. How far it is stands in the console's file after each few. When the
 * server stops, it stays `running` there and goes on with the next start; when that comes so late that nobody may be
 * thinking of it any more, it is `interrupted`, which says how far it came. What was changed stays changed, each message
 * with its own entry on its trail. Which messages are next stands in the file, with what was counted before, ahead of changing
 * them: after a crash their trails say whether they were, so that the figures are right, with one write for each step.
 */
import { randomUUID } from 'node:crypto';
import type { MessageId } from '../domain/message.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import type { BulkBook, BulkEntry, BulkOrder, BulkView } from './bulk-book.ts';
import type { LocalOperator } from './operator.ts';

/** What an action leaves on the trail of each message that it changes. */
const eventOf = { hold: 'held', release: 'released', retry: 'retried', cancel: 'cancelled' } as const;

function withoutStep({ step: _done, ...entry }: BulkEntry): BulkEntry {
  return entry;
}

function counted(entry: BulkEntry, step: readonly MessageId[], changed: number): BulkEntry {
  const { view } = entry;
  const unchanged = view.unchanged + step.length - changed;
  return {
    ...withoutStep(entry),
    view: { ...view, changed: view.changed + changed, unchanged },
    after: step.at(-1),
  };
}

interface Work {
  entry: BulkEntry;
  wantsStop: boolean;
  ended: Promise<void>;
}

/** Messages changed in one record of the journal. */
const atOnce = 500;
/** Between two of these the queue has the store for itself: mail goes before housekeeping, ms. */
const restMs = 50;
/** Ended ones that are still told of. */
const mostKept = 20;
const mostRunning = 4;
/** After so long without a server, nothing goes on by itself, ms. */
const forgottenMs = 3_600_000;

export interface BulkParts {
  readonly operator: Pick<LocalOperator, 'listIds' | 'intervene' | 'trail'>;
  readonly book: BulkBook;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told how each ended, and that one goes on after a restart. */
  readonly told: (order: BulkOrder, view: BulkView) => void;
}

export class BulkActions {
  readonly #parts: BulkParts;
  readonly #works = new Map<string, Work>();
  #closing = false;

  constructor(parts: BulkParts) {
    this.#parts = parts;
  }

  /** The newest first. */
  list(): readonly BulkView[] {
    return [...this.#works.values()].map(({ entry }) => entry.view).toReversed();
  }

  get(id: string): BulkView | undefined {
    return this.#works.get(id)?.entry.view;
  }

  /** Begins an action. `undefined` when as many as may are under way. */
  begin(order: BulkOrder): BulkView | undefined {
    if (this.list().filter(({ state }) => state === 'running').length >= mostRunning) return undefined;
    const { action, total, by } = order;
    const now = this.#parts.clock.now();
    const view: BulkView = {
      id: randomUUID(),
      action,
      total,
      by,
      state: 'running',
      startedAt: now,
      changed: 0,
      unchanged: 0,
      resumed: false,
    };
    const entry = { view, order, after: undefined, seenAt: now };
    this.#parts.book.put(entry);
    this.#start(entry);
    for (const [old, { entry: other }] of this.#works)
      if (this.#works.size > mostKept && other.view.state !== 'running') {
        this.#works.delete(old);
        this.#parts.book.remove(old);
      }
    return view;
  }

  /** Goes on with what a stop of the server came between. */
  resume(): void {
    const { book, clock, told, logger } = this.#parts;
    const now = clock.now();
    const unreadable = (error: unknown) =>
      logger.error({ err: error }, 'An action on many messages is damaged in the console’s file, and does not go on.');
    for (const entry of book.all(unreadable)) {
      const { view, order, seenAt } = entry;
      if (view.state !== 'running') this.#works.set(view.id, { entry, wantsStop: false, ended: Promise.resolve() });
      else if (now - seenAt > forgottenMs) {
        this.#begin(entry, (work) => {
          if (!entry.step) return this.#end(work, 'interrupted');
          return this.#countStep(work).then(() => this.#end(work, 'interrupted'));
        });
      } else {
        const resumed = { ...entry, view: { ...view, resumed: true } };
        told(order, resumed.view);
        this.#start(resumed);
      }
    }
  }

  /** Ends it after the messages under way; false when there is none of this id. */
  stop(id: string): boolean {
    const work = this.#works.get(id);
    if (work) work.wantsStop = true;
    return work !== undefined;
  }

  /** Sets all down where they are, for the next start, and resolves when they stand. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#works.values()].map(({ ended }) => ended));
  }

  #start(entry: BulkEntry): void {
    this.#begin(entry, (work) => this.#run(work));
  }

  #begin(entry: BulkEntry, go: (work: Work) => Promise<void> | void): void {
    const work: Work = { entry, wantsStop: false, ended: Promise.resolve() };
    this.#works.set(entry.view.id, work);
    const { logger } = this.#parts;
    const bulk = entry.view.id;
    work.ended = (async () => go(work))()
      .catch((error: unknown) => {
        logger.error({ err: error, bulk }, 'An action on many messages broke off.');
        this.#end(work, 'failed');
      })
      .catch((error: unknown) => logger.error({ err: error, bulk }, 'How it ended could not be put on record.'));
  }

  async #run(work: Work): Promise<void> {
    const { operator, book, clock } = this.#parts;
    const { action, filter, by } = work.entry.order;
    await this.#countStep(work);
    while (!work.wantsStop && !this.#closing) {
      const { after } = work.entry;
      const ids = await operator.listIds({ ...filter, limit: atOnce, ...(after === undefined ? {} : { after }) });
      if (ids.length > 0) {
        work.entry = { ...work.entry, step: ids, seenAt: clock.now() };
        book.put(work.entry);
        const { changed } = await operator.intervene(action, ids, by);
        work.entry = counted(work.entry, ids, changed.length);
      }
      if (ids.length < atOnce) {
        this.#end(work, 'done');
        return;
      }
      await new Promise<void>((resolve) => {
        clock.after(restMs, resolve);
      });
    }
    if (work.wantsStop) this.#end(work, 'stopped');
    else book.put({ ...work.entry, seenAt: clock.now() });
  }

  /** What a crash came between: a step is one record of the journal, so that it was made as a whole or not at all. */
  async #countStep(work: Work): Promise<void> {
    const { step, seenAt, order } = work.entry;
    if (!step) return;
    const kind = eventOf[order.action];
    let changed = 0;
    for (const id of step) {
      const events = (await this.#parts.operator.trail(id))?.events ?? [];
      if (events.some((event) => event.kind === kind && event.by === order.by && event.at >= seenAt)) changed += 1;
    }
    work.entry = changed > 0 ? counted(work.entry, step, changed) : withoutStep(work.entry);
  }

  #end(work: Work, state: BulkView['state']): void {
    const { entry } = work;
    work.entry = { ...entry, view: { ...entry.view, state, endedAt: this.#parts.clock.now() } };
    this.#parts.book.put(work.entry);
    this.#parts.told(entry.order, work.entry.view);
  }
}
