/**
 * Runs the checks of a running server by themselves: after the start, daily, and when a connector is paused by a fault. A
 * connector goes `idle → running → idle`; what asks for a run meanwhile is met by one more run after it, however often it
 * was asked: a fault that comes and goes must not become a stream of requests. Nothing is sent by these runs.
 */
import type { AlertDesk } from '../../domain/alert.ts';
import type { Clock, Logger } from '../../domain/ports.ts';
import { type CheckEntry, type CheckHistory, entryOf } from './check-history.ts';
import { type CheckReport, mostUrgent } from './run-checks.ts';

type Because = CheckEntry['because'];

export interface CheckKeeperOptions {
  readonly connectors: readonly string[];
  /** Runs the checks of a connector; never sends. */
  readonly run: (connector: string) => Promise<readonly CheckReport[]>;
  readonly history: CheckHistory;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of a check that fails. */
  readonly alerts?: AlertDesk;
}

const dayMs = 86_400_000;
/** After the start, so that the first mail of the day goes before the first check. */
const firstMs = 60_000;
/** After a fault: what has just failed would only fail again. */
const afterFaultMs = 5_000;
/** Between two runs for faults of one connector. */
const faultPauseMs = 15 * 60_000;

interface Standing {
  cancel: (() => void) | undefined;
  isRunning: boolean;
  again: Because | undefined;
  lastFaultAt: number;
}

export class CheckKeeper {
  readonly #options: CheckKeeperOptions;
  readonly #standing = new Map<string, Standing>();
  #stopped = false;

  constructor(options: CheckKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.watch(this.#options.connectors);
  }

  /** Goes on with these connectors: one that is new is checked soon, one that has gone no more. */
  watch(connectors: readonly string[]): void {
    for (const [name, { cancel }] of this.#standing) {
      if (connectors.includes(name)) continue;
      cancel?.();
      this.#standing.delete(name);
    }
    for (const connector of connectors) {
      if (this.#standing.has(connector)) continue;
      this.#standing.set(connector, {
        cancel: undefined,
        isRunning: false,
        again: undefined,
        lastFaultAt: Number.NEGATIVE_INFINITY,
      });
      this.#schedule(connector, firstMs, 'start');
    }
  }

  /** A connector was paused by a fault of its own. */
  faulted(connector: string): void {
    const standing = this.#standing.get(connector);
    const now = this.#options.clock.now();
    if (!standing || now - standing.lastFaultAt < faultPauseMs) return;
    standing.lastFaultAt = now;
    this.#schedule(connector, afterFaultMs, 'fault');
  }

  stop(): void {
    this.#stopped = true;
    for (const { cancel } of this.#standing.values()) cancel?.();
  }

  #schedule(connector: string, inMs: number, because: Because): void {
    const standing = this.#standing.get(connector);
    if (!standing || this.#stopped) return;
    if (standing.isRunning) {
      standing.again = because;
      return;
    }
    standing.cancel?.();
    standing.cancel = this.#options.clock.after(inMs, () => {
      this.#run(connector, standing, because).catch((error: unknown) => {
        this.#options.logger.error({ err: error, connector }, 'The checks of a connector could not be run.');
      });
    });
  }

  async #run(connector: string, standing: Standing, because: Because): Promise<void> {
    const { run, history, clock, logger } = this.#options;
    standing.isRunning = true;
    try {
      const reports = await run(connector);
      const first = mostUrgent(reports);
      const entry = entryOf({ at: clock.now(), connector, because }, reports);
      history.add(entry);
      const sentence = entry.first;
      if (first?.state !== 'fail') this.#options.alerts?.settled('check-failed', connector);
      if (first?.state === 'fail') {
        logger.error({ connector, check: first.id }, `A check fails: ${sentence}`);
        this.#options.alerts?.raise({
          kind: 'check-failed',
          connector,
          check: first.id,
          sentence: first.evidence[0] ?? first.statement,
          remedy: first.remedy ?? '',
        });
      } else if (first?.state === 'warn') logger.warn({ connector, check: first.id }, `A check warns: ${sentence}`);
    } finally {
      standing.isRunning = false;
      const again = standing.again;
      standing.again = undefined;
      this.#schedule(connector, again ? afterFaultMs : dayMs, again ?? 'daily');
    }
  }
}
