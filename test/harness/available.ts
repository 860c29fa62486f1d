/**
 * Is an outside tool there? Where it is not, the tests that need it are skipped, and say so loudly, once.
 */
import { isToolThere } from '../../scripts/test-tools.mjs';

const known = new Map<string, boolean>();

/** True when the tool can be used; otherwise a line on stderr. For `describe.skipIf(!available('swaks'))`. */
export function available(tool: string): boolean {
  const before = known.get(tool);
  if (before !== undefined) return before;
  const there = isToolThere(tool);
  known.set(tool, there);
  if (!there) process.stderr.write(`SKIPPED: ${tool} is not installed here, so the tests that need it do not run.\n`);
  return there;
}

/** True when this process is root; otherwise a line on stderr that names what is skipped for it. */
export function availableAsRoot(what: string): boolean {
  if (process.getuid?.() === 0) return true;
  process.stderr.write(`SKIPPED: ${what} needs root, so its tests do not run.\n`);
  return false;
}
