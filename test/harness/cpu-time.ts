/**
 * CPU time of a piece of work, for tests that hold cost against size. The time on the wall grows with whatever else the
 * machine does; the least of three CPU times hardly does.
 */

/** ms of CPU that `work` takes, the least of three runs. */
export function cpuMs(work: () => void): number {
  const runs = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    work();
    return process.cpuUsage(before).user / 1000;
  });
  return Math.min(...runs);
}
