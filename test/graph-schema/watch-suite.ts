/**
 * Runs before every test file: whatever a practice tenant in this process answers is held against Microsoft's description of
 * Graph, and the test in which something did not fit fails. What it needs is loaded at the first request, so that files without
 * a tenant pay nothing.
 */
import { afterAll, afterEach } from 'vitest';
import { type Traffic, watchTraffic } from '../../practice-tenant/http/traffic.ts';
import type { TrafficTally } from './tally.ts';

let tally: TrafficTally | undefined;
let loading: Promise<void> | undefined;
/** What came before the check was there: a few requests at most. */
const waiting: Traffic[] = [];

async function load(): Promise<void> {
  const { trafficTally } = await import('./tally.ts');
  tally = trafficTally();
  for (const traffic of waiting.splice(0)) tally.see(traffic);
}

watchTraffic((traffic) => {
  if (tally) return tally.see(traffic);
  waiting.push(traffic);
  loading ??= load();
});

async function nothingIsWrong(): Promise<void> {
  await loading;
  const problems = tally?.takeProblems() ?? [];
  if (problems.length > 0)
    throw new Error(`The practice tenant and Microsoft's schema differ:\n  ${problems.slice(0, 20).join('\n  ')}`);
}
afterEach(nothingIsWrong);
afterAll(nothingIsWrong);
