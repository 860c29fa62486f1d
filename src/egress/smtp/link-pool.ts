/**
 * Connections that wait for the next message. It keeps what comes back, lets go of what has waited for too long, since
 * servers close idle connections, and has no more of them for a key than the server allows: whoever wants one more waits
 * until one comes back. As a rule the lane has no more under way; large mail of a Graph connector has a lane of four.
 */
import { type SmtpLink, SmtpLinkError } from './smtp-link.ts';

/** ms; below the idle limits of servers, some of which give a minute. */
const mostIdleMs = 30_000;
/** Messages over one connection; some servers close it after so many, in the middle of the next. */
const mostMessages = 100;

export class LinkPool {
  readonly #open: (key: string, signal: AbortSignal) => Promise<SmtpLink>;
  readonly #most: number;
  readonly #idle = new Map<string, SmtpLink[]>();
  readonly #inUse = new Map<string, number>();
  /** Those who wait for a connection to come back, the longest first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param open opens a connection for a key; rejects with SmtpLinkError.
   * @param most connections for a key
   */
  constructor(open: (key: string, signal: AbortSignal) => Promise<SmtpLink>, most: number) {
    this.#open = open;
    this.#most = most;
  }

  /** A connection that waited, or a new one; each goes back by `put`, whatever became of it. @throws SmtpLinkError */
  async take(key: string, fresh: boolean, signal: AbortSignal): Promise<{ link: SmtpLink; reused: boolean }> {
    await this.#place(key, signal);
    this.#sweep(performance.now());
    // Who asks for a fresh one has met one that was good no longer: the others are as old.
    if (fresh) this.drop(key);
    const link = this.#idle.get(key)?.pop();
    if (link) return { link, reused: true };
    try {
      return { link: await this.#open(key, signal), reused: false };
    } catch (error) {
      this.#leave(key);
      throw error;
    }
  }

  async #place(key: string, signal: AbortSignal): Promise<void> {
    const inUse = this.#inUse.get(key) ?? 0;
    if (inUse < this.#most) {
      this.#inUse.set(key, inUse + 1);
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(key) ?? [];
    const stop = () => {
      const place = waiting.indexOf(resolve);
      if (place >= 0) waiting.splice(place, 1);
      reject(new SmtpLinkError({ kind: 'broken', why: 'Mailroom is shutting down.', bodyOut: false }));
    };
    if (signal.aborted) stop();
    else waiting.push(resolve);
    this.#waiting.set(key, waiting);
    signal.addEventListener('abort', stop, { once: true });
    await promise.finally(() => signal.removeEventListener('abort', stop));
  }

  #leave(key: string): void {
    const next = this.#waiting.get(key)?.shift();
    if (next) return next();
    const left = (this.#inUse.get(key) ?? 1) - 1;
    if (left === 0) this.#inUse.delete(key);
    else this.#inUse.set(key, left);
  }

  /** Takes one back, also one that is broken. */
  put(key: string, link: SmtpLink): void {
    this.#leave(key);
    if (!link.isOpen) return;
    if (link.messages >= mostMessages) {
      link.quit();
      return;
    }
    const idle = this.#idle.get(key) ?? [];
    idle.push(link);
    this.#idle.set(key, idle);
    this.#timer ??= setInterval(() => this.#sweep(performance.now()), mostIdleMs / 2).unref();
  }

  /** Lets go of what waits for this key: what it logged in with is good no longer. */
  drop(key: string): void {
    for (const link of this.#idle.get(key)?.splice(0) ?? []) link.quit();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const key of this.#idle.keys()) this.drop(key);
  }

  #sweep(now: number): void {
    for (const [key, links] of this.#idle) {
      const kept = links.filter((link) => link.isOpen && now - link.usedAt < mostIdleMs);
      for (const link of links) if (!kept.includes(link)) link.quit();
      if (kept.length === 0) this.#idle.delete(key);
      else this.#idle.set(key, kept);
    }
    if (this.#idle.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
