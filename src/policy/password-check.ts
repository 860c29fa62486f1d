/**
 * Checks logins and passwords against argon2id hashes, without paying 20 ms for each: devices that open a connection for
 * each message log in each time.
 *
 * What was right once is remembered for ten minutes under an HMAC of login and password, with a key that lives only in this
 * process. Equal questions that come at once share one answer. At most two hashes are computed at a time: they run in the
 * same four threads as the syncs of the disk, which must not wait behind a guesser.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../domain/ports.ts';
import { hashOfNobody, hashPassword, type PasswordHash, verifyPassword } from './password-hash.ts';

const rememberedMs = 600_000;
const mostRemembered = 10_000;
const mostAtOnce = 2;
/** Beyond this many waiting hashes more are refused: at 20 ms each they would be answered too late to be of use. */
const mostWaiting = 200;

/** A login, with the password in one of its forms. */
export interface LoginRule {
  readonly client: string;
  readonly login: string;
  readonly password: { readonly plain: string } | { readonly hash: PasswordHash };
  /** One of before, which is taken as well until its time, ms since the epoch. */
  readonly previous?: Previous;
}

interface Previous {
  readonly hash: PasswordHash;
  readonly until: number;
}

interface Known {
  readonly client: string;
  readonly hash: PasswordHash;
  readonly previous: Previous | undefined;
}

export class PasswordCheck {
  readonly #clock: Clock;
  readonly #rules: ReadonlyMap<string, Known>;
  /** When the last password of before ends. */
  readonly #lastPrevious: number;
  /** Compared with for unknown logins, so that they take as long as known ones. */
  readonly #nobody: PasswordHash;
  readonly #key = randomBytes(32);
  readonly #remembered = new Map<string, { readonly client: string; readonly until: number }>();
  readonly #running = new Map<string, Promise<string | undefined>>();
  #busy = 0;
  readonly #waiting: (() => void)[] = [];

  private constructor(clock: Clock, rules: ReadonlyMap<string, Known>, nobody: PasswordHash) {
    this.#lastPrevious = Math.max(...[...rules.values()].map(({ previous }) => previous?.until ?? 0), 0);
    this.#clock = clock;
    this.#rules = rules;
    this.#nobody = nobody;
  }

  /** Hashes what is plain; some 20 ms for each login. */
  static async make(clock: Clock, logins: readonly LoginRule[]): Promise<PasswordCheck> {
    const rules = await Promise.all(
      logins.map(async ({ client, login, password, previous }) => {
        const hash = 'hash' in password ? password.hash : await hashPassword(password.plain);
        return [login, { client, hash, previous }] as const;
      }),
    );
    // With the cost of a real one, or the time would tell which logins there are.
    const like = rules[0]?.[1].hash ?? hashOfNobody();
    const nobody = { ...like, salt: randomBytes(16), hash: randomBytes(like.hash.byteLength) };
    return new PasswordCheck(clock, new Map(rules), nobody);
  }

  /** The client of a login that was right a moment ago; costs microseconds. */
  remembered(login: string, password: string): string | undefined {
    const known = this.#remembered.get(this.#tag(login, password));
    return known && known.until > this.#clock.now() ? known.client : undefined;
  }

  /** The client, or undefined; the same work for an unknown login. `busy`: too many are waiting to be checked. */
  async check(login: string, password: string): Promise<{ readonly client: string | undefined } | 'busy'> {
    const tag = this.#tag(login, password);
    let running = this.#running.get(tag);
    if (!running) {
      if (this.#waiting.length >= mostWaiting) return 'busy';
      running = this.#verify(login, password, tag);
      this.#running.set(tag, running);
      running.then(
        () => this.#running.delete(tag),
        () => this.#running.delete(tag),
      );
    }
    return { client: await running };
  }

  async #verify(login: string, password: string, tag: string): Promise<string | undefined> {
    await this.#turn();
    try {
      const rule = this.#rules.get(login);
      const right = await verifyPassword(password, rule?.hash ?? this.#nobody);
      if (right && rule) return this.#remember(tag, rule.client, Number.POSITIVE_INFINITY);
      const now = this.#clock.now();
      if (this.#lastPrevious <= now) return undefined;
      // While anybody has a password of before, every wrong one is compared twice: else the time would tell which logins do.
      const previous = rule?.previous;
      const wasRight = await verifyPassword(password, previous?.hash ?? this.#nobody);
      if (!wasRight || !rule || !previous || previous.until <= now) return undefined;
      return this.#remember(tag, rule.client, previous.until);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#busy -= 1;
    }
  }

  /** Waits for one of the places; whoever leaves hands its place on. */
  #turn(): Promise<void> | undefined {
    if (this.#busy < mostAtOnce) {
      this.#busy += 1;
      return undefined;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    return promise;
  }

  /** @param until when it ends to be right, ms since the epoch */
  #remember(tag: string, client: string, until: number): string {
    this.#remembered.delete(tag);
    if (this.#remembered.size >= mostRemembered) {
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
    this.#remembered.set(tag, { client, until: Math.min(until, this.#clock.now() + rememberedMs) });
    return client;
  }

  #tag(login: string, password: string): string {
    // The length keeps "ab" + "c" apart from "a" + "bc".
    return createHmac('sha256', this.#key).update(`${login.length}:${login}${password}`).digest('base64');
  }
}
