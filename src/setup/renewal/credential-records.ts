/**
 * What is known of the credential of each connector beyond the credential itself: when it ends, which entry of the app
 * registration it is, what is under way and what is still to be removed. `credentials.json` of the data folder; no secret.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Credential } from '../../microsoft/token-source.ts';
import { whileLocked } from '../../vault/file-lock.ts';
import { makeFolder } from '../../vault/make-folder.ts';
import { writeWhole } from '../../vault/write-whole.ts';
import { DamagedRecordError, readRecord, setAside } from '../record-file.ts';

const kind = z.enum(['secret', 'certificate']);
/** Times in ms since the epoch. */
const recordSchema = z.object({
  /** Object id of the app registration, for an app that may not read it. */
  objectId: z.string().optional(),
  /** The credential that the rest is about. */
  inUse: z
    .object({
      fingerprint: z.string(),
      keyId: z.string().optional(),
      endsAt: z.number().optional(),
      from: z.enum(['certificate', 'graph', 'made']).optional(),
    })
    .optional(),
  /** When the registration was last asked for. */
  askedAt: z.number().optional(),
  /** A new one is being made: `label` finds it in the registration, should this be cut off. */
  making: z.object({ kind, label: z.string() }).optional(),
  /** Old ones that are to be removed once servers which share them had time to change. */
  removals: z.array(z.object({ kind, keyId: z.string(), removeAt: z.number() })).default([]),
  /** The last warning. */
  warned: z.object({ endsAt: z.number(), mark: z.number() }).optional(),
  /** Since it last worked by itself: why it does not. */
  failing: z.string().optional(),
  renewedAt: z.number().optional(),
});
const fileSchema = z.object({ format: z.literal(1), connectors: z.record(z.string(), recordSchema) });

export type CredentialRecord = z.infer<typeof recordSchema>;

const remedy =
  'Put it back from the last backup, or move it away: it is made anew. An old credential that was still to be removed from the app registration then stays there until it ends.';

const nothing: CredentialRecord = { removals: [] };

export class CredentialRecords {
  readonly #file: string;

  constructor(dataDir: string) {
    this.#file = join(dataDir, 'credentials.json');
  }

  /** @throws DamagedRecordError */
  of(connector: string): CredentialRecord {
    return this.#read()[connector] ?? nothing;
  }

  /** A damaged one is put beside its place, so that credentials are looked after all the same. @returns where it is now */
  setAsideDamaged(): string | undefined {
    try {
      this.#read();
      return undefined;
    } catch (error) {
      if (!(error instanceof DamagedRecordError)) throw error;
      return setAside(this.#file);
    }
  }

  /** Reads, changes and writes; other processes wait. @throws DamagedRecordError, VaultError when it cannot be written */
  change(connector: string, change: (record: CredentialRecord) => CredentialRecord): void {
    makeFolder(dirname(this.#file));
    whileLocked(this.#file, () => {
      const connectors = this.#read();
      const changed = { ...connectors, [connector]: change(connectors[connector] ?? nothing) };
      writeWhole(this.#file, `${JSON.stringify({ format: 1, connectors: changed })}\n`);
    });
  }

  #read(): Readonly<Record<string, CredentialRecord>> {
    return readRecord(this.#file, fileSchema, remedy)?.connectors ?? {};
  }
}

/**
 * Tells one credential from another; undefined for one that the platform looks after. Of a secret it is a part of a hash:
 * Entra makes secrets of 40 random characters, of which that says nothing.
 */
export function fingerprintOf(credential: Credential): string | undefined {
  switch (credential.kind) {
    case 'secret':
      return createHash('sha256').update(credential.secret).digest('hex').slice(0, 12);
    case 'certificate':
      return new X509Certificate(credential.certificatePem).fingerprint256.replaceAll(':', '').toLowerCase();
    case 'federated':
    case 'managed-identity':
      return undefined;
  }
}
