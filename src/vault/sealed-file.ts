/**
 * The vault as it stands on disk: a JSON file of mode 0600 with one sealed entry for each secret.
 *
 * Each entry is AES-256-GCM with a nonce of its own, made anew whenever it is written, and its name as additional data: so an
 * entry that was moved to another name does not open. `keyCheck` tells a wrong key from a damaged file without opening an
 * entry; it is a keyed hash of a fixed text and says nothing about the key.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { VaultError } from './vault-error.ts';

const nonceBytes = 12;
const tagBytes = 16;

const entrySchema = z.strictObject({
  /** base64 */
  nonce: z.string(),
  /** Ciphertext and tag, base64. */
  sealed: z.string(),
  /** When it was put there, ISO 8601. */
  putAt: z.string(),
});
const fileSchema = z.strictObject({
  format: z.literal('mailroom-vault-1'),
  keyCheck: z.string(),
  entries: z.record(z.string(), entrySchema),
});

export type SealedEntry = z.infer<typeof entrySchema>;
export type SealedFile = z.infer<typeof fileSchema>;

/** @throws VaultError with `file` in its sentence */
export function parseSealedFile(text: string, file: string): SealedFile {
  const read = fileSchema.safeParse(parseJson(text));
  if (read.success) return read.data;
  throw new VaultError(
    'damaged',
    `The vault ${file} is damaged: it is not as Mailroom wrote it. Put back the copy from the last backup, or move it away and put each secret in again (mailroom vault put).`,
  );
}

export function emptySealedFile(key: Buffer): SealedFile {
  return { format: 'mailroom-vault-1', keyCheck: keyCheckOf(key), entries: {} };
}

export function opensWith({ keyCheck }: SealedFile, key: Buffer): boolean {
  const [mine, theirs] = [Buffer.from(keyCheckOf(key)), Buffer.from(keyCheck)];
  return mine.length === theirs.length && timingSafeEqual(mine, theirs);
}

function keyCheckOf(key: Buffer): string {
  return createHmac('sha256', key).update('mailroom vault key check').digest('hex').slice(0, 32);
}

export function seal(key: Buffer, name: string, value: string, putAt: string): SealedEntry {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(name));
  const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { nonce: nonce.toString('base64'), sealed: sealed.toString('base64'), putAt };
}

/** @throws VaultError when the entry is not as it was sealed under this name */
export function unseal(key: Buffer, name: string, entry: SealedEntry, file: string): string {
  const sealed = Buffer.from(entry.sealed, 'base64');
  const nonce = Buffer.from(entry.nonce, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      .setAAD(Buffer.from(name))
      .setAuthTag(sealed.subarray(-tagBytes));
    return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()]).toString('utf8');
  } catch {
    throw new VaultError(
      'damaged',
      `The entry ${name} of the vault ${file} is damaged: it is not as it was sealed under this name. Put its secret in again (mailroom vault put ${name}).`,
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
