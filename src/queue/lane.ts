/**
 * One app registration sending as one mailbox: what Microsoft's limits apply to. Messages a minute and recipients a day are
 * counted by mailbox, so that lanes which share one tell each other (`sentBeside`).
 *
 * A lane is open while nothing tells it to wait. A 429, a 503 or a network fault makes it wait, as long as `Retry-After`
 * says or by its own back-off; it then tries with one attempt at a time, and each answer from the service gives it
 * one more in flight until it is back at its limit. A limit that is lower than it was told it finds (`found-limits.ts`).
 *
 * Where some mail goes before other, the other is spread over the minute: thirty at once would leave a password reset that
 * comes a second later to wait for the fifty-nine that are left, and spread it waits for two.
 */
import type { Priority, QueuedMessage } from '../domain/message.ts';
import type { Random } from '../domain/ports.ts';
import { FairOrder, goesBefore } from './fair-order.ts';
import { FoundConcurrency, FoundPace } from './found-limits.ts';
import type { LaneLimits } from './lane-limits.ts';
import { laneBackOff, waitMs } from './retry-clock.ts';
import { RollingWindow } from './rolling-window.ts';

const minuteMs = 60_000;
const dayMs = 24 * 3_600_000;

/**
 * By how much longer than its window a count is kept. The service counts from when a request arrives, and in slots: at the
 * edge of a window that is full it would refuse what has left the window by our clock. Exchange holds back what is too
 * much in a minute and refuses nothing, so that a minute needs no edge.
 */
const edge = 1.019;

/** Answers for one more in flight, where a 429 is not ten minutes past: what is under way together is refused together. */
const waryAnswers = 25;

/** Messages that go at once where others go before them, as a share of the minute. */
const atOnce = 1 / 4;

/** Why a lane is told to wait: `crowded` and `throttled` are limits, of attempts at once and of anything in a time. */
export type WaitReason = 'crowded' | 'throttled' | 'fault';

/** How a lane stands against its limits; figures of a limit that it does not have are 0. */
export interface LaneStanding {
  readonly connector: string;
  readonly sender: string;
  readonly inFlight: number;
  /** As many may be under way now: fewer than its limit after it was told to wait. */
  readonly allowedInFlight: number;
  readonly messagesLastMinute: number;
  readonly recipientsLastDay: number;
  /** Messages a minute that it keeps to, having been refused more; absent when it found no limit of its own. */
  readonly foundPerMinute?: number;
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
  readonly #foundConcurrency: FoundConcurrency;
  readonly #foundPace: FoundPace;
  readonly #first: () => Priority;
  #inFlight = 0;
  #allowed: number;
  /** Before which nothing goes by the pace that was found; before which nothing goes that others go before. */
  #pacedFrom = 0;
  #spreadFrom = 0;
  /** Of those that others go before, what went at once: in a minute that it is in, the rest has less room. */
  readonly #atOnce: RollingWindow;
  #waitsUntil = 0;
  #restsUntil = 0;
  #deferrals = 0;
  /** Since the lane was told to wait. */
  #answers = 0;

  /** @param first the priority before which nobody's mail goes; what is below it is spread over the minute */
  constructor(
    connector: string,
    sender: string,
    limits: LaneLimits,
    random: Random,
    first: () => Priority = () => 'low',
  ) {
    this.connector = connector;
    this.sender = sender;
    this.#limits = limits;
    this.#random = random;
    this.#messages = new RollingWindow(limits.messagesPerMinute, minuteMs);
    this.#atOnce = new RollingWindow(limits.messagesPerMinute, minuteMs);
    this.#requests = new RollingWindow(limits.requestsPer10Minutes, 10 * minuteMs * edge);
    this.#bytes = new RollingWindow(limits.uploadBytesPer5Minutes, 5 * minuteMs * edge);
    this.#recipients = new RollingWindow(limits.recipientsPerDay, dayMs * edge);
    this.#foundConcurrency = new FoundConcurrency(limits.concurrency);
    this.#foundPace = new FoundPace(limits.messagesPerMinute);
    this.#first = first;
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
      ...(this.#foundPace.gapMs > 0 ? { foundPerMinute: Math.round(600_000 / this.#foundPace.gapMs) / 10 } : {}),
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
      this.#pacedFrom,
      this.#spread(message, now),
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
    const toldAt = Math.max(this.#waitsUntil, this.#restsUntil, this.#pacedFrom);
    return Math.max(toldAt, this.#messages.freeAt(1, now), this.#requests.freeAt(1, now));
  }

  /** When a message may go that others go before: a few at once, and the others evenly over the minute. */
  #spread({ priority }: QueuedMessage, now: number): number {
    return !goesBefore(this.#first(), priority) || this.#isQuiet(now) ? now : this.#spreadFrom;
  }

  #isQuiet(now: number): boolean {
    return this.#messages.sum(now) < this.#limits.messagesPerMinute * atOnce;
  }

  started(message: QueuedMessage, now: number): void {
    this.#inFlight += 1;
    if (this.#isQuiet(now)) this.#atOnce.add(1, now);
    this.#messages.add(1, now);
    this.#requests.add(1, now);
    this.#bytes.add(uploadBytes(message), now);
    this.#recipients.add(message.envelope.recipients.length, now);
    this.#pacedFrom = onTheBeat(this.#pacedFrom, this.#foundPace.gapMs, now);
    this.#spreadFrom = onTheBeat(this.#spreadFrom, minuteMs / Math.max(1, this.#atOnce.room(now)), now);
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
  answered(now: number): void {
    this.#deferrals = 0;
    this.#foundPace.answered(now);
    this.#foundConcurrency.answered();
    this.#answers += 1;
    const answersForOne = this.#foundPace.isWary(now) ? waryAnswers : 1;
    if (this.#answers % answersForOne === 0 && this.#allowed < this.#foundConcurrency.ceiling) this.#allowed += 1;
  }

  /** ms that the lane would wait by itself after one more deferral; what is left of the wait, when it waits already. */
  backOffMs(now: number): number {
    if (this.#waitsUntil > now) return this.#waitsUntil - now;
    return waitMs(laneBackOff, this.#deferrals + 1, this.#random);
  }

  /** The lane waits, and begins again with one attempt at a time. Called after `ended`. */
  wait(until: number, now: number, reason: WaitReason): void {
    // Attempts that were under way together come back together: they are one deferral.
    const isOne = this.#waitsUntil <= now;
    if (isOne) this.#deferrals += 1;
    if (reason === 'crowded') this.#foundConcurrency.refused(this.#inFlight + 1);
    const beyond = reason === 'throttled' && isOne ? this.#foundPace.refused(now, until) : 0;
    this.#waitsUntil = Math.max(this.#waitsUntil, until + beyond);
    this.#allowed = 1;
    this.#answers = 0;
  }

  /**
   * What was leased has been given back because it cannot start before `until`. Without a rest the same message would be
   * leased and given back in a circle; not longer than a minute, because a smaller message may come that can.
   */
  rest(until: number, now: number): void {
    this.#restsUntil = Math.min(until, now + minuteMs);
  }

  /** The clock has been set back by so many ms: what was to wait until a time waits no longer for that. */
  setBack(ms: number): void {
    this.#waitsUntil -= ms;
    this.#restsUntil -= ms;
    this.#pacedFrom -= ms;
    this.#spreadFrom -= ms;
  }

  /** Messages worth leasing for each group: enough to keep the lane busy, no more than its limits let go soon. */
  appetite(now: number): number {
    if (this.#waitsUntil > now || this.#restsUntil > now) return 0;
    return Math.min(Math.max(8, this.#allowed * 4), 256, this.#messages.room(now), this.#requests.room(now));
  }
}

/** The next time of a beat that a start a little late does not put off; one that is long past begins a new one. */
function onTheBeat(last: number, gapMs: number, now: number): number {
  return Math.max(last, now - gapMs) + gapMs;
}

/** Size of the request's body: base64 takes four bytes for three. */
function uploadBytes(message: QueuedMessage): number {
  return Math.ceil(message.size / 3) * 4;
}
