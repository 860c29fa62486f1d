/** The store's end of the index's thread: posts groups and questions, and waits for answers. */
import { Worker } from 'node:worker_threads';
import type { Logger } from '../../domain/ports.ts';
import type { FromIndex, IndexCalls, IndexOperation, Recovered, ToIndex } from './index/calls.ts';
import type { FedGroup } from './journal.ts';

/** Records that the thread may be behind before the journal waits for it: what is posted is in memory. */
const mostRecordsBehind = 20_000;
/**
 * Records may wait so long, ms, for others or for a question, before they are posted: each post wakes the thread, which
 * costs as much as a message's share of everything else in the index, and takes the core away where cores are few.
 */
const gatherMs = 50;

type Reject = (error: Error) => void;

/**
 * Begins the index's thread ahead of its store, so that it reads its sources while the rest of the server does: it touches no
 * file of the data folder before the store opens it, and ends with the process when none does.
 */
export function beginIndexThread(): Worker {
  const worker = new Worker(new URL('./index/thread.ts', import.meta.url), { execArgv: [] });
  worker.unref();
  return worker;
}

export class IndexClient {
  readonly #worker: Worker;
  readonly #logger: Logger;
  /** Settles a question by its number; a closure each, so that answers keep the type of their question. */
  readonly #asked = new Map<
    number,
    { readonly take: (word: Extract<FromIndex, { answer: number }>) => void; readonly reject: Reject }
  >();
  readonly #recovered: Promise<Recovered>;
  #takeRecovered: ((recovered: Recovered) => void) | undefined;
  #refuseStart: Reject | undefined;
  #next = 1;
  #behind = 0;
  #caughtUp: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #dead: Error | undefined;
  #closing = false;
  #started = false;
  readonly #onLost: () => void;
  /** What is to be posted, in its order. */
  #words: ToIndex[] = [];
  #questionsWait = false;
  #gathering: NodeJS.Timeout | undefined;

  /**
   * @param worker the index's thread, when it has been begun already; see `beginIndexThread`.
   * @param onLost called when the thread has ended by itself after the start.
   */
  constructor(dir: string, logger: Logger, worker = beginIndexThread(), onLost = () => {}) {
    this.#logger = logger;
    this.#onLost = onLost;
    this.#recovered = new Promise((resolve, reject) => {
      this.#takeRecovered = resolve;
      this.#refuseStart = reject;
    });
    this.#worker = worker;
    this.#worker.ref();
    this.#worker.on('message', (words: readonly FromIndex[]) => {
      for (const word of words) this.#hear(word);
    });
    this.#worker.on('error', (error) => this.#die(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', () => this.#die(new Error('The thread of the index has ended.')));
    const first: readonly ToIndex[] = [{ open: dir }];
    this.#worker.postMessage(first);
  }

  /** Resolves when the index has read all of the journal. */
  recovered(): Promise<Recovered> {
    return this.#recovered;
  }

  feed(group: FedGroup): void {
    // The journal has it, and the next start reads it from there.
    if (this.#dead) return;
    this.#behind += group.records.length;
    this.#words.push({ feed: group });
    if (!this.#questionsWait) this.#gathering ??= setTimeout(() => this.#post(), gatherMs);
  }

  /** Resolves when few enough records are on their way; `undefined` when that is so already. */
  mayGoOn(): Promise<void> | undefined {
    if (this.#behind < mostRecordsBehind || this.#dead) return undefined;
    this.#caughtUp ??= Promise.withResolvers<void>();
    return this.#caughtUp.promise;
  }

  ask<K extends IndexOperation>(operation: K, input: IndexCalls[K]['input']): Promise<IndexCalls[K]['output']> {
    if (this.#dead) return Promise.reject(this.#dead);
    const number = this.#next;
    this.#next += 1;
    return new Promise((resolve, reject) => {
      this.#asked.set(number, { take: ({ value }) => resolve(value), reject });
      this.#words.push({ ask: { number, operation, input } });
      if (this.#questionsWait) return;
      this.#questionsWait = true;
      // Questions of one step share a post.
      queueMicrotask(() => this.#post());
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    if (!this.#dead) await this.ask('close', {}).catch((error: unknown) => this.#warn(error));
    await this.#worker.terminate();
  }

  #post(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#questionsWait = false;
    this.#worker.postMessage(this.#words);
    this.#words = [];
  }

  #hear(word: FromIndex): void {
    if ('answer' in word) {
      this.#asked.get(word.answer)?.take(word);
      this.#asked.delete(word.answer);
    } else if ('applied' in word) {
      this.#behind -= word.applied;
      if (this.#behind >= mostRecordsBehind) return;
      this.#caughtUp?.resolve();
      this.#caughtUp = undefined;
    } else if ('failed' in word) {
      this.#asked.get(word.failed)?.reject(new Error(`The index could not answer: ${word.sentence}`));
      this.#asked.delete(word.failed);
    } else if ('remark' in word) this.#logger.error({}, word.remark);
    else if ('started' in word) {
      this.#started = true;
      this.#takeRecovered?.(word.started);
    } else this.#refuseStart?.(new Error(word.refused));
  }

  #warn(error: unknown): void {
    this.#logger.warn({ err: error }, 'The index could not be closed in order; the next start brings it up to date.');
  }

  #die(error: Error): void {
    const isLost = !this.#dead && !this.#closing;
    if (isLost)
      this.#logger.error(
        { err: error },
        'The thread of the index has ended. What is accepted is safe in the journal, but nothing is sent until Mailroom is started again.',
      );
    this.#dead ??= error;
    clearTimeout(this.#gathering);
    this.#refuseStart?.(error);
    for (const asked of this.#asked.values()) asked.reject(error);
    this.#asked.clear();
    this.#caughtUp?.resolve();
    this.#caughtUp = undefined;
    if (isLost && this.#started) this.#onLost();
  }
}
