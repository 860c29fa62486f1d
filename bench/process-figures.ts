/**
 * Memory and CPU of a process and its children, as Linux counts them; null elsewhere.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ is 100 on every Linux that Node.js runs on. */
const tickMs = 10;
const pageBytes = 4096;

export interface ProcessFigures {
  readonly residentMegabytes: number;
  /** User and system time so far, in ms; steps of 10. */
  readonly cpuMs: number;
  readonly processes: number;
}

/** Figures of `pid` and everything below it, summed. Pages that processes share count once for each, as `ps` has it. */
export function processFigures(pid: number): ProcessFigures | null {
  if (process.platform !== 'linux') return null;
  const family = withDescendants(pid);
  let pages = 0;
  let ticks = 0;
  for (const member of family) {
    const fields = statOf(member);
    if (!fields) continue;
    ticks += Number(fields[11]) + Number(fields[12]);
    pages += Number(fields[21]);
  }
  return {
    residentMegabytes: Math.round((pages * pageBytes) / 1e5) / 10,
    cpuMs: ticks * tickMs,
    processes: family.length,
  };
}

/** The fields of /proc/PID/stat behind the program's name (which may itself hold spaces), the state being the first. */
function statOf(pid: number): string[] | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return line.slice(line.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function withDescendants(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const fields = statOf(pid);
    if (fields) parents.set(pid, Number(fields[1]));
  }
  const family = [root];
  for (const member of family) for (const [pid, parent] of parents) if (parent === member) family.push(pid);
  return family;
}
