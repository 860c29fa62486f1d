/**
 * Whose message goes next in a lane.
 *
 * High goes before normal before low, so that a bulk job does not hold up a password reset. A priority that was passed
 * over `mostPasses` times while it had something waiting gets one turn, so that low is slow but never starved; ageing by
 * a message's own age would turn every old bulk job into high mail. Within a priority, clients take turns.
 */
import type { Priority, QueuedMessage } from '../domain/message.ts';
import type { ReadyGroup } from './store.ts';

const priorities = ['high', 'normal', 'low'] as const satisfies readonly Priority[];

/** Turns of others after which a priority that waits gets one. 5 % of a busy lane. */
const mostPasses = 20;

/** Messages of one client and priority that are leased and wait for their turn. */
export interface Waiting {
  readonly group: ReadyGroup;
  readonly messages: QueuedMessage[];
  /** The store may have more of them. */
  more: boolean;
  /** A lease is being asked for. */
  leasing: boolean;
  /** The turn at which it was last served. */
  served: number;
}

export class FairOrder {
  readonly #waiting = new Map<string, Waiting>();
  readonly #passes = { high: 0, normal: 0, low: 0 };
  #turn = 0;

  all(): Iterable<Waiting> {
    return this.#waiting.values();
  }

  /** Takes note that the store has messages of a group. */
  note(group: ReadyGroup): Waiting {
    const key = `${group.priority}\n${group.client}`;
    const known = this.#waiting.get(key);
    if (known) {
      known.more = true;
      return known;
    }
    const fresh: Waiting = { group, messages: [], more: true, leasing: false, served: 0 };
    this.#waiting.set(key, fresh);
    return fresh;
  }

  /** The message that goes next, which stays where it is until `take`. */
  peek(): QueuedMessage | undefined {
    return this.#next()?.messages[0];
  }

  /** Takes the message that goes next. */
  take(): QueuedMessage | undefined {
    const next = this.#next();
    if (!next) return undefined;
    this.#turn += 1;
    next.served = this.#turn;
    for (const priority of priorities)
      if (priority === next.group.priority) this.#passes[priority] = 0;
      else if (this.#first(priority)) this.#passes[priority] += 1;
    const message = next.messages.shift();
    if (next.messages.length === 0 && !next.more && !next.leasing) this.#drop(next);
    return message;
  }

  /** Takes everything out, for giving it back to the store, which then may have more of each. */
  empty(): QueuedMessage[] {
    const taken: QueuedMessage[] = [];
    for (const waiting of this.#waiting.values()) {
      if (waiting.messages.length > 0) waiting.more = true;
      taken.push(...waiting.messages.splice(0));
    }
    return taken;
  }

  #next(): Waiting | undefined {
    for (const priority of priorities)
      if (this.#passes[priority] >= mostPasses) {
        const starved = this.#first(priority);
        if (starved) return starved;
      }
    return this.#first('high') ?? this.#first('normal') ?? this.#first('low');
  }

  /** Of a priority's clients with something leased, the one that has waited longest for a turn. */
  #first(priority: Priority): Waiting | undefined {
    let first: Waiting | undefined;
    for (const waiting of this.#waiting.values())
      if (waiting.group.priority === priority && waiting.messages.length > 0)
        if (!first || waiting.served < first.served) first = waiting;
    return first;
  }

  #drop({ group }: Waiting): void {
    this.#waiting.delete(`${group.priority}\n${group.client}`);
  }
}
