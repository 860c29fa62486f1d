/**
 * One app registration sending as one mailbox: what Microsoft's limits apply to. Messages a minute and recipients a day are
 * counted by mailbox, so that lanes which share one tell each other (`sentBeside`).
 *
 * A lane is open while nothing tells it to wait. A 429, a 503 or a network fault makes it wait, as long as `Retry-After`
 * says or by its own back-off; it then tries with one attempt at a time, and each answer from the service gives it
 * one more in flight until it is back at its limit. So it finds the limit again by itself.
 */
import type { QueuedMessage } from '../domain/message.ts';
import type { Random } from '../domain/ports.ts';
import { FairOrder } from './fair-order.ts';
import type { LaneLimits } from './lane-limits.ts';
import { laneBackOff, waitMs } from './retry-clock.ts';
import { RollingWindow } from './rolling-window.ts';

const minuteMs = 60_000;
const dayMs = 24 * 3_600_000;

/** How a lane stands against its limits; figures of a limit that it does not have are 0. */
export interface LaneStanding {
  readonly connector: string;
  readonly sender: string;
  readonly inFlight: number;
  /** As many may be under way now: fewer than its limit after it was told to wait. */
  readonly allowedInFlight: number;
  readonly messagesLastMinute: number;
  readonly recipientsLastDay: number;
  /** Until when the service wants it to wait; absent when it does not. */
  readonly waitsUntil?: number;
}

export class Lane {
  readonly connector: string;
  readonly sender: string;
  readonly order = new FairOrder();
  readonly #limits: LaneLimits;
  readonly #random: Random;
  readonly #messages: RollingWindow;
  readonly #requests: RollingWindow;
  readonly #bytes: RollingWindow;
  readonly #recipients: RollingWindow;
  #inFlight = 0;
  #allowed: number;
  #waitsUntil = 0;
  #restsUntil = 0;
  #deferrals = 0;

  constructor(connector: string, sender: string, limits: LaneLimits, random: Random) {
    this.connector = connector;
    this.sender = sender;
    this.#limits = limits;
    this.#random = random;
    this.#messages = new RollingWindow(limits.messagesPerMinute, minuteMs);
    this.#requests = new RollingWindow(limits.requestsPer10Minutes, 10 * minuteMs);
    this.#bytes = new RollingWindow(limits.uploadBytesPer5Minutes, 5 * minuteMs);
    this.#recipients = new RollingWindow(limits.recipientsPerDay, dayMs);
    this.#allowed = limits.concurrency;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Until when the service wants the lane to wait; in the past when it does not. */
  get waitsUntil(): number {
    return this.#waitsUntil;
  }

  /** How much of its limits it uses now. */
  standing(now: number): LaneStanding {
    return {
      connector: this.connector,
      sender: this.sender,
      inFlight: this.#inFlight,
      allowedInFlight: this.#allowed,
      messagesLastMinute: this.#messages.sum(now),
      recipientsLastDay: this.#recipients.sum(now),
      ...(this.#waitsUntil > now ? { waitsUntil: this.#waitsUntil } : {}),
    };
  }

  /** Recipients that were sent to before this process began, at the time given. */
  remember(recipients: number, at: number): void {
    this.#recipients.add(recipients, at);
  }

  /** When this message may start: `now`, a later time, or `undefined` when an attempt has to end first. */
  mayStart(message: QueuedMessage, now: number): number | undefined {
    if (this.#inFlight >= this.#allowed) return undefined;
    return Math.max(
      this.#waitsUntil,
      this.#messages.freeAt(1, now),
      this.#requests.freeAt(1, now),
      this.#bytes.freeAt(uploadBytes(message), now),
      this.#recipients.freeAt(message.envelope.recipients.length, now),
      now,
    );
  }

  /** Until when nothing at all may start, by a wait or by the recipients of the day; in the past when something may. */
  closedUntil(now: number): number {
    return Math.max(this.#waitsUntil, this.#recipients.freeAt(1, now));
  }

  /** When the next message of ordinary size may start, as far as waits and rates go. */
  opensAt(now: number): number {
    return Math.max(this.#waitsUntil, this.#restsUntil, this.#messages.freeAt(1, now), this.#requests.freeAt(1, now));
  }

  started(message: QueuedMessage, now: number): void {
    this.#inFlight += 1;
    this.#messages.add(1, now);
    this.#requests.add(1, now);
    this.#bytes.add(uploadBytes(message), now);
    this.#recipients.add(message.envelope.recipients.length, now);
  }

  /** The same mailbox sends by another connector: what Exchange counts by mailbox counts here too. */
  sentBeside(messages: number, recipients: number, at: number): void {
    this.#messages.add(messages, at);
    this.#recipients.add(recipients, at);
  }

  ended(): void {
    this.#inFlight -= 1;
  }

  /** The service dealt with a message: the lane is open. */
  answered(): void {
    this.#deferrals = 0;
    if (this.#allowed < this.#limits.concurrency) this.#allowed += 1;
  }

  /** ms that the lane would wait by itself after one more deferral; what is left of the wait, when it waits already. */
  backOffMs(now: number): number {
    if (this.#waitsUntil > now) return this.#waitsUntil - now;
    return waitMs(laneBackOff, this.#deferrals + 1, this.#random);
  }

  /** The lane waits, and begins again with one attempt at a time. */
  wait(until: number, now: number): void {
    // Attempts that were under way together come back together: they are one deferral.
    if (this.#waitsUntil <= now) this.#deferrals += 1;
    this.#waitsUntil = Math.max(this.#waitsUntil, until);
    this.#allowed = 1;
  }

  /**
   * What was leased has been given back because it cannot start before `until`. Without a rest the same message would be
   * leased and given back in a circle; not longer than a minute, because a smaller message may come that can.
   */
  rest(until: number, now: number): void {
    this.#restsUntil = Math.min(until, now + minuteMs);
  }

  /** Messages worth leasing for each group: enough to keep the lane busy, no more than its limits let go soon. */
  appetite(now: number): number {
    if (this.#waitsUntil > now || this.#restsUntil > now) return 0;
    return Math.min(Math.max(8, this.#allowed * 4), 256, this.#messages.room(now), this.#requests.room(now));
  }
}

/** Size of the request's body: base64 takes four bytes for three. */
function uploadBytes(message: QueuedMessage): number {
  return Math.ceil(message.size / 3) * 4;
}
