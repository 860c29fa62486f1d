/**
 * One process owns the data folder at a time.
 *
 * The lock is SQLite's own lock on a file: the operating system gives it back when its holder dies, however it dies.
 * A file with a process id alone would have to guess whether that process still runs, and guesses wrong when the id has
 * been given to another one, as in a container, where everybody is process 1. The id stands beside it for people to read.
 */
import { closeSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process has the data folder open. */
export class StoreLockedError extends Error {
  constructor(dir: string, holder: string) {
    super(
      `The data folder ${dir} is in use by another Mailroom (process ${holder}). Stop that one first, or give this one a data folder of its own.`,
    );
    this.name = 'StoreLockedError';
  }
}

export interface FolderLock {
  release(): void;
}

/** @throws StoreLockedError when another process, or another store of this one, holds the folder. */
export function lockFolder(dir: string): FolderLock {
  const pidPath = join(dir, 'lock.pid');
  const path = join(dir, 'lock');
  closeSync(openSync(path, 'a', 0o600));
  const database = holding(dir, path, pidPath) ?? holding(dir, emptied(path), pidPath);
  if (!database) throw new Error(`${path} is no file that can be locked. Remove it while no Mailroom runs.`);
  writeFileSync(pidPath, `${process.pid}\n`, { mode: 0o600 });
  return {
    release: () => {
      if (database.isOpen) database.close();
    },
  };
}

/** Undefined where the file is not what SQLite can lock. */
function holding(dir: string, path: string, pidPath: string): DatabaseSync | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // In memory: a journal file of the lock itself would only be one more file to clear away.
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && /not a database|malformed/.test(error.message)) return undefined;
    if (error instanceof Error && /locked|busy/.test(error.message))
      throw new StoreLockedError(dir, readHolder(pidPath));
    throw error;
  }
}

/** Nothing stands in it. Emptied in place: whoever may hold it goes on holding it. */
function emptied(path: string): string {
  truncateSync(path);
  return path;
}

function readHolder(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim() || 'unknown';
  } catch {
    return 'unknown';
  }
}
