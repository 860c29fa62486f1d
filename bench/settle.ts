/**
 * Waits until a server has finished what it does behind the client's back, so that it does not cost the next one.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { processFigures } from './process-figures.ts';

const lookEveryMs = 60;
/** CPU that an idle server may take between two looks. */
const quietCpuMs = 10;

/** Returns when `pid` and its children have used next to no CPU for a moment, at the latest after `deadlineMs`. */
export async function settle(pid: number, deadlineMs: number): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  let before = processFigures(pid)?.cpuMs;
  while (performance.now() < deadline) {
    await pause(lookEveryMs);
    const now = processFigures(pid)?.cpuMs;
    if (now === undefined || before === undefined || now - before <= quietCpuMs) return;
    before = now;
  }
}
