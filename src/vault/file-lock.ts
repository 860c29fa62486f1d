/**
 * One writer of a file at a time, over processes: the server renews while somebody puts a secret in from the command line, and
 * each reads the file, changes it and writes it as a whole. What is held lasts for some milliseconds; a lock that is older was
 * left behind by a crash.
 */
import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { VaultError, whyOf } from './vault-error.ts';

const staleMs = 10_000;
const patienceMs = 15_000;
const pauseMs = 20;

/** @throws VaultError when the lock cannot be had; what `change` throws */
export function whileLocked<T>(file: string, change: () => T): T {
  const lock = `${file}.lock`;
  take(lock);
  try {
    return change();
  } finally {
    rmSync(lock, { force: true });
  }
}

function take(lock: string): void {
  // Age by the clock of the file system: whoever left it behind had no other.
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      closeSync(openSync(lock, 'wx', 0o600));
      return;
    } catch (error) {
      if (whyOf(error) !== 'EEXIST')
        throw new VaultError(
          'unreadable',
          `${lock} cannot be made (${whyOf(error)}). Correct the rights of its folder.`,
        );
    }
    const held = statSync(lock, { throwIfNoEntry: false });
    if (held && Date.now() - held.mtimeMs > staleMs) rmSync(lock, { force: true });
    else if (performance.now() > until)
      throw new VaultError('busy', `Another process holds ${lock}: remove it if none does.`);
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
  }
}
