/**
 * How much waits for each sending mailbox, for whoever may choose between several. The store is asked every two seconds at
 * the most, and only while somebody asks; what is accepted meanwhile is added.
 */
import type { Clock, Logger } from '../domain/ports.ts';
import type { QueueDepth, QueueStore } from './store.ts';

const refreshMs = 2_000;

/** A lane in which nothing may start. */
export interface ClosedLane {
  readonly connector: string;
  readonly sender: string;
  /** ms since the epoch. */
  readonly until: number;
}

export interface LaneLoadParts {
  readonly store: Pick<QueueStore, 'depth'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class LaneLoads {
  readonly #parts: LaneLoadParts;
  #closed: () => readonly ClosedLane[] = () => [];
  #waiting: ReadonlyMap<string, number> = new Map();
  #added = new Map<string, number>();
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: LaneLoadParts) {
    this.#parts = parts;
  }

  /** @param closed asked each time */
  connect(closed: () => readonly ClosedLane[]): void {
    this.#closed = closed;
  }

  /** One more message waits. */
  add(connector: string, sender: string): void {
    const key = keyOf(connector, sender);
    this.#added.set(key, (this.#added.get(key) ?? 0) + 1);
  }

  of(connector: string, sender: string): { readonly waiting: number; readonly closedMs: number } {
    const now = this.#parts.clock.now();
    if (now - this.#askedAt >= refreshMs) {
      this.#askedAt = now;
      this.#refresh().catch((error: unknown) =>
        this.#parts.logger.warn({ err: error }, 'The store could not be asked how much waits; what was known counts.'),
      );
    }
    const key = keyOf(connector, sender);
    const closed = this.#closed().find((lane) => keyOf(lane.connector, lane.sender) === key);
    return {
      waiting: (this.#waiting.get(key) ?? 0) + (this.#added.get(key) ?? 0),
      closedMs: Math.max(0, (closed?.until ?? now) - now),
    };
  }

  async #refresh(): Promise<void> {
    // What is accepted while the store is asked may be counted twice for two seconds, and is not lost.
    const before = new Map(this.#added);
    const added = new Map<string, number>();
    const depth = await this.#parts.store.depth();
    for (const [key, count] of this.#added) {
      const meanwhile = count - (before.get(key) ?? 0);
      if (meanwhile > 0) added.set(key, meanwhile);
    }
    this.#added = added;
    this.#waiting = new Map(depth.map((lane: QueueDepth) => [keyOf(lane.connector, lane.sender), lane.queued]));
  }
}

function keyOf(connector: string, sender: string): string {
  return `${connector}\n${sender.toLowerCase()}`;
}
