/**
 * The second factor: codes that change every 30 s (TOTP, RFC 6238), and recovery codes for when the telephone is gone. The
 * shared secret stands in the vault, encrypted; here is only whether there is one, and which code was used last.
 */
import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { Secret, TOTP } from 'otpauth';
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import type { Clock } from '../../domain/ports.ts';
import type { User } from './accounts.ts';
import { inOne } from './console-file.ts';
import { hashOfToken } from './secret-token.ts';

/** Where secrets are kept, encrypted at rest; a port, since this folder knows no vault. */
export interface SecretKeeper {
  get(name: string): string;
  put(name: string, value: string): void;
  remove(name: string): void;
}

const periodSeconds = 30;
/** Steps that a clock may be off, to either side. */
const stepsOff = 1;
const recoveryCodes = 10;
/** 80 random bits, so that a fast hash will do. */
const recoveryBytes = 10;

const rowSchema = z.object({ confirmed: z.number(), last_step: z.number() });

export class SecondFactor {
  readonly #file: DatabaseSync;
  readonly #clock: Clock;
  readonly #secrets: SecretKeeper;

  constructor(file: DatabaseSync, clock: Clock, secrets: SecretKeeper) {
    this.#file = file;
    this.#clock = clock;
    this.#secrets = secrets;
  }

  /** Whether a sign-in by password wants a code besides. */
  isSet(userId: string): boolean {
    return this.#row(userId)?.confirmed === 1;
  }

  recoveryLeft(userId: string): number {
    const row = this.#file.prepare('SELECT count(*) AS count FROM recovery_codes WHERE user_id = ?').get(userId);
    return z.object({ count: z.number() }).parse(row).count;
  }

  /** Makes a secret; it counts once `confirm` has seen a code of it. @throws FaultError `second-factor-set` */
  enrol({ id, name }: User, issuer: string): { readonly secret: string; readonly uri: string } {
    if (this.isSet(id)) throw new FaultError({ code: 'second-factor-set' });
    const secret = new Secret({ size: 20 });
    this.#secrets.put(entryOf(id), secret.base32);
    this.#file.prepare('REPLACE INTO totp (user_id, confirmed, last_step) VALUES (?, 0, 0)').run(id);
    return { secret: secret.base32, uri: new TOTP({ issuer, label: name, secret }).toString() };
  }

  /** Ends the enrolment by a code; gives the recovery codes, which are shown once. @throws FaultError `code-wrong` */
  confirm(userId: string, code: string): readonly string[] {
    if (this.isSet(userId)) throw new FaultError({ code: 'second-factor-set' });
    if (!this.#acceptsCode(userId, code)) throw new FaultError({ code: 'code-wrong' });
    const codes = Array.from({ length: recoveryCodes }, newRecoveryCode);
    inOne(this.#file, () => {
      this.#file.prepare('UPDATE totp SET confirmed = 1 WHERE user_id = ?').run(userId);
      this.#file.prepare('DELETE FROM recovery_codes WHERE user_id = ?').run(userId);
      for (const each of codes)
        this.#file
          .prepare('INSERT INTO recovery_codes (code_hash, user_id) VALUES (?, ?)')
          .run(hashOfCode(each), userId);
    });
    return codes;
  }

  /** Takes a code of the telephone or a recovery code; each is good once. */
  accepts(userId: string, code: string): boolean {
    if (this.#acceptsCode(userId, code)) return true;
    const { changes } = this.#file
      .prepare('DELETE FROM recovery_codes WHERE user_id = ? AND code_hash = ?')
      .run(userId, hashOfCode(code));
    return Number(changes) > 0;
  }

  remove(userId: string): void {
    if (!this.#row(userId)) return;
    inOne(this.#file, () => {
      this.#file.prepare('DELETE FROM recovery_codes WHERE user_id = ?').run(userId);
      this.#file.prepare('DELETE FROM totp WHERE user_id = ?').run(userId);
    });
    this.#secrets.remove(entryOf(userId));
  }

  #acceptsCode(userId: string, code: string): boolean {
    const row = this.#row(userId);
    const token = code.replaceAll(/\s/g, '');
    if (!row || !/^\d{6}$/.test(token)) return false;
    const timestamp = this.#clock.now();
    const totp = new TOTP({ secret: Secret.fromBase32(this.#secrets.get(entryOf(userId))) });
    const delta = totp.validate({ token, timestamp, window: stepsOff });
    if (delta === null) return false;
    const step = Math.floor(timestamp / 1_000 / periodSeconds) + delta;
    // Whoever looked over a shoulder comes too late (RFC 6238 §5.2).
    if (step <= row.last_step) return false;
    this.#file.prepare('UPDATE totp SET last_step = ? WHERE user_id = ?').run(step, userId);
    return true;
  }

  #row(userId: string) {
    return rowSchema
      .optional()
      .parse(this.#file.prepare('SELECT confirmed, last_step FROM totp WHERE user_id = ?').get(userId));
  }
}

const entryOf = (userId: string) => `console-totp-${userId}`;

/** Four groups of four characters, without those that look alike. */
function newRecoveryCode(): string {
  const digits = '0123456789abcdefghjkmnpqrstvwxyz';
  let bits = BigInt(`0x${randomBytes(recoveryBytes).toString('hex')}`);
  let text = '';
  for (let place = 0; place < 16; place += 1) {
    text += digits.charAt(Number(bits & 31n));
    bits >>= 5n;
  }
  return text.replaceAll(/(.{4})(?=.)/g, '$1-');
}

function hashOfCode(code: string): string {
  return hashOfToken(code.toLowerCase().replaceAll(/[\s-]/g, ''));
}
