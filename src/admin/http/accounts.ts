/** Users of the console: who they are, what they may do, and the one-time links by which they set their password. */
import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import type { Clock } from '../../domain/ports.ts';
import { formatPasswordHash, hashPassword, parsePasswordHash, verifyPassword } from '../../policy/password-hash.ts';
import { inOne } from './console-file.ts';
import { hashOfToken, newToken } from './secret-token.ts';

/** From the lowest to the highest; each may do what those before it may. */
export const roles = ['viewer', 'operator', 'administrator'] as const;
export type Role = (typeof roles)[number];

/** A one-time link is good for so long. */
const invitationMs = 24 * 3_600_000;
/** Hashes computed at a time: they run in the four threads that also sync the disk. */
const mostHashes = 2;

const userRow = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(roles),
    password_hash: z.string().nullable(),
    disabled: z.number(),
    created_at: z.number(),
    last_seen_at: z.number().nullable(),
    entra_subject: z.string().nullable(),
  })
  .transform((row) => ({
    id: row.id,
    name: row.name,
    role: row.role,
    disabled: row.disabled === 1,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    passwordHash: row.password_hash,
    /** Signs in with Entra, which says the role anew each time. */
    ofEntra: row.entra_subject !== null,
  }));

export type User = z.output<typeof userRow>;

export class Accounts {
  readonly #file: DatabaseSync;
  readonly #clock: Clock;
  #hashing = 0;

  constructor(file: DatabaseSync, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  all(): readonly User[] {
    return z.array(userRow).parse(this.#file.prepare('SELECT * FROM users ORDER BY name').all());
  }

  byId(id: string): User | undefined {
    return this.all().find((user) => user.id === id);
  }

  /** Whether somebody has set a password already; before that, the one-time link of the start is the way in. */
  inUse(): boolean {
    return this.all().some((user) => user.passwordHash !== null);
  }

  /** @throws FaultError `name-taken`. */
  add(name: string, role: Role): User {
    if (this.all().some((user) => user.name.toLowerCase() === name.toLowerCase()))
      throw new FaultError({ code: 'name-taken' });
    const id = randomUUID();
    this.#file
      .prepare('INSERT INTO users (id, name, role, created_at) VALUES (?, ?, ?, ?)')
      .run(id, name, role, this.#clock.now());
    return this.#known(id);
  }

  /**
   * The user of somebody who has signed in with Entra, made at the first time; the role is what Entra says now.
   * @param subject tenant and object id: names change, these do not
   */
  ofEntra(subject: string, name: string, role: Role): User {
    return inOne(this.#file, () => {
      const known = z
        .object({ id: z.string() })
        .optional()
        .parse(this.#file.prepare('SELECT id FROM users WHERE entra_subject = ?').get(subject));
      if (known) {
        this.#file.prepare('UPDATE users SET role = ? WHERE id = ?').run(role, known.id);
        return this.#known(known.id);
      }
      const taken = this.all().some((user) => user.name.toLowerCase() === name.toLowerCase());
      const { id } = this.add(taken ? `${name} (Entra ${subject.slice(-12)})` : name, role);
      this.#file.prepare('UPDATE users SET entra_subject = ? WHERE id = ?').run(subject, id);
      return this.#known(id);
    });
  }

  /** @throws FaultError `not-found`, or `last-administrator` when nobody could manage users any more. */
  change(id: string, change: { readonly role?: Role | undefined; readonly disabled?: boolean | undefined }): User {
    const user = this.#known(id);
    const role = change.role ?? user.role;
    const disabled = change.disabled ?? user.disabled;
    const others = this.all().filter((other) => other.id !== id && isActiveAdministrator(other));
    if (isActiveAdministrator(user) && (role !== 'administrator' || disabled) && others.length === 0)
      throw new FaultError({ code: 'last-administrator' });
    this.#file.prepare('UPDATE users SET role = ?, disabled = ? WHERE id = ?').run(role, disabled ? 1 : 0, id);
    return this.#known(id);
  }

  /**
   * Makes a one-time link's token, for a user or, without one, for the first administrator. Only its hash is kept, and the
   * ones before it for the same person end.
   */
  invite(userId?: string): string {
    const token = newToken();
    inOne(this.#file, () => {
      this.#file.prepare('DELETE FROM invitations WHERE user_id IS ?').run(userId ?? null);
      this.#file
        .prepare('INSERT INTO invitations (token_hash, user_id, expires_at) VALUES (?, ?, ?)')
        .run(hashOfToken(token), userId ?? null, this.#clock.now() + invitationMs);
    });
    return token;
  }

  /** Whom a token is for: a user, or `first` for the first administrator. @throws FaultError `invitation-unusable`. */
  invited(token: string): User | 'first' {
    const row = z
      .object({ user_id: z.string().nullable(), expires_at: z.number() })
      .optional()
      .parse(
        this.#file.prepare('SELECT user_id, expires_at FROM invitations WHERE token_hash = ?').get(hashOfToken(token)),
      );
    if (!row || row.expires_at <= this.#clock.now()) throw new FaultError({ code: 'invitation-unusable' });
    if (row.user_id !== null) return this.#known(row.user_id);
    if (this.inUse()) throw new FaultError({ code: 'invitation-unusable' });
    return 'first';
  }

  /** Spends a token: the password is set, and the first administrator is made. @throws FaultError `invitation-unusable`. */
  async redeem(token: string, name: string, password: string): Promise<User> {
    this.invited(token);
    const hash = await this.#hashed(() => hashPassword(password));
    return inOne(this.#file, () => {
      // Asked again: while the password was hashed, somebody else may have spent it.
      const invited = this.invited(token);
      this.#file.prepare('DELETE FROM invitations WHERE token_hash = ?').run(hashOfToken(token));
      const user = invited === 'first' ? this.add(name, 'administrator') : invited;
      this.#file.prepare('UPDATE users SET password_hash = ? WHERE id = ?').run(formatPasswordHash(hash), user.id);
      return this.#known(user.id);
    });
  }

  /** Gives a user another password. @throws FaultError `auth-throttled` or `not-found`. */
  async setPassword(id: string, password: string): Promise<void> {
    const hash = await this.#hashed(() => hashPassword(password));
    const user = this.#known(id);
    this.#file.prepare('UPDATE users SET password_hash = ? WHERE id = ?').run(formatPasswordHash(hash), user.id);
  }

  /** The user of a name and a password; takes as long for a name that is not there. @throws FaultError `auth-throttled`. */
  async verified(name: string, password: string): Promise<User | undefined> {
    const user = this.all().find((each) => each.name.toLowerCase() === name.toLowerCase());
    const known = parsePasswordHash(user?.passwordHash ?? '');
    const right = await this.#hashed(async () => {
      if (known) return verifyPassword(password, known);
      await hashPassword(password);
      return false;
    });
    return right && user && !user.disabled ? user : undefined;
  }

  seen(id: string): void {
    this.#file.prepare('UPDATE users SET last_seen_at = ? WHERE id = ?').run(this.#clock.now(), id);
  }

  async #hashed<T>(work: () => Promise<T>): Promise<T> {
    if (this.#hashing >= mostHashes) throw new FaultError({ code: 'auth-throttled' });
    this.#hashing += 1;
    try {
      return await work();
    } finally {
      this.#hashing -= 1;
    }
  }

  #known(id: string): User {
    const user = this.byId(id);
    if (!user) throw new FaultError({ code: 'not-found' });
    return user;
  }
}

function isActiveAdministrator({ role, disabled, passwordHash }: User): boolean {
  return role === 'administrator' && !disabled && passwordHash !== null;
}
