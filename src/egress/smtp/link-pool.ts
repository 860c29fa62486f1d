/**
 * Connections that wait for the next message. How many are in use at a time is the lane's business; this keeps what comes
 * back, and lets go of what has waited for too long: servers close idle connections, and a mailbox may have but three.
 */
import type { SmtpLink } from './smtp-link.ts';

/** ms; below the idle limits of servers, some of which give a minute. */
const mostIdleMs = 30_000;
/** Messages over one connection; some servers close it after so many, in the middle of the next. */
const mostMessages = 100;

export class LinkPool {
  readonly #open: (key: string, signal: AbortSignal) => Promise<SmtpLink>;
  readonly #idle = new Map<string, SmtpLink[]>();
  #timer: NodeJS.Timeout | undefined;

  /** @param open opens a connection for a key; rejects with SmtpLinkError. */
  constructor(open: (key: string, signal: AbortSignal) => Promise<SmtpLink>) {
    this.#open = open;
  }

  /** A connection that waited, or a new one. @throws SmtpLinkError */
  async take(key: string, fresh: boolean, signal: AbortSignal): Promise<{ link: SmtpLink; reused: boolean }> {
    this.#sweep(performance.now());
    const idle = this.#idle.get(key) ?? [];
    const link = fresh ? undefined : idle.pop();
    if (link) return { link, reused: true };
    return { link: await this.#open(key, signal), reused: false };
  }

  /** Takes one back. */
  put(key: string, link: SmtpLink): void {
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
