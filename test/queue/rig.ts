/** A dispatcher over a real store, with a clock that moves when told to and couriers that do what the test says. */
import type { AttemptResult } from '../../src/domain/outcome.ts';
import type { Clock } from '../../src/domain/ports.ts';
import {
  type ConnectorChange,
  defaultUncertainRule,
  type FinalFailure,
  type OutgoingConnector,
  type OutgoingDelivery,
} from '../../src/queue/delivery-port.ts';
import { Dispatcher } from '../../src/queue/dispatcher.ts';
import type { DispatcherOptions } from '../../src/queue/dispatcher-options.ts';
import { unlimited } from '../../src/queue/lane-limits.ts';
import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import type { EmbeddedStore } from '../../src/storage/embedded/store.ts';
import { until } from '../harness/until.ts';
import { handIn, noon, type Sample, sampleMessage, type TestLogger, testLogger } from '../store/samples.ts';

/** Time stands still until `advance`; what falls due on the way runs at its own time, in order. */
export class SteppedClock implements Clock {
  time = noon;
  readonly #waiting = new Set<{ at: number; readonly callback: () => void }>();

  now(): number {
    return this.time;
  }

  /** How many wait for a time to come. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** When the next of them is due; Infinity when nothing waits. */
  get nextAt(): number {
    return Math.min(...[...this.#waiting].map(({ at }) => at));
  }

  after(delayMs: number, callback: () => void): () => void {
    const entry = { at: this.time + delayMs, callback };
    this.#waiting.add(entry);
    return () => this.#waiting.delete(entry);
  }

  /** Somebody sets the clock of the machine back; what waits by a timer waits no longer for that. */
  setBack(ms: number): void {
    this.time -= ms;
    for (const entry of this.#waiting) entry.at -= ms;
  }

  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.#waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#waiting.delete(due);
      this.time = Math.max(this.time, due.at);
      due.callback();
    }
    this.time = end;
  }
}

const answered = { answer: { status: 202, requestId: 'r-1' }, durationMs: 12, notes: [] } as const;
export const sent: AttemptResult = { ...answered, outcome: 'sent' };
export const failed: AttemptResult = { ...answered, outcome: 'failed', fault: 'recipient-refused' };
export const uncertain: AttemptResult = { ...answered, outcome: 'uncertain', fault: 'no-answer' };

export function deferred(scope: 'message' | 'lane' | 'connector', retryAfterMs?: number): AttemptResult {
  const fault = ({ message: 'unlisted-answer', lane: 'throttled', connector: 'credential-expired' } as const)[scope];
  return { ...answered, outcome: 'deferred', fault, scope, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

export type Answer = (delivery: OutgoingDelivery) => AttemptResult | Promise<AttemptResult>;

export interface Rig extends AsyncDisposable {
  readonly clock: SteppedClock;
  readonly store: EmbeddedStore;
  readonly dispatcher: Dispatcher;
  readonly logger: TestLogger;
  /** Deliveries in the order in which couriers were asked. */
  readonly deliveries: OutgoingDelivery[];
  readonly failures: FinalFailure[];
  readonly changes: ConnectorChange[];
  /** What the courier does; may be set anew at any time. */
  answer: Answer;
  accept(sample?: Sample): Promise<string>;
  /** Waits until so many deliveries have been asked for, and all of them have ended. */
  delivered(count: number): Promise<void>;
  /** Moves the time, and lets what falls due come about. */
  advance(ms: number): Promise<void>;
  stateOf(id: string): Promise<string | undefined>;
}

export interface RigOptions {
  readonly folder: string;
  readonly connector?: Partial<OutgoingConnector>;
  readonly connectors?: readonly Partial<OutgoingConnector>[];
  readonly clock?: SteppedClock;
  readonly dispatcher?: Partial<DispatcherOptions>;
  /** Leave it to the test to start the dispatcher. */
  readonly startLater?: boolean;
}

export async function openRig(options: RigOptions): Promise<Rig> {
  const clock = options.clock ?? new SteppedClock();
  const logger = testLogger();
  const store = await openEmbeddedStore({ dir: options.folder, clock, logger, options: { reserveBytes: 1_000 } });
  const plans = options.connectors ?? [options.connector ?? {}];
  const connectors = plans.map(
    (plan): OutgoingConnector => ({
      name: 'main',
      limits: unlimited,
      registration: 'app-1',
      registrationConcurrency: Number.POSITIVE_INFINITY,
      uncertain: defaultUncertainRule,
      courier: {
        async send(delivery) {
          rig.deliveries.push(delivery);
          return rig.answer(delivery);
        },
      },
      ...plan,
    }),
  );
  const dispatcher = new Dispatcher({
    store,
    connectors,
    clock,
    // The middle: no jitter.
    random: () => 0.5,
    logger,
    listener: {
      messageFailed: (failure) => void rig.failures.push(failure),
      connectorChanged: (change) => void rig.changes.push(change),
    },
    ...options.dispatcher,
  });
  const rig: Rig = {
    clock,
    store,
    dispatcher,
    logger,
    deliveries: [],
    failures: [],
    changes: [],
    answer: () => sent,
    async accept(sample = {}) {
      return (await handIn(store, sampleMessage({ at: clock.time, ...sample }))).id;
    },
    async delivered(count) {
      await until(`${count} deliveries (there were ${rig.deliveries.length})`, () => rig.deliveries.length >= count);
      await until('all attempts to end', () => dispatcher.inFlight === 0);
    },
    async advance(ms) {
      clock.advance(ms);
      await dispatcher.settled();
    },
    async stateOf(id) {
      return (await store.trail(id))?.message.state;
    },
    async [Symbol.asyncDispose]() {
      await dispatcher.drain(0);
      await store.close();
    },
  };
  if (!options.startLater) await dispatcher.start();
  return rig;
}
