/**
 * Waits for a change to reach Graph. Consent, policies and roles take from a minute to two hours, and Exchange's own test
 * cmdlets say Granted long before Graph does; so the checks are asked again until nothing is left that may still come.
 */
import type { CheckReport } from './run-checks.ts';

export interface SettleOptions {
  /** How long to wait altogether, in ms; 0: not at all. */
  readonly waitMs: number;
  /** Between two rounds, in ms. */
  readonly everyMs: number;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
  /** Called before each further round with what is waited for. */
  readonly told: (waitingFor: readonly CheckReport[], leftMs: number) => void;
}

/** The last round of checks: nothing in it may still come, or the time was over. */
export async function runUntilSettled(
  round: () => Promise<readonly CheckReport[]>,
  options: SettleOptions,
): Promise<readonly CheckReport[]> {
  const beganAt = options.now();
  const endsAt = beganAt + options.waitMs;
  for (;;) {
    const reports = await round();
    const elapsedMs = options.now() - beganAt;
    const open = reports.filter(
      ({ state, mayStillCome, comesWithinMs = 0 }) => state === 'fail' && (mayStillCome || elapsedMs < comesWithinMs),
    );
    const leftMs = endsAt - options.now();
    if (open.length === 0 || leftMs <= 0) return reports;
    options.told(open, leftMs);
    await options.pause(Math.min(options.everyMs, leftMs));
  }
}
