/** Sessions of signed-in users. They live in the console's file, so that a restart signs nobody out, and can be ended at any time. */
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { Clock } from '../../domain/ports.ts';
import type { Accounts, User } from './accounts.ts';
import { hashOfToken, newToken } from './secret-token.ts';

/** A session ends so long after it began, whatever happens, ms. */
export const longestMs = 12 * 3_600_000;
/** It ends when nothing was asked for so long, ms. */
const idleMs = 2 * 3_600_000;
/** How exactly the last request is kept, ms: a write for each request would be many. */
const seenEveryMs = 60_000;

const sessionRow = z.object({ user_id: z.string(), started_at: z.number(), seen_at: z.number() });

/** How somebody signed in. */
export const signInWays = ['password', 'password-and-code', 'passkey', 'entra'] as const;
export type SignInWay = (typeof signInWays)[number];

/** Characters of the hash by which a session is named to its user: enough to tell it, and no way in. */
const shownCharacters = 16;
const mostAgent = 200;

const shownRow = z
  .object({
    token_hash: z.string(),
    started_at: z.number(),
    seen_at: z.number(),
    address: z.string(),
    agent: z.string(),
    way: z.enum(signInWays),
  })
  .transform((row) => ({
    id: row.token_hash.slice(0, shownCharacters),
    startedAt: row.started_at,
    seenAt: row.seen_at,
    address: row.address,
    agent: row.agent,
    way: row.way,
  }));
export type ShownSession = z.output<typeof shownRow>;

export class Sessions {
  readonly #file: DatabaseSync;
  readonly #clock: Clock;
  readonly #accounts: Accounts;

  constructor(file: DatabaseSync, clock: Clock, accounts: Accounts) {
    this.#file = file;
    this.#clock = clock;
    this.#accounts = accounts;
  }

  /** Begins a session under a token of its own: one that a stranger has planted is worth nothing. */
  begin(user: User, from: { readonly address: string; readonly agent: string; readonly way: SignInWay }): string {
    const token = newToken();
    const now = this.#clock.now();
    this.#file.prepare('DELETE FROM sessions WHERE started_at < ? OR seen_at < ?').run(now - longestMs, now - idleMs);
    this.#file
      .prepare(
        'INSERT INTO sessions (token_hash, user_id, started_at, seen_at, address, agent, way) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(hashOfToken(token), user.id, now, now, from.address, from.agent.slice(0, mostAgent), from.way);
    this.#accounts.seen(user.id);
    return token;
  }

  /** Whose session a token opens; undefined when it has ended or its user is disabled. */
  find(token: string): User | undefined {
    const found = this.#look(token);
    const now = this.#clock.now();
    if (found && now - found.seenAt > seenEveryMs) {
      this.#file.prepare('UPDATE sessions SET seen_at = ? WHERE token_hash = ?').run(now, hashOfToken(token));
      this.#accounts.seen(found.user.id);
    }
    return found?.user;
  }

  /** The same, without counting as a request. */
  peek(token: string): User | undefined {
    return this.#look(token)?.user;
  }

  #look(token: string): { readonly user: User; readonly seenAt: number } | undefined {
    const row = sessionRow
      .optional()
      .parse(
        this.#file
          .prepare('SELECT user_id, started_at, seen_at FROM sessions WHERE token_hash = ?')
          .get(hashOfToken(token)),
      );
    const now = this.#clock.now();
    if (!row || now - row.started_at > longestMs || now - row.seen_at > idleMs) return undefined;
    const user = this.#accounts.byId(row.user_id);
    return user && !user.disabled ? { user, seenAt: row.seen_at } : undefined;
  }

  end(token: string): void {
    this.#file.prepare('DELETE FROM sessions WHERE token_hash = ?').run(hashOfToken(token));
  }

  /** A user's sessions, the newest first. */
  of(userId: string): readonly ShownSession[] {
    const now = this.#clock.now();
    return z
      .array(shownRow)
      .parse(
        this.#file
          .prepare(
            'SELECT * FROM sessions WHERE user_id = ? AND started_at >= ? AND seen_at >= ? ORDER BY started_at DESC',
          )
          .all(userId, now - longestMs, now - idleMs),
      );
  }

  /** Ends one of a user's sessions by the name that `of` gave it; false when there is none. */
  endOne(userId: string, id: string): boolean {
    const { changes } = this.#file
      .prepare('DELETE FROM sessions WHERE user_id = ? AND substr(token_hash, 1, ?) = ?')
      .run(userId, shownCharacters, id);
    return Number(changes) > 0;
  }

  /** How the session of a token is named by `of`. */
  nameOf(token: string): string {
    return hashOfToken(token).slice(0, shownCharacters);
  }

  /** Signs a user out everywhere. */
  endAll(userId: string): void {
    this.#file.prepare('DELETE FROM sessions WHERE user_id = ?').run(userId);
  }

  /** Signs a user out everywhere but where the token is. */
  endOthers(userId: string, token: string): void {
    this.#file.prepare('DELETE FROM sessions WHERE user_id = ? AND token_hash <> ?').run(userId, hashOfToken(token));
  }

  countOf(userId: string): number {
    const now = this.#clock.now();
    const row = this.#file
      .prepare('SELECT count(*) AS count FROM sessions WHERE user_id = ? AND started_at >= ? AND seen_at >= ?')
      .get(userId, now - longestMs, now - idleMs);
    return z.object({ count: z.number() }).parse(row).count;
  }
}
