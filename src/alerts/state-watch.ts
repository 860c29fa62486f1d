/** Looks every minute at what no event tells of: how long mail waits, how much of it, and how full the disk is. */
import { statfs } from 'node:fs/promises';
import type { AlertDesk } from '../domain/alert.ts';
import type { Clock, Logger } from '../domain/ports.ts';

/** The part of the store's answers that is looked at. */
export interface WatchedStore {
  depth(): Promise<
    readonly { readonly connector: string; readonly queued: number; readonly oldestAcceptedAt: number | undefined }[]
  >;
  pauses(): Promise<readonly { readonly connector: string; readonly reason: string }[]>;
}

export interface StateWatchOptions {
  readonly store: WatchedStore;
  readonly alerts: AlertDesk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly dataDir: string;
  /** Free bytes at which no more mail is accepted. */
  readonly reserveBytes: number;
  readonly when: {
    readonly queueOlderThan: number;
    readonly queueDeeperThan: number;
    readonly diskBelow?: number | undefined;
  };
}

const everyMs = 60_000;

export class StateWatch {
  readonly #options: StateWatchOptions;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(options: StateWatchOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.clock.after(everyMs, () => {
      this.look()
        .catch((error: unknown) => {
          this.#options.logger.warn({ err: error }, 'The state of queue and disk could not be looked at.');
        })
        .finally(() => this.start());
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** One look. @throws what the store or the system throws */
  async look(): Promise<void> {
    await this.#queue();
    await this.#disk();
  }

  async #queue(): Promise<void> {
    const { store, alerts, clock, when } = this.#options;
    const [depth, pauses] = await Promise.all([store.depth(), store.pauses()]);
    const paused = new Map(pauses.map(({ connector, reason }) => [connector, reason]));
    for (const [connector, lanes] of Map.groupBy(depth, (lane) => lane.connector)) {
      const waiting = lanes.reduce((sum, { queued }) => sum + queued, 0);
      const oldestMs =
        clock.now() - Math.min(...lanes.map(({ oldestAcceptedAt }) => oldestAcceptedAt ?? Number.POSITIVE_INFINITY));
      // A fault that pauses a connector has been told; that its mail waits is no news. What a person paused is forgotten.
      const isKnown = paused.has(connector) && paused.get(connector) !== 'operator';
      if (oldestMs >= when.queueOlderThan && !isKnown)
        alerts.raise({ kind: 'queue-old', connector, oldestMs, waiting });
      else alerts.settled('queue-old', connector);
      const limit = when.queueDeeperThan;
      if (waiting > limit) alerts.raise({ kind: 'queue-deep', connector, waiting, limit });
      else alerts.settled('queue-deep', connector);
    }
  }

  async #disk(): Promise<void> {
    const { alerts, dataDir, reserveBytes, when } = this.#options;
    const { bavail, bsize } = await statfs(dataDir);
    const freeBytes = bavail * bsize;
    if (freeBytes < (when.diskBelow ?? 2 * reserveBytes))
      alerts.raise({ kind: 'disk-low', folder: dataDir, freeBytes, reserveBytes });
    else alerts.settled('disk-low', dataDir);
  }
}
