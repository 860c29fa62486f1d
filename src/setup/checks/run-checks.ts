/** Runs the checks in order, and tells of each as it ends. */
import type { Check, CheckContext, CheckResult, CheckState } from './check.ts';

export interface CheckReport extends CheckResult {
  readonly id: string;
  readonly statement: string;
  readonly row?: string;
  /** ms that it took. */
  readonly durationMs: number;
}

/** @param told called after each check, for progress */
export async function runChecks(
  checks: readonly Check[],
  context: CheckContext,
  told: (report: CheckReport) => void = () => {},
): Promise<readonly CheckReport[]> {
  const reports: CheckReport[] = [];
  const states = new Map<string, CheckState>();
  for (const check of checks) {
    if (check.kinds && !check.kinds.includes(context.connector.kind)) continue;
    if (check.wanted && !check.wanted(context)) continue;
    const startedAt = performance.now();
    // What is not run for this kind of connector, or was not asked for, is in nobody's way.
    const blocked = check.needs.find((id) => states.has(id) && !isFirm(states.get(id)));
    const result = blocked === undefined ? await attempt(check, context) : notLookedAt(checks, blocked);
    const { id, statement, row } = check;
    const link = result.state === 'pass' || blocked !== undefined ? undefined : check.link?.(context, result);
    const durationMs = Math.round(performance.now() - startedAt);
    const report = { id, statement, ...(row ? { row } : {}), ...(link ? { link } : {}), ...result, durationMs };
    states.set(id, result.state);
    reports.push(report);
    told(report);
  }
  return reports;
}

/** What an administrator should read first: the first failure, else the first warning, else the first open question. */
export function mostUrgent(reports: readonly CheckReport[]): CheckReport | undefined {
  for (const state of ['fail', 'warn', 'unknown'] as const) {
    const found = reports.find((report) => report.state === state && !report.mayStayOpen);
    if (found) return found;
  }
  return undefined;
}

function isFirm(state: CheckState | undefined): boolean {
  return state === 'pass' || state === 'warn';
}

async function attempt(check: Check, context: CheckContext): Promise<CheckResult> {
  try {
    return await check.run(context);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { state: 'unknown', evidence: [`The check itself failed: ${why}`], remedy: 'Run the check again.' };
  }
}

function notLookedAt(checks: readonly Check[], blocker: string): CheckResult {
  const statement = checks.find(({ id }) => id === blocker)?.statement ?? blocker;
  return {
    state: 'unknown',
    evidence: [`Not looked at, because this is not so yet: ${statement}`],
    remedy: 'Mend that first.',
  };
}
