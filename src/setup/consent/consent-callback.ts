/**
 * What comes back from admin consent, at `/connectors/SMTP.aspx` (the address that manuals register) and at
 * `/connectors/smtp/callback`. Anybody can open that address with any words in it, so that it proves nothing: its state
 * must be one that was given out, and whether consent is there is looked up by a token, never read from the address.
 *
 * Version 2 says `admin_consent=True` on failure as well: whoever does not look for `error` calls a refusal a success.
 * Source: Entra "Admin consent on the Microsoft identity platform".
 */
import { createHash, timingSafeEqual } from 'node:crypto';

export const consentPaths = ['/connectors/SMTP.aspx', '/connectors/smtp/callback'] as const;

export type ConsentAnswer =
  /** An administrator says to have granted; to be looked up. */
  | { readonly kind: 'granted' }
  | { readonly kind: 'refused'; readonly sentence: string }
  /** Not an answer to what was asked: an old link, or somebody's own. */
  | { readonly kind: 'unknown'; readonly sentence: string };

/** States that were given out and have not come back. */
export class ConsentStates {
  readonly #waiting = new Map<string, number>();
  readonly #now: () => number;
  readonly #random: () => string;

  /** @param random unguessable text, 128 bits at least */
  constructor(now: () => number, random: () => string) {
    this.#now = now;
    this.#random = random;
  }

  /** @param livesMs how long a link may lie about before it is clicked */
  give(livesMs: number): string {
    const state = this.#random();
    this.#waiting.set(digest(state), this.#now() + livesMs);
    return state;
  }

  /** True once for a state that was given out and is not over. */
  take(state: string): boolean {
    const wanted = digest(state);
    for (const [held, endsAt] of this.#waiting) {
      if (!timingSafeEqual(Buffer.from(held), Buffer.from(wanted))) continue;
      this.#waiting.delete(held);
      return endsAt > this.#now();
    }
    return false;
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Reads the answer. The tenant in it is not looked at: whoever wrote the address chose it. */
export function readConsentAnswer(query: URLSearchParams, states: ConsentStates): ConsentAnswer {
  if (!states.take(query.get('state') ?? ''))
    return {
      kind: 'unknown',
      sentence: 'This link was used before, is too old, or was not made by Mailroom. Ask Mailroom for a new one.',
    };
  const error = query.get('error');
  if (error !== null) {
    const number = /AADSTS\d{4,8}/.exec(query.get('error_description') ?? '')?.[0];
    return {
      kind: 'refused',
      sentence: `Consent was not given (${[error.replace(/[^\w-]/g, '').slice(0, 60), number].filter(Boolean).join(', ')}). A Privileged Role Administrator or Global Administrator can grant it: send them the link.`,
    };
  }
  if (query.get('admin_consent')?.toLowerCase() === 'true') return { kind: 'granted' };
  return { kind: 'unknown', sentence: 'This is no answer to a request for consent. Ask Mailroom for a new link.' };
}
