/**
 * What is known of the credential of each connector beyond the credential itself: when it ends, which entry of the app
 * registration it is, what is under way and what is still to be removed. `credentials.json` of the data folder; no secret.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Credential } from '../../microsoft/token-source.ts';
import { whileLocked } from '../../vault/file-lock.ts';
import { writeWhole } from '../../vault/write-whole.ts';

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

const nothing: CredentialRecord = { removals: [] };

export class CredentialRecords {
  readonly #file: string;

  constructor(dataDir: string) {
    this.#file = join(dataDir, 'credentials.json');
  }

  /** @throws Error when the file is no such record */
  of(connector: string): CredentialRecord {
    return this.#read()[connector] ?? nothing;
  }

  /** Reads, changes and writes; other processes wait. @throws Error, VaultError when it cannot be written */
  change(connector: string, change: (record: CredentialRecord) => CredentialRecord): void {
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    whileLocked(this.#file, () => {
      const connectors = this.#read();
      const changed = { ...connectors, [connector]: change(connectors[connector] ?? nothing) };
      writeWhole(this.#file, `${JSON.stringify({ format: 1, connectors: changed })}\n`);
    });
  }

  #read(): Readonly<Record<string, CredentialRecord>> {
    if (!existsSync(this.#file)) return {};
    const read = fileSchema.safeParse(parseJson(readFileSync(this.#file, 'utf8')));
    if (read.success) return read.data.connectors;
    throw new Error(`${this.#file} is no record of credentials. Move it away: it is made anew.`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
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
