/**
 * Whose message goes next in a lane.
 *
 * High goes before normal before low, so that a bulk job does not hold up a password reset. Within a priority, clients take
 * turns.
 *
 * Nobody is starved. A priority is owed one turn in twenty of those that pass it over, and pays with each turn that it
 * gets. What it is owed is not claimed at once: a burst is to go through whole, as though nothing else waited. Only a
 * priority that has been owed something for `patienceMs` without a break gets a turn in twenty from then on. Ageing by a
 * message's own age would turn every old bulk job into high mail. A restart begins to count anew.
 */
import type { Priority, QueuedMessage } from '../domain/message.ts';
import type { ReadyGroup } from './store.ts';

const priorities = ['high', 'normal', 'low'] as const satisfies readonly Priority[];

/** Turns of others for which a priority that waits is owed one: 5 % of a busy lane. */
const passesATurn = 20;

/**
 * ms. The recipients that Exchange allows a mailbox in a day have left after 5 h 34 min at thirty a minute: no burst that
 * the day has room for lasts longer, and what does is a stream that never ends.
 */
export const patienceMs = 6 * 3_600_000;

/** Whether one priority goes before another. */
export function goesBefore(one: Priority, other: Priority): boolean {
  return priorities.indexOf(one) < priorities.indexOf(other);
}

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

/** What a priority has coming to it. */
interface Claim {
  /** Turns of others since its last one. */
  passes: number;
  /** Turns that it is owed, in fractions. */
  owed: number;
  /** Since when it has been owed something; undefined when nothing. */
  owedSince: number | undefined;
}

export class FairOrder {
  readonly #waiting = new Map<string, Waiting>();
  readonly #claims: Record<Priority, Claim> = { high: noClaim(), normal: noClaim(), low: noClaim() };
  #turn = 0;

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

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
  peek(now: number): QueuedMessage | undefined {
    return this.#next(now)?.messages[0];
  }

  /** Takes the message that goes next. */
  take(now: number): QueuedMessage | undefined {
    const next = this.#next(now);
    if (!next) return undefined;
    this.#turn += 1;
    next.served = this.#turn;
    for (const priority of priorities)
      if (priority === next.group.priority) pay(this.#claims[priority]);
      else if (this.#waits(priority)) passOver(this.#claims[priority], now);
      else this.#claims[priority] = noClaim();
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

  #next(now: number): Waiting | undefined {
    for (const priority of priorities) {
      const { passes, owedSince } = this.#claims[priority];
      if (passes < passesATurn || owedSince === undefined || now - owedSince < patienceMs) continue;
      const starved = this.#first(priority);
      if (starved) return starved;
    }
    return this.#first('high') ?? this.#first('normal') ?? this.#first('low');
  }

  #waits(priority: Priority): boolean {
    for (const { group, messages, more } of this.#waiting.values())
      if (group.priority === priority && (messages.length > 0 || more)) return true;
    return false;
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

function noClaim(): Claim {
  return { passes: 0, owed: 0, owedSince: undefined };
}

function passOver(claim: Claim, now: number): void {
  claim.passes += 1;
  claim.owed += 1 / passesATurn;
  claim.owedSince ??= now;
}

function pay(claim: Claim): void {
  claim.passes = 0;
  claim.owed = Math.max(0, claim.owed - 1);
  if (claim.owed === 0) claim.owedSince = undefined;
}
