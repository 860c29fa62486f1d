/**
 * What was raised, told and not told yet, in `alerts.db` of the data folder: a restart neither forgets an alert nor says it
 * again. Apart from the queue's store, because an alert must be told when that one is the trouble.
 *
 * Two tables. `topics` has a row for each way and topic (`connector-paused:default:credential-expired`): when it was last
 * told, and what is owed, told when its time has come. `deliveries` has a row for each alert and way; it ends `told` or
 * `given-up`, and is kept for the list.
 */
import { chmodSync, closeSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { Alert } from '../domain/alert.ts';

const schema = `
CREATE TABLE IF NOT EXISTS topics (
  way TEXT NOT NULL, topic TEXT NOT NULL, told_at INTEGER, owed TEXT, more INTEGER NOT NULL DEFAULT 0,
  owed_since INTEGER, due_at INTEGER, PRIMARY KEY (way, topic)) STRICT;
CREATE TABLE IF NOT EXISTS deliveries (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL, way TEXT NOT NULL, at INTEGER NOT NULL, alert TEXT NOT NULL,
  more INTEGER NOT NULL, since INTEGER, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER NOT NULL, ended_at INTEGER, answer TEXT NOT NULL DEFAULT '') STRICT;
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (state, way, number);
`;

const topicSchema = z.object({
  way: z.string(),
  topic: z.string(),
  told_at: z.number().nullable(),
  owed: z.string().nullable(),
  more: z.number(),
  owed_since: z.number().nullable(),
  due_at: z.number().nullable(),
});
export type Topic = z.output<typeof topicSchema>;

const deliverySchema = z.object({
  number: z.number(),
  id: z.string(),
  way: z.string(),
  /** When it was raised, ms since the epoch. */
  at: z.number(),
  /** The alert as JSON; written by this program alone. */
  alert: z.string().transform((text): Alert => JSON.parse(text)),
  /** Alerts of the same topic that this one stands for beside itself. */
  more: z.number(),
  since: z.number().nullable(),
  state: z.enum(['waiting', 'told', 'given-up']),
  attempts: z.number(),
  due_at: z.number(),
  ended_at: z.number().nullable(),
  /** What the way answered last. */
  answer: z.string(),
});
export type Delivery = z.output<typeof deliverySchema>;

/** Deliveries that have ended are kept for the list up to this many. */
const endedKept = 1_000;

function open(path: string): DatabaseSync {
  // Made here, so that nobody else may read it from its first byte on.
  closeSync(openSync(path, 'a', 0o600));
  if (process.platform !== 'win32') chmodSync(path, 0o600);
  const file = new DatabaseSync(path, { timeout: 5_000 });
  try {
    file.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    file.exec(schema);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

export class AlertBook {
  readonly #file: DatabaseSync;

  /** Where a damaged one was put, when there was one: mail does not wait for the list of what was told. */
  readonly setAside: string | undefined;

  /** Makes it when it is not there. @throws what SQLite or the system says */
  constructor(dataDir: string) {
    const path = alertBookFile(dataDir);
    try {
      this.#file = open(path);
    } catch (error) {
      if (!(error instanceof Error) || !/malformed|not a database/.test(error.message)) throw error;
      this.setAside = path.replace(/\.db$/, '-damaged.db');
      renameSync(path, this.setAside);
      for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
      this.#file = open(path);
    }
  }

  topic(way: string, topic: string): Topic | undefined {
    return topicSchema
      .optional()
      .parse(this.#file.prepare('SELECT * FROM topics WHERE way = ? AND topic = ?').get(way, topic));
  }

  putTopic({ way, topic, told_at, owed, more, owed_since, due_at }: Topic): void {
    this.#file
      .prepare('INSERT OR REPLACE INTO topics VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(way, topic, told_at, owed, more, owed_since, due_at);
  }

  /** When topics that begin so were last told by a way. */
  lastTold(way: string, prefix: string): number | undefined {
    const row = this.#file
      .prepare('SELECT max(told_at) AS at FROM topics WHERE way = ? AND substr(topic, 1, ?) = ?')
      .get(way, prefix.length, prefix);
    return z.object({ at: z.number().nullable() }).parse(row).at ?? undefined;
  }

  /** Drops what is owed of topics that begin so: it is no longer true. */
  dropOwed(prefix: string): void {
    this.#file
      .prepare(
        'UPDATE topics SET owed = NULL, more = 0, owed_since = NULL, due_at = NULL WHERE owed IS NOT NULL AND substr(topic, 1, ?) = ?',
      )
      .run(prefix.length, prefix);
  }

  /** Topics of a way whose owed alert is to be told by now. */
  owed(way: string, now: number): readonly Topic[] {
    return topicSchema
      .array()
      .parse(
        this.#file
          .prepare('SELECT * FROM topics WHERE owed IS NOT NULL AND way = ? AND due_at <= ? ORDER BY due_at')
          .all(way, now),
      );
  }

  add(delivery: Pick<Delivery, 'id' | 'way' | 'at' | 'alert' | 'more' | 'since'>): void {
    const { id, way, at, alert, more, since } = delivery;
    this.#file
      .prepare(
        "INSERT INTO deliveries (id, way, at, alert, more, since, state, due_at) VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?)",
      )
      .run(id, way, at, JSON.stringify(alert), more, since, at);
  }

  /** What waits for a way, the oldest first. */
  waiting(way: string): readonly Delivery[] {
    return deliverySchema
      .array()
      .parse(
        this.#file
          .prepare("SELECT * FROM deliveries WHERE state = 'waiting' AND way = ? ORDER BY number LIMIT 500")
          .all(way),
      );
  }

  end(number: number, state: 'told' | 'given-up', at: number, answer: string): void {
    this.#file
      .prepare('UPDATE deliveries SET state = ?, ended_at = ?, answer = ?, attempts = attempts + 1 WHERE number = ?')
      .run(state, at, answer, number);
    this.#file
      .prepare("DELETE FROM deliveries WHERE state <> 'waiting' AND number < (SELECT max(number) FROM deliveries) - ?")
      .run(endedKept);
  }

  /** A way did not take it; all that waits for the way is due at the same time. */
  postpone(way: string, number: number, dueAt: number, answer: string): void {
    this.#file
      .prepare('UPDATE deliveries SET attempts = attempts + 1, answer = ? WHERE number = ?')
      .run(answer, number);
    this.#file.prepare("UPDATE deliveries SET due_at = ? WHERE state = 'waiting' AND way = ?").run(dueAt, way);
  }

  /** The time at which something is to be done next. */
  nextDueAt(ways: readonly string[]): number | undefined {
    const marks = ways.map(() => '?').join(', ');
    const row = this.#file
      .prepare(
        `SELECT min(at) AS at FROM (SELECT min(due_at) AS at FROM topics WHERE owed IS NOT NULL AND way IN (${marks})
         UNION ALL SELECT min(due_at) FROM deliveries WHERE state = 'waiting' AND way IN (${marks}))`,
      )
      .get(...ways, ...ways);
    return z.object({ at: z.number().nullable() }).parse(row).at ?? undefined;
  }

  /** The newest first. */
  list(limit: number): readonly Delivery[] {
    return deliverySchema
      .array()
      .parse(this.#file.prepare('SELECT * FROM deliveries ORDER BY number DESC LIMIT ?').all(limit));
  }

  close(): void {
    this.#file.close();
  }
}

export function alertBookFile(dataDir: string): string {
  return join(dataDir, 'alerts.db');
}
