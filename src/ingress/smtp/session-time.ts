/** When the time of a session is over: after silence, after a handshake that does not end, and in all. */
import type { SmtpLimits } from './options.ts';

/** A handshake takes a second, on the oldest printer ten. */
const handshakeMs = 60_000;

/** `ends-soon`: say so between two messages. */
export type TimeVerdict = 'goes-on' | 'ends-soon' | 'over';

export class SessionTime {
  readonly #limits: Pick<SmtpLimits, 'idleMs' | 'totalMs'>;
  readonly #startedAt: number;
  #lastActivity: number;

  constructor(limits: Pick<SmtpLimits, 'idleMs' | 'totalMs'>, now: number) {
    this.#limits = limits;
    this.#startedAt = now;
    this.#lastActivity = now;
  }

  /** Something came in, or an answer that was worked on is there. */
  touch(now: number): void {
    this.#lastActivity = now;
  }

  verdict(now: number, inHandshake: boolean): TimeVerdict {
    const { idleMs, totalMs } = this.#limits;
    const age = now - this.#startedAt;
    if (now - this.#lastActivity > (inHandshake ? Math.min(idleMs, handshakeMs) : idleMs)) return 'over';
    // A message that is sent a byte a minute is never silent, and never at its end.
    if (age > 2 * totalMs) return 'over';
    return age > totalMs ? 'ends-soon' : 'goes-on';
  }
}
