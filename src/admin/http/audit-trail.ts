/**
 * The audit trail: who did what, to what, from where, before and after. Append-only; each entry's hash covers the one before
 * it, so that an entry that was changed or taken out later shows. Cutting off the end does not show in the file itself:
 * whoever must prove that keeps the last hash elsewhere (`mailroom audit verify` prints it).
 */
import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { Clock } from '../../domain/ports.ts';
import { inOne } from './console-file.ts';

export const auditEntrySchema = z.object({
  number: z.number(),
  /** ms since the epoch. */
  at: z.number(),
  who: z.string(),
  address: z.string(),
  action: z.string(),
  target: z.string(),
  before: z.string(),
  after: z.string(),
  hash: z.string(),
});
export type AuditEntry = z.output<typeof auditEntrySchema>;

export interface AuditRecord {
  readonly who: string;
  readonly address: string;
  readonly action: string;
  readonly target: string;
  readonly before?: string;
  readonly after?: string;
}

const firstHash = '0'.repeat(64);

export class AuditTrail {
  readonly file: DatabaseSync;
  readonly #clock: Clock;

  constructor(file: DatabaseSync, clock: Clock) {
    this.file = file;
    this.#clock = clock;
  }

  /** Puts an entry on record, before what it tells of is done: what cannot be recorded does not happen. */
  append({ who, address, action, target, before = '', after = '' }: AuditRecord): void {
    inOne(this.file, () => {
      const last = auditEntrySchema
        .optional()
        .parse(this.file.prepare('SELECT * FROM audit ORDER BY number DESC LIMIT 1').get());
      const number = (last?.number ?? 0) + 1;
      const entry = { number, at: this.#clock.now(), who, address, action, target, before, after };
      this.file
        .prepare('INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
        .run(number, entry.at, who, address, action, target, before, after, hashOf(last?.hash ?? firstHash, entry));
    });
  }

  /** Puts an entry on record together with what it tells of: one that was refused after all did not happen. */
  with<T>(record: AuditRecord, work: () => T): T {
    return inOne(this.file, () => {
      this.append(record);
      return work();
    });
  }

  /** The newest first. */
  list(limit: number, below = Number.MAX_SAFE_INTEGER): readonly AuditEntry[] {
    return z
      .array(auditEntrySchema)
      .parse(this.file.prepare('SELECT * FROM audit WHERE number < ? ORDER BY number DESC LIMIT ?').all(below, limit));
  }

  /** All, the oldest first. */
  *all(): Generator<AuditEntry> {
    yield* entriesOf(this.file);
  }
}

function* entriesOf(file: DatabaseSync): Generator<AuditEntry> {
  for (const row of file.prepare('SELECT * FROM audit ORDER BY number').iterate()) yield auditEntrySchema.parse(row);
}

export interface AuditVerdict {
  readonly entries: number;
  readonly lastHash: string;
  /** Number of the first entry that is not what it was when it was written; absent when all are. */
  readonly brokenAt?: number;
}

/** Computes every hash again. */
export function verifyAudit(file: DatabaseSync): AuditVerdict {
  let lastHash = firstHash;
  let entries = 0;
  for (const entry of entriesOf(file)) {
    entries += 1;
    if (entry.number !== entries || entry.hash !== hashOf(lastHash, entry))
      return { entries, lastHash, brokenAt: entry.number };
    lastHash = entry.hash;
  }
  return { entries, lastHash };
}

function hashOf(previous: string, entry: Omit<AuditEntry, 'hash'>): string {
  const { number, at, who, address, action, target, before, after } = entry;
  // A JSON list: no two different entries read alike.
  const text = JSON.stringify([previous, number, at, who, address, action, target, before, after]);
  return createHash('sha256').update(text).digest('hex');
}
