/**
 * Sign-ins by a browser that comes back to the console. Each has a state that is unguessable and good for one answer within
 * a quarter of an hour; whoever brings it back ends the wait of the job that gave it out. What was brought proves nothing
 * yet: the code in it is worth something only with the verifier, which never leaves this process (PKCE).
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../domain/ports.ts';

const waitMs = 15 * 60_000;

interface Waiting {
  readonly end: (query: URLSearchParams) => void;
  /** Where in the console the browser goes on. */
  readonly returnTo: string;
}

export class SignIns {
  readonly #clock: Clock;
  /** By the hash of the state: a look-up tells nothing of it by its time. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Gives a state out, and waits for it. `answer` throws Error when nobody comes back in time. */
  give(returnTo: string, signal: AbortSignal): { readonly state: string; answer(): Promise<URLSearchParams> } {
    const state = randomBytes(24).toString('base64url');
    const key = digest(state);
    const { promise, resolve, reject } = Promise.withResolvers<URLSearchParams>();
    const fail = (why: string) => () => reject(new Error(why));
    const cancel = this.#clock.after(waitMs, fail('Nobody signed in within a quarter of an hour.'));
    const stopped = fail('It was stopped before anybody signed in.');
    signal.addEventListener('abort', stopped, { once: true });
    const over = () => {
      cancel();
      signal.removeEventListener('abort', stopped);
      this.#waiting.delete(key);
    };
    promise.then(over, over);
    this.#waiting.set(key, { end: resolve, returnTo });
    return { state, answer: () => promise };
  }

  /** Where the browser goes on that brings a state back; undefined for one that nobody waits for. */
  take(query: URLSearchParams): string | undefined {
    const key = digest(query.get('state') ?? '');
    const found = this.#waiting.get(key);
    this.#waiting.delete(key);
    found?.end(query);
    return found?.returnTo;
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
