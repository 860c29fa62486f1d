/**
 * What a start and a load have left lying about goes once nothing happens any more. V8 by itself keeps it until the heap has
 * grown on, which at rest it does not: 7 MB after a start.
 */
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../domain/ports.ts';

interface CollectionWishes {
  readonly type: 'minor' | 'major';
  /** `last-resort`: all that can be given up is, and what is left moves together, so that whole pages go back. */
  readonly flavor?: 'last-resort';
}

/** Collects at once; it ends before the function returns. */
export type Collect = (wishes: CollectionWishes) => void;

const lookEveryMs = 1_000;
/** Share of the time in which this thread may work and still count as being at rest. */
const restShare = 0.05;

/** V8's own collection, as a function. */
export function collector(): Collect {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  return (wishes) => {
    if (typeof collect === 'function') collect({ execution: 'sync', ...wishes });
  };
}

/**
 * Collects all of the heap after the first second in which this thread has had next to nothing to do: the 30 ms that it takes are
 * then nobody's. To be called after a start, and when a load is over.
 * @param workShare share of the time, 0 to 1, in which this thread has worked since it was last asked.
 */
export function collectAtRest(clock: Clock, collect: Collect, workShare: () => number = sinceLastAsked()): void {
  workShare();
  const look = () => {
    if (workShare() <= restShare) collect({ type: 'major', flavor: 'last-resort' });
    else clock.after(lookEveryMs, look);
  };
  clock.after(lookEveryMs, look);
}

function sinceLastAsked(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
