/**
 * The dispatcher: takes what is due out of the store and keeps as many attempts under way as the lanes allow.
 *
 * It works in turns. A turn ends what has expired, asks the store what is due, leases a little of each group, and starts
 * what may start. A turn is wanted whenever something may have changed: the store says so, an attempt has ended and its
 * lane has room, or a time has come. There is one turn at a time, so that leases and expiry never meet.
 *
 * States: idle until `start`; running; draining from `drain` on, when nothing more is leased and attempts may end until the
 * deadline. A crash in any state leaves leases to vanish and attempts to `recoverOrphans`.
 */
import type { FaultCode } from '../domain/catalogue.ts';
import type { QueuedMessage } from '../domain/message.ts';
import type { AttemptResult } from '../domain/outcome.ts';
import { type AttemptParts, type AttemptReport, makeAttempt } from './attempt.ts';
import { Connectors } from './connectors.ts';
import type { OutgoingConnector } from './delivery-port.ts';
import type { ConnectorStanding, DispatcherOptions, DrainReport } from './dispatcher-options.ts';
import { applyEffects } from './effects.ts';
import { expireOverdue } from './expiry.ts';
import { FallBack } from './fall-back.ts';
import type { LaneStanding } from './lane.ts';
import type { ClosedLane } from './lane-loads.ts';
import { Lanes, type LeaseWish, type Startable } from './lanes.ts';
import { recallFromTheFuture } from './recall.ts';
import { recoverOrphans } from './recovery.ts';
import { defaultRetrySchedule } from './retry-clock.ts';
import { failedBy, withoutSettled } from './settled-recipients.ts';
import { UnderWay } from './under-way.ts';

/** After a fault of the store, ms until the next turn: the disk may come back, and a loop without a wait would starve it. */
const storeFaultWaitMs = 1_000;
/** While mail waits in the lanes, new mail may wait so long, ms, to be seen: each look at the store costs two questions. */
const seenWithinMs = 50;
/** Clocks are set by less than this all the time, ms. */
const clockJitterMs = 5_000;
/** ms for broken-off attempts to put their outcome on record. */
const breakOffGraceMs = 3_000;

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #parts: AttemptParts;
  readonly #connectors: Connectors;
  readonly #lanes: Lanes;
  readonly #fallBack: FallBack;
  readonly #underWay: UnderWay;
  readonly #breakOff = new AbortController();
  readonly #unconfigured = new Set<string>();
  /** Resolved when earlier pauses have been taken up: what a person says before that would be undone by it. */
  readonly #restored = Promise.withResolvers<void>();
  /** Done between two turns: in the middle of one, what is being leased would belong to a lane that has gone. */
  #changes: (() => void)[] = [];
  #state: 'idle' | 'running' | 'draining' = 'idle';
  #turning: Promise<void> | undefined;
  #wanted = false;
  #askStore = true;
  #sweepAt = 0;
  /** The time of the last turn. */
  #seenAt = 0;
  #dueAt: number | undefined;
  /** Until then the store is left alone: it has just failed. */
  #troubledUntil = 0;
  #cancelTimer: () => void = () => undefined;
  /** Set while a look at the store is put off. */
  #cancelLook: (() => void) | undefined;

  constructor(options: DispatcherOptions) {
    const { store, clock, random, logger } = options;
    this.#options = options;
    const schedule = options.schedule ?? defaultRetrySchedule;
    this.#parts = { store, clock, random, logger, schedule, probe: options.probe ?? (() => undefined) };
    this.#connectors = new Connectors(options.connectors, { store, clock, logger, random }, (change) => {
      logger.warn(change, change.state === 'paused' ? 'The connector is paused.' : 'The connector runs again.');
      this.#tell(() => options.listener?.connectorChanged?.(change));
    });
    this.#underWay = new UnderWay(clock, logger);
    this.#lanes = new Lanes(this.#connectors, store, random, options.first ?? (() => 'low'));
    this.#fallBack = new FallBack(store, this.#connectors, this.#lanes, logger, this.#parts.probe);
  }

  /** Ends what a crash cut off, takes up pauses, and begins to send. */
  async start(): Promise<void> {
    const { store, clock, logger } = this.#options;
    await this.#connectors.restore();
    this.#restored.resolve();
    const ruleOf = (name: string) => this.#connectors.get(name)?.plan.uncertain;
    const recovered = await recoverOrphans(store, clock, logger, ruleOf, this.#options.cutOff);
    for (const { message, end } of recovered)
      logger.warn({ messageId: message.id, next: end.next.state }, 'An attempt was cut off by the end of the process.');
    this.#state = 'running';
    store.onReady(() => this.#mayBeReady());
    this.#want(true);
  }

  connectors(): readonly ConnectorStanding[] {
    return [...this.#connectors.all()].map(({ state }) => ({
      connector: state.connector,
      state: state.name,
      ...(state.pause ? { pause: state.pause } : {}),
    }));
  }

  /** Lanes that have had mail since the start, against their limits. */
  lanes(): readonly LaneStanding[] {
    return this.#lanes.standings(this.#options.clock.now());
  }

  /** Lanes in which nothing may start, and until when. */
  closedLanes(): readonly ClosedLane[] {
    return this.#lanes.closed(this.#options.clock.now());
  }

  /** The longest time between two turns, ms. */
  get #sweepMs(): number {
    return this.#options.expirySweepMs ?? 60_000;
  }

  /** Attempts under way, those included whose outcome is being put on record. */
  get inFlight(): number {
    return this.#underWay.size;
  }

  /** Resolves when no turn is under way and no attempt either: nothing more happens until something comes from outside. */
  async settled(): Promise<void> {
    while (this.#turning || this.#underWay.size > 0) await Promise.all([this.#turning, this.#underWay.settled()]);
  }

  /** A person pauses a connector; `by` and why go on record. Returns false for one that is not configured. */
  async pauseConnector(name: string, detail: string): Promise<boolean> {
    await this.#restored.promise;
    const known = this.#connectors.get(name);
    if (!known) return false;
    await this.#connectors.stop(known, detail);
    this.#want(false);
    return true;
  }

  /** A person resumes a connector, whatever paused it. */
  async resumeConnector(name: string, detail: string): Promise<boolean> {
    await this.#restored.promise;
    const known = this.#connectors.get(name);
    if (!known) return false;
    await this.#connectors.resume(known, detail);
    this.#want(true);
    return true;
  }

  /**
   * Goes on with other connectors; those that are the same objects as before stay untouched. Resolves when it does; `freed`
   * resolves when nothing is under way any more by a connector that was replaced, whose courier may be closed then.
   */
  async reconfigure(connectors: readonly OutgoingConnector[]): Promise<{ readonly freed: Promise<void> }> {
    const changed = Promise.withResolvers<ReadonlySet<string>>();
    this.#changes.push(() => {
      const added = this.#connectors.replace(connectors);
      this.#unconfigured.clear();
      const leased = this.#lanes.replaced().map(({ id }) => id);
      if (leased.length > 0) this.#underWay.track(this.#options.store.release(leased).then(() => this.#want(true)));
      changed.resolve(added);
    });
    if (!this.#turning) this.#change();
    const added = await changed.promise;
    const freed = this.#underWay.settled();
    await this.#connectors.restore(added);
    this.#want(true);
    return { freed };
  }

  #change(): void {
    for (const change of this.#changes.splice(0)) change();
  }

  /**
   * Stops leasing and lets attempts end until `deadlineMs` from now; what is still under way then is broken off. An attempt
   * whose bytes were out ends `uncertain` on record, never `queued`: the next process would send it a second time unseen.
   */
  async drain(deadlineMs: number): Promise<DrainReport> {
    this.#state = 'draining';
    this.#cancelTimer();
    await this.#turning;
    const leased = this.#lanes.empty().map(({ id }) => id);
    try {
      if (leased.length > 0) await this.#options.store.release(leased);
    } catch (error) {
      // Leases end with the process anyway.
      this.#options.logger.warn({ err: error }, 'Leases could not be given back.');
    }
    await this.#underWay.settledWithin(deadlineMs);
    const brokenOff = this.#underWay.size;
    if (brokenOff > 0) {
      this.#breakOff.abort();
      await this.#underWay.settledWithin(breakOffGraceMs);
    }
    return { brokenOff, leftOpen: this.#underWay.size };
  }

  /** The store has something that may be ready. */
  #mayBeReady(): void {
    if (!this.#lanes.haveWaiting()) this.#want(true);
    else
      this.#cancelLook ??= this.#options.clock.after(seenWithinMs, () => {
        this.#cancelLook = undefined;
        this.#want(true);
      });
  }

  #want(askStore: boolean): void {
    if (this.#state !== 'running') return;
    this.#wanted = true;
    this.#askStore ||= askStore;
    if (this.#options.clock.now() < this.#troubledUntil) return;
    this.#turning ??= this.#turns().finally(() => {
      this.#turning = undefined;
      this.#change();
      // Wanted in the moment between the last look and now.
      if (this.#wanted) this.#want(false);
    });
  }

  async #turns(): Promise<void> {
    const { clock, logger } = this.#options;
    this.#cancelTimer();
    let wakeAt: number | undefined;
    try {
      while (this.#wanted && this.#state === 'running') {
        this.#wanted = false;
        this.#change();
        const now = clock.now();
        await this.#turn(now);
        // Seen from where the turn began: a time that came while it was under way is then not taken for one that is past.
        wakeAt = this.#wakeAt(now);
        if (wakeAt <= clock.now()) this.#wanted = this.#askStore = true;
      }
    } catch (error) {
      logger.error({ err: error }, 'The store could not be asked what is due; it is asked again in a second.');
      this.#askStore = true;
      wakeAt = clock.now() + storeFaultWaitMs;
      this.#troubledUntil = wakeAt;
    }
    if (this.#state === 'running' && wakeAt !== undefined)
      this.#cancelTimer = clock.after(Math.max(1, Math.min(wakeAt - clock.now(), this.#sweepMs)), () => {
        this.#troubledUntil = 0;
        this.#want(true);
      });
  }

  async #turn(now: number): Promise<void> {
    const { store } = this.#options;
    this.#lookAtClock(now);
    if (now >= this.#sweepAt) await this.#sweep(now);
    if (await this.#fallBack.look(now)) this.#askStore = true;
    if (this.#askStore) {
      this.#askStore = false;
      this.#cancelLook?.();
      this.#cancelLook = undefined;
      const [groups, dueAt] = await Promise.all([store.ready(now), store.nextDueAt(now)]);
      this.#dueAt = dueAt;
      for (const group of groups) if (!(await this.#lanes.note(group, now))) this.#warnUnconfigured(group.connector);
    }
    await Promise.all(this.#lanes.wishes(now).map((wish) => this.#lease(wish, now)));
    this.#startAll();
    const idle = this.#lanes.idle(now).map(({ id }) => id);
    if (idle.length > 0) await store.release(idle);
  }

  async #lease({ waiting, limit }: LeaseWish, now: number): Promise<void> {
    waiting.leasing = true;
    try {
      const leased = await this.#options.store.lease({ ...waiting.group, now, limit });
      waiting.messages.push(...leased);
      waiting.more = leased.length >= limit;
    } finally {
      waiting.leasing = false;
    }
  }

  #startAll(): void {
    if (this.#state !== 'running') return;
    const now = this.#options.clock.now();
    for (;;) {
      const startable = this.#lanes.next(now);
      if (!startable) return;
      if (startable.message.expiresAt <= now && !startable.probing) this.#giveToSweep(startable.message);
      else this.#start(startable, now);
    }
  }

  /** Its lifetime ended while it was leased: the sweep ends it, with everything that belongs to that. */
  #giveToSweep(message: QueuedMessage): void {
    this.#sweepAt = 0;
    this.#underWay.track(this.#options.store.release([message.id]).then(() => this.#want(true)));
  }

  #start(startable: Startable, now: number): void {
    this.#lanes.started(startable, now);
    this.#underWay.track(this.#attempt(startable));
  }

  async #attempt(startable: Startable): Promise<void> {
    const { lane, known, message } = startable;
    const { clock, store, logger } = this.#options;
    const order = {
      message,
      connector: known.plan,
      laneBackOffMs: () => lane.backOffMs(clock.now()),
      signal: this.#breakOff.signal,
    };
    let report: AttemptReport;
    try {
      report = await makeAttempt(this.#parts, order);
    } catch (error) {
      // Not on record, so nothing went out. The disk may be full: the lane waits.
      logger.error({ err: error, messageId: message.id }, 'An attempt could not be put on record; nothing was sent.');
      this.#lanes.ended(startable);
      if (startable.probing) known.state.probeFailed(clock.now());
      lane.wait(clock.now() + storeFaultWaitMs, clock.now(), 'fault');
      await store.release([message.id]);
      return this.#want(true);
    }
    this.#lanes.ended(startable);
    const effects = applyEffects(startable, report, this.#connectors);
    this.#startAll();
    // Most attempts change nothing but that one more may start: with nothing leased and nothing to lease, a turn would look in vain,
    // unless there is mail that has not been looked for.
    const hasWaiting = this.#lanes.haveWaiting();
    if (this.#cancelLook && !hasWaiting) this.#want(true);
    else if (report.conclusion.lane !== 'answered' || hasWaiting) this.#want(false);
    this.#parts.probe('before-finish');
    await store.finishAttempt(report.end);
    if ((await effects) !== 'unchanged') this.#want(true);
    this.#tell(() => this.#options.listener?.attemptEnded?.({ message, start: report.start, end: report.end }));
    const failure = failedBy(report.message, report.end.result);
    if (failure) await this.#tellFailure(failure.message, failure.fault, failure.result);
  }

  /** What waits until a time would wait for the hour to come again when somebody has set the clock back. */
  #lookAtClock(now: number): void {
    const back = this.#seenAt - now;
    this.#seenAt = now;
    if (back < clockJitterMs) return;
    this.#options.logger.warn({ ms: back }, 'The clock was set back; nothing waits longer for that.');
    this.#lanes.setBack(back);
    this.#fallBack.setBack(back);
    this.#sweepAt = 0;
  }

  async #sweep(now: number): Promise<void> {
    const { store, logger } = this.#options;
    if (await recallFromTheFuture(store, now, logger)) this.#askStore = true;
    const { ended, more } = await expireOverdue(store, now, this.#connectors.pausedNames());
    this.#sweepAt = more ? now : now + this.#sweepMs;
    if (more) this.#wanted = true;
    for (const message of ended) this.#underWay.track(this.#tellExpiry(message));
  }

  /** To the sender, for those whom no attempt has settled. */
  async #tellExpiry(message: QueuedMessage): Promise<void> {
    const open = await withoutSettled(this.#options.store, message).catch(() => message);
    await this.#tellFailure(open, 'expired');
  }

  async #tellFailure(message: QueuedMessage, fault: FaultCode, result?: AttemptResult): Promise<void> {
    try {
      const at = this.#options.clock.now();
      await this.#options.listener?.messageFailed?.({ message, at, fault, ...(result ? { result } : {}) });
    } catch (error) {
      this.#options.logger.error({ err: error, messageId: message.id }, 'The failure of a message could not be told.');
    }
  }

  /** The next time after `now` at which something is to be looked at; there is always the next sweep. */
  #wakeAt(now: number): number {
    const times = [this.#dueAt, this.#lanes.wakeAt(now), this.#fallBack.wakeAt(now)];
    return Math.min(this.#sweepAt, ...times.flatMap((time) => time ?? []));
  }

  #warnUnconfigured(connector: string): void {
    if (this.#unconfigured.has(connector)) return;
    this.#unconfigured.add(connector);
    this.#options.logger.warn({ connector }, 'Mail waits for a connector that the configuration does not have.');
  }

  #tell(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#options.logger.error({ err: error }, 'A listener of the dispatcher failed.');
    }
  }
}
