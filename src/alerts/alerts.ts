/**
 * Alerts: raised by any part, told once by each way out that wants them and does not depend on what has failed.
 *
 * ## A topic, for each way
 * - **fresh**: nothing was told of it within the quiet time. An alert is told at once; a digest (failed messages, uncertain
 *   ones) gathers for a minute first.
 * - **quiet**: it was told lately. What is raised now is *owed*: merged into one, and told when the quiet time is over.
 *   When what it tells of gets well before that, nothing is owed any more: a connector that comes and goes is one alert, not
 *   twenty.
 * - A mark of a credential's end is told once and never again.
 *
 * ## A delivery
 * `waiting` in the book until its way has taken it (`told`), tried again with growing waits, `given-up` after three days. A
 * restart goes on where it was. A way that fails is shown by log, metric and status; the others are not held up by it.
 *
 * That a connector sends again is told where its pause was told.
 */
import { randomUUID } from 'node:crypto';
import type { Alert, AlertDesk, AlertWayStanding, AlertWayTest, SettledKind } from '../domain/alert.ts';
import { alertText } from '../domain/alert-text.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import type { AlertBook, Delivery } from './alert-book.ts';
import { alertTopic, connectorOf, merged } from './alert-topic.ts';
import type { AlertWay, ToldAlert, WayAnswer } from './alert-way.ts';

export interface AlertsOptions {
  readonly ways: readonly AlertWay[];
  readonly book: AlertBook;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Name of this server in alerts. */
  readonly host: string;
  /** Address of the console without a slash at its end; undefined: alerts have no link. */
  readonly consoleUrl: string | undefined;
  /** Counts what came of a delivery. */
  readonly onEnded?: (way: string, result: 'told' | 'refused' | 'given-up') => void;
}

const gatherMs = 60_000;
const giveUpMs = 3 * 86_400_000;
/** Waits after failed deliveries, in ms; the last one from then on. */
const waits = [10_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000];

type Digest = Extract<Alert, { kind: 'message-failed' | 'uncertain-held' }>;

export class Alerts implements AlertDesk {
  readonly #options: AlertsOptions;
  #ways: readonly AlertWay[];
  /** Digests of the last moment: written together, because a thousand failures must not be a thousand writes. */
  readonly #gathered = new Map<string, Digest>();
  readonly #failures = new Map<string, { count: number; why: string }>();
  readonly #sending = new Map<string, Promise<void>>();
  #cancelGathered: (() => void) | undefined;
  #cancelDue: (() => void) | undefined;
  #stopped = false;

  constructor(options: AlertsOptions) {
    this.#options = options;
    this.#ways = options.ways;
  }

  /** Takes up what an earlier process left. */
  start(): void {
    this.#work();
  }

  /** Other ways from now on, by their names; what waits for one that is gone waits until it comes back. */
  use(ways: readonly AlertWay[]): void {
    const before = this.#ways;
    this.#ways = ways;
    Promise.all(this.#sending.values())
      .then(() => Promise.all(before.map((way) => way.close())))
      .catch((error: unknown) => this.#failed(error));
    this.#guarded(() => this.#work());
  }

  raise(alert: Alert): void {
    const { clock } = this.#options;
    this.#guarded(() => {
      if (alert.kind !== 'message-failed' && alert.kind !== 'uncertain-held') return this.#take(alert, clock.now());
      const gathered = this.#gathered.get(alert.kind);
      const digest = gathered ? merged(gathered, alert) : alert;
      if (digest.kind === 'message-failed' || digest.kind === 'uncertain-held') this.#gathered.set(alert.kind, digest);
      this.#cancelGathered ??= clock.after(1_000, () => this.#guarded(() => this.#takeGathered()));
    });
  }

  /** A pause that stands on record from before the start: told now unless it was told then. */
  stands(alert: Extract<Alert, { kind: 'connector-paused' }>, since: number): void {
    this.#guarded(() => {
      const { book } = this.#options;
      const ways = this.#ways;
      const isTold = ways.some(({ name }) => (book.lastTold(name, alertTopic(alert)) ?? -1) >= since);
      if (!isTold) this.#take(alert, this.#options.clock.now());
    });
  }

  settled(kind: SettledKind, subject: string): void {
    this.#guarded(() => this.#options.book.dropOwed(`${kind}:${subject}:`));
  }

  standing(): readonly AlertWayStanding[] {
    const { book } = this.#options;
    const ways = this.#ways;
    return ways.map(({ name, kind }) => {
      const failing = this.#failures.get(name)?.why;
      return { way: name, kind, waiting: book.waiting(name).length, ...(failing === undefined ? {} : { failing }) };
    });
  }

  /** What was told and what waits, the newest first. */
  recent(most: number): readonly Delivery[] {
    return this.#options.book.list(most);
  }

  /** Sends a test by each way, or by one, at once; nothing is kept. */
  test(by: string, way?: string): Promise<readonly AlertWayTest[]> {
    const { clock } = this.#options;
    const told = this.#told({ id: randomUUID(), at: clock.now(), alert: { kind: 'test', by }, more: 0, since: null });
    return testWays(
      this.#ways.filter(({ name }) => way === undefined || name === way),
      told,
    );
  }

  /** Writes what was gathered, lets deliveries under way end, and closes the ways. What waits is told after the next start. */
  async stop(): Promise<void> {
    this.#guarded(() => this.#takeGathered());
    this.#stopped = true;
    this.#cancelDue?.();
    await Promise.all(this.#sending.values());
    for (const way of this.#ways) await way.close();
    this.#options.book.close();
  }

  #takeGathered(): void {
    this.#cancelGathered?.();
    this.#cancelGathered = undefined;
    const digests = [...this.#gathered.values()];
    this.#gathered.clear();
    for (const digest of digests) this.#take(digest, this.#options.clock.now());
  }

  #take(alert: Alert, now: number): void {
    const { logger, book } = this.#options;
    const about = connectorOf(alert);
    const { severity, sentence } = alertText(alert);
    const fields = { alert: alert.kind, ...(about === undefined ? {} : { connector: about }) };
    if (severity === 'critical') logger.error(fields, sentence);
    else if (severity === 'warning') logger.warn(fields, sentence);
    else logger.info(fields, sentence);
    if (alert.kind === 'connector-resumed') book.dropOwed(`connector-paused:${alert.connector}:`);
    for (const way of this.#ways) {
      if (!way.events.includes(alert.kind)) continue;
      if (way.dependsOn !== undefined && way.dependsOn === about) continue;
      this.#enter(way, alert, now);
    }
    this.#work();
  }

  #enter(way: AlertWay, alert: Alert, now: number): void {
    const { book } = this.#options;
    const topic = alertTopic(alert);
    const known = book.topic(way.name, topic);
    if (alert.kind === 'credential-ends' && known) return;
    if (alert.kind === 'connector-resumed') {
      const pauseTold = book.lastTold(way.name, `connector-paused:${alert.connector}:`);
      if (pauseTold === undefined || pauseTold <= (known?.told_at ?? -1)) return;
      return this.#tell(way, alert, now, topic);
    }
    const isDigest = alert.kind === 'message-failed' || alert.kind === 'uncertain-held';
    const quietUntil = (known?.told_at ?? Number.NEGATIVE_INFINITY) + way.quietMs;
    if (!isDigest && quietUntil <= now && !known?.owed) return this.#tell(way, alert, now, topic);
    const before: Alert | undefined = known?.owed ? JSON.parse(known.owed) : undefined;
    book.putTopic({
      way: way.name,
      topic,
      told_at: known?.told_at ?? null,
      owed: JSON.stringify(before ? merged(before, alert) : alert),
      more: before ? (known?.more ?? 0) + 1 : 0,
      owed_since: known?.owed_since ?? now,
      due_at: known?.due_at ?? Math.max(quietUntil, isDigest ? now + gatherMs : now),
    });
  }

  #tell(way: AlertWay, alert: Alert, now: number, topic: string, more = 0, since: number | null = null): void {
    const { book } = this.#options;
    book.add({ id: randomUUID(), way: way.name, at: now, alert, more, since });
    book.putTopic({ way: way.name, topic, told_at: now, owed: null, more: 0, owed_since: null, due_at: null });
  }

  /** Tells what is owed by now, starts deliveries that are due, and looks again when the next one is. */
  #work(): void {
    if (this.#stopped) return;
    const { book, clock } = this.#options;
    const now = clock.now();
    for (const way of this.#ways) {
      for (const { topic, owed, more, owed_since } of book.owed(way.name, now))
        if (owed !== null) this.#tell(way, JSON.parse(owed), now, topic, more, owed_since);
      if (this.#sending.has(way.name)) continue;
      const sending = this.#deliver(way)
        .catch((error: unknown) => this.#failed(error))
        .finally(() => {
          this.#sending.delete(way.name);
          this.#guarded(() => this.#schedule());
        });
      this.#sending.set(way.name, sending);
    }
  }

  #schedule(): void {
    this.#cancelDue?.();
    if (this.#stopped || this.#sending.size > 0) return;
    const { book, clock } = this.#options;
    const next = book.nextDueAt(this.#ways.map(({ name }) => name));
    if (next === undefined) return;
    if (next <= clock.now()) return this.#work();
    this.#cancelDue = clock.after(next - clock.now(), () => this.#guarded(() => this.#work()));
  }

  /** One after the other, until the way refuses or nothing is due. */
  async #deliver(way: AlertWay): Promise<void> {
    const { book, clock } = this.#options;
    for (;;) {
      const [delivery] = book.waiting(way.name);
      if (!delivery || delivery.due_at > clock.now() || this.#stopped || !this.#ways.includes(way)) return;
      const answer = await way.send(this.#told(delivery));
      if (!this.#ended(way, delivery, answer)) return;
    }
  }

  /** Puts the outcome on record; whether the next one may follow. */
  #ended(way: AlertWay, delivery: Delivery, answer: WayAnswer): boolean {
    const { book, clock, logger, onEnded } = this.#options;
    const now = clock.now();
    const fields = { way: way.name, alert: delivery.alert.kind };
    if (answer.taken) {
      this.#failures.delete(way.name);
      book.end(delivery.number, 'told', now, answer.answer);
      onEnded?.(way.name, 'told');
      logger.info({ ...fields, answer: answer.answer }, 'An alert was told.');
      return true;
    }
    const { why } = answer;
    if (now - delivery.at > giveUpMs) {
      book.end(delivery.number, 'given-up', now, why);
      onEnded?.(way.name, 'given-up');
      logger.error({ ...fields, why }, 'An alert could not be told for three days and is given up.');
      return true;
    }
    const count = (this.#failures.get(way.name)?.count ?? 0) + 1;
    this.#failures.set(way.name, { count, why });
    const wait = Math.max(answer.retryAfterMs ?? 0, waits[Math.min(count, waits.length) - 1] ?? 0);
    book.postpone(way.name, delivery.number, now + wait, why);
    onEnded?.(way.name, 'refused');
    logger.error({ ...fields, why, retryInMs: wait }, 'An alert could not be told; it is tried again.');
    return false;
  }

  #told(delivery: Pick<Delivery, 'id' | 'at' | 'alert' | 'more' | 'since'>): ToldAlert {
    const { host, consoleUrl } = this.#options;
    const { id, at, alert, more, since } = delivery;
    const text = alertText(alert);
    return {
      id,
      at,
      host,
      alert,
      text,
      ...(consoleUrl === undefined ? {} : { link: `${consoleUrl}${text.path}` }),
      ...(more > 0 && since !== null ? { again: { more, since } } : {}),
    };
  }

  /** An alert that cannot be kept must not take down what raised it. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#options.logger.error({ err: error }, 'Alerts could not be put on record.');
  }
}

/** Sends a test by each way at once, and says what each answered. */
export function testWays(ways: readonly AlertWay[], told: ToldAlert): Promise<readonly AlertWayTest[]> {
  return Promise.all(
    ways.map(async (way) => {
      const answer = await way.send(told);
      return { way: way.name, taken: answer.taken, answer: answer.taken ? answer.answer : answer.why };
    }),
  );
}
