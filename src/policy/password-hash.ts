/**
 * Passwords as argon2id hashes in PHC string form, as other programs write them too:
 * `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>` (RFC 9106; base64 without padding).
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';

export interface PasswordHash {
  readonly memoryKib: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** 19 MiB and two passes: about 20 ms of one processor, the least that OWASP recommends. */
const cost = { memoryKib: 19_456, passes: 2, parallelism: 1 } as const;
const saltBytes = 16;
const hashBytes = 32;

const pattern =
  /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,128})\$([A-Za-z0-9+/]{22,256})$/;

/** Reads a PHC string; undefined when it is not argon2id of version 19 or asks for more than 1 GiB or 100 passes. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  const found = pattern.exec(text.trim());
  if (!found) return undefined;
  const [memoryKib, passes, parallelism] = [Number(found[1]), Number(found[2]), Number(found[3])];
  if (passes < 1 || passes > 100 || parallelism < 1 || parallelism > 16) return undefined;
  if (memoryKib < 8 * parallelism || memoryKib > 1_048_576) return undefined;
  const salt = Buffer.from(found[4] ?? '', 'base64');
  return { memoryKib, passes, parallelism, salt, hash: Buffer.from(found[5] ?? '', 'base64') };
}

/** The PHC string of a hash. */
export function formatPasswordHash({ memoryKib, passes, parallelism, salt, hash }: PasswordHash): string {
  const text = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${text(salt)}$${text(hash)}`;
}

/** Hashes a password with a fresh salt. */
export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(saltBytes);
  return { ...cost, salt, hash: await derive(password, { ...cost, salt }, hashBytes) };
}

/** A hash that no password has, at the usual cost; makes nothing, and so costs nothing itself. */
export function hashOfNobody(): PasswordHash {
  return { ...cost, salt: randomBytes(saltBytes), hash: randomBytes(hashBytes) };
}

/** Whether the password is the one of the hash; takes the same time either way. */
export async function verifyPassword(password: string, expected: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, expected, expected.hash.byteLength), expected.hash);
}

function derive(password: string, how: Omit<PasswordHash, 'hash'>, length: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  argon2(
    'argon2id',
    {
      message: Buffer.from(password, 'utf8'),
      nonce: how.salt,
      memory: how.memoryKib,
      passes: how.passes,
      parallelism: how.parallelism,
      tagLength: length,
    },
    (error, hash) => (error ? reject(error) : resolve(hash)),
  );
  return promise;
}
