/**
 * Looks once a minute for messages that have come to the age at which their senders are told of the delay. Each message is
 * looked at when it comes to that age, and again after a restart; a notice that is on record already is not made again.
 */
import type { QueuedMessage } from '../domain/message.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import type { Notices } from './notice.ts';
import type { QueueStore } from './store.ts';

const lookMs = 60_000;
/** Messages asked for at once. */
const page = 500;

export interface DelayWatchOptions {
  readonly store: Pick<QueueStore, 'list'>;
  readonly notices: Pick<Notices, 'delayed'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Age at which a message is late, ms. */
  readonly afterMs: number;
}

export class DelayWatch {
  readonly #options: DelayWatchOptions;
  /** Acceptance of those that were looked at last. */
  #lookedUntil = 0;
  #looking: Promise<void> = Promise.resolve();
  #cancel: () => void = () => undefined;
  #stopped = false;

  constructor(options: DelayWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopped = false;
    this.#wait();
  }

  /** Resolves when nothing is being told any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#looking;
  }

  #wait(): void {
    this.#cancel = this.#options.clock.after(lookMs, () => {
      this.#looking = this.#look().finally(() => {
        if (!this.#stopped) this.#wait();
      });
    });
  }

  async #look(): Promise<void> {
    const { store, notices, clock, logger, afterMs } = this.#options;
    const acceptedUntil = clock.now() - afterMs;
    const query = { states: ['queued'], acceptedFrom: this.#lookedUntil, acceptedUntil, limit: page } as const;
    try {
      let last: QueuedMessage | undefined;
      do {
        const late = await store.list({ ...query, ...(last ? { after: last.id } : {}) });
        for (const message of late) await notices.delayed(message);
        last = late.length < page ? undefined : late.at(-1);
      } while (last && !this.#stopped);
      // What came to the age in the same moment is looked at twice rather than not at all.
      if (!this.#stopped) this.#lookedUntil = acceptedUntil;
    } catch (error) {
      logger.error({ err: error }, 'Senders could not be told of a delay; it is tried again in a minute.');
    }
  }
}
