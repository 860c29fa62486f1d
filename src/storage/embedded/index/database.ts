/**
 * The index's file: opens it, brings its schema up to date, and keeps the open transaction.
 *
 * Changes gather in one open transaction, which is committed a moment later together with the journal position that they
 * reach. Questions are asked on the same connection and see what is not committed yet. A crash loses the open transaction
 * and nothing else: the journal has it. WAL with `synchronous = NORMAL` syncs at checkpoints alone, and is never corrupt
 * after a loss of power, only behind.
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';

export type Row = Record<string, SQLOutputValue>;

const migrationsFolder = join(import.meta.dirname, 'migrations');
export const indexName = 'index.db';

/**
 * The WAL is moved into the database when it has grown to this, whatever else there is to do. Its sync keeps the disk for
 * some fifty ms, for which the journal waits, and all mail with it: so it comes seldom, and otherwise at rest.
 */
const mostWalBytes = 128 * 1024 * 1024;
/** At rest the WAL is moved when so many changes are in it: some two thousand messages. */
const restChanges = 10_000;
/** The file of the WAL keeps this size once it is empty: room that it has already costs the journal nothing. */
const keptWalBytes = 64 * 1024 * 1024;
const cacheKibibytes = 32 * 1024;

/** Schema of a newer program: not to be touched. */
export class NewerIndexError extends Error {}

export interface Position {
  readonly segment: number;
  readonly offset: number;
}

export class IndexDatabase {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #statements = new Map<string, StatementSync>();
  readonly #changes = new Map<string, StatementSync>();
  #open = false;
  /** Changes since the WAL was last moved into the database. */
  #changesInWal = 0;

  /** @throws NewerIndexError; or what SQLite says of a damaged file (see `saysDamaged`). */
  constructor(dir: string) {
    this.#path = join(dir, indexName);
    // Made here, so that it and its companions are readable to nobody else from their first byte on.
    closeSync(openSync(this.#path, 'a', 0o600));
    this.#database = new DatabaseSync(this.#path, { timeout: 5_000 });
    try {
      this.#database.exec(
        `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0;
         PRAGMA cache_size = -${cacheKibibytes}; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = ${keptWalBytes}`,
      );
      this.#migrate();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  #migrate(): void {
    const scripts = readdirSync(migrationsFolder)
      .filter((name) => name.endsWith('.sql'))
      .sort();
    const version = integer(this.row('PRAGMA user_version'), 'user_version');
    if (version > scripts.length)
      throw new NewerIndexError(
        `The index ${this.#path} was made by a newer Mailroom (schema ${version}; this one knows up to ${scripts.length}). Start that version again, or a later one.`,
      );
    for (const [place, name] of scripts.entries()) {
      if (place < version) continue;
      this.#database.exec('BEGIN');
      this.#database.exec(readFileSync(join(migrationsFolder, name), 'utf8'));
      this.#database.exec(`PRAGMA user_version = ${place + 1}`);
      this.#database.exec('COMMIT');
    }
  }

  statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  rows(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.statement(sql).all(...values);
  }

  /** The same for a statement that is put together for one question: it is not kept. */
  rowsOnce(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#database.prepare(sql).all(...values);
  }

  row(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.statement(sql).get(...values);
  }

  /** Makes a change, in the open transaction. Returns the number of rows that it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    if (!this.#open) {
      this.#database.exec('BEGIN');
      this.#open = true;
    }
    let statement = this.#changes.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      // A full-text table leaves a last row id behind that no number can hold, and every later change would fail over it.
      statement.setReadBigInts(true);
      this.#changes.set(sql, statement);
    }
    this.#changesInWal += 1;
    return Number(statement.run(...values).changes);
  }

  commit(): void {
    if (!this.#open) return;
    this.#database.exec('COMMIT');
    this.#open = false;
    if (this.#walBytes() > mostWalBytes) this.checkpoint('PASSIVE');
  }

  /** To be called when nothing else is to be done for a moment. False: it has to be called again. */
  rest(): boolean {
    if (this.#changesInWal <= restChanges) return true;
    if (this.#open) return false;
    this.checkpoint('PASSIVE');
    return true;
  }

  /** Moves the WAL into the database and syncs it. `TRUNCATE` also empties the WAL. */
  checkpoint(mode: 'PASSIVE' | 'TRUNCATE'): boolean {
    this.#changesInWal = 0;
    return integer(this.row(`PRAGMA wal_checkpoint(${mode})`), 'busy') === 0;
  }

  #walBytes(): number {
    return statSync(`${this.#path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }

  close(): void {
    this.#database.close();
  }
}

/** Sets a damaged index aside, for whoever wants to look at it; only the newest one is kept. */
export function setIndexAside(dir: string): void {
  const path = join(dir, indexName);
  if (existsSync(path)) renameSync(path, join(dir, 'index-damaged.db'));
  for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
}

/** SQLITE_CORRUPT (11) and SQLITE_NOTADB (26), and schemas that lack what they should have (1). */
export function saysDamaged(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false;
  const code = typeof error.errcode === 'number' ? error.errcode & 0xff : 0;
  return code === 11 || code === 26 || (code === 1 && /no such (table|column)/.test(error.message));
}

export function isSqliteError(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error;
}

/** @throws Error when the column holds something else: the index is not what this program wrote. */
export function integer(row: Row | undefined, column: string): number {
  const value = row?.[column];
  if (typeof value !== 'number') throw new Error(`The index has no number in column ${column}.`);
  return value;
}

export function text(row: Row | undefined, column: string): string {
  const value = row?.[column];
  if (typeof value !== 'string') throw new Error(`The index has no text in column ${column}.`);
  return value;
}

export function optionalInteger(row: Row | undefined, column: string): number | undefined {
  const value = row?.[column];
  return typeof value === 'number' ? value : undefined;
}

export function optionalText(row: Row | undefined, column: string): string | undefined {
  const value = row?.[column];
  return typeof value === 'string' ? value : undefined;
}
