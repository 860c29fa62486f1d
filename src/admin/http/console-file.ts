/**
 * The console's own file, `console.db` in the data folder: users, sessions, one-time links, the audit trail and actions on many messages. Apart from
 * the queue's store, because losing it costs no mail, and because each of its writes is synced at once: they are few.
 */
import { chmodSync, closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

const schema = `
CREATE TABLE IF NOT EXISTS users (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, role TEXT NOT NULL, password_hash TEXT,
  disabled INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, last_seen_at INTEGER) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
  token_hash TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id), started_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL, address TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS invitations (
  token_hash TEXT PRIMARY KEY, user_id TEXT REFERENCES users (id), expires_at INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS audit (
  number INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, address TEXT NOT NULL, action TEXT NOT NULL,
  target TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
CREATE TRIGGER IF NOT EXISTS audit_is_not_changed BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER IF NOT EXISTS audit_is_not_deleted BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
`;

/** What came later, in order; `user_version` of the file says how many of them it has. */
const additions = [
  `ALTER TABLE users ADD COLUMN entra_subject TEXT;
   CREATE UNIQUE INDEX users_of_entra ON users (entra_subject) WHERE entra_subject IS NOT NULL;
   ALTER TABLE sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';
   ALTER TABLE sessions ADD COLUMN way TEXT NOT NULL DEFAULT 'password';
   CREATE TABLE totp (
     user_id TEXT PRIMARY KEY REFERENCES users (id), confirmed INTEGER NOT NULL, last_step INTEGER NOT NULL) STRICT;
   CREATE TABLE recovery_codes (code_hash TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id)) STRICT;
   CREATE TABLE passkeys (
     id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id), public_key BLOB NOT NULL, counter INTEGER NOT NULL,
     transports TEXT NOT NULL, name TEXT NOT NULL, created_at INTEGER NOT NULL, used_at INTEGER) STRICT;`,
  `CREATE TABLE bulk_actions (
     id TEXT PRIMARY KEY, action TEXT NOT NULL, filter TEXT NOT NULL, total INTEGER NOT NULL, who TEXT NOT NULL,
     address TEXT NOT NULL, state TEXT NOT NULL, started_at INTEGER NOT NULL, seen_at INTEGER NOT NULL, ended_at INTEGER,
     changed INTEGER NOT NULL, unchanged INTEGER NOT NULL, after TEXT, resumed INTEGER NOT NULL) STRICT;`,
  'ALTER TABLE bulk_actions ADD COLUMN step TEXT;',
];

export const consoleFileName = 'console.db';

/** SQLite cannot use the console's file. Its message is one sentence for people. */
export class ConsoleFileError extends Error {
  constructor(dataDir: string, cause: Error) {
    super(
      `${join(dataDir, consoleFileName)} cannot be used: ${cause.message}. Put it back from the last backup; or move it away and start again: users, sessions and the audit trail are in it, and no mail.`,
      { cause },
    );
    this.name = 'ConsoleFileError';
  }
}

/** Whether SQLite says it of a file, and not the system of its rights. */
export function saysSqlite(error: unknown): error is Error {
  return error instanceof Error && 'errcode' in error;
}

/** Opens the file and makes it when it is not there. @throws ConsoleFileError; the system's error for its rights */
export function openConsoleFile(dataDir: string): DatabaseSync {
  const path = join(dataDir, consoleFileName);
  try {
    return openFile(path);
  } catch (error) {
    throw saysSqlite(error) ? new ConsoleFileError(dataDir, error) : error;
  }
}

function openFile(path: string): DatabaseSync {
  // Made here, so that it and its companions are readable to nobody else from their first byte on.
  closeSync(openSync(path, 'a', 0o600));
  if (process.platform !== 'win32') chmodSync(path, 0o600);
  const file = new DatabaseSync(path, { timeout: 5_000 });
  file.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
  file.exec(schema);
  const { user_version: had } = z.object({ user_version: z.number() }).parse(file.prepare('PRAGMA user_version').get());
  for (const [place, addition] of additions.entries())
    if (place >= had)
      inOne(file, () => {
        file.exec(addition);
        file.exec(`PRAGMA user_version = ${place + 1}`);
      });
  return file;
}

/** Does `work` as a whole or not at all; within another such work, with it. */
export function inOne<T>(file: DatabaseSync, work: () => T): T {
  if (file.isTransaction) return work();
  file.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    file.exec('COMMIT');
    return result;
  } catch (error) {
    file.exec('ROLLBACK');
    throw error;
  }
}
