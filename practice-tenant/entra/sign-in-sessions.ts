/** Who is signed in at the sign-in pages and the portal: a random cookie for each browser. */
import { randomBytes } from 'node:crypto';
import type { VirtualClock } from '../clock.ts';
import { headerText, type TenantRequest } from '../http/exchange.ts';

export interface SignInSession {
  readonly tenantId: string;
  readonly userId: string;
  /** Every form that changes something carries it. */
  readonly csrf: string;
}

const cookieName = 'practice_session';
const lifetimeMs = 12 * 3600 * 1000;
/** More than any test opens; the oldest goes. */
const mostSessions = 10_000;

export class SignInSessions {
  readonly #clock: VirtualClock;
  readonly #sessions = new Map<string, SignInSession & { readonly endsAt: number }>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  of(request: TenantRequest): SignInSession | undefined {
    const session = this.#sessions.get(cookieOf(request) ?? '');
    return session && session.endsAt > this.#clock.now() ? session : undefined;
  }

  /** Value of Set-Cookie for a new session. */
  start(tenantId: string, userId: string): string {
    const id = randomBytes(24).toString('base64url');
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size >= mostSessions && oldest !== undefined) this.#sessions.delete(oldest);
    const csrf = randomBytes(24).toString('base64url');
    this.#sessions.set(id, { tenantId, userId, csrf, endsAt: this.#clock.now() + lifetimeMs });
    return `${cookieName}=${id}; Path=/; Secure; HttpOnly; SameSite=Lax`;
  }

  /** Ends it; value of the Set-Cookie that takes the cookie away. */
  end(request: TenantRequest): string {
    this.#sessions.delete(cookieOf(request) ?? '');
    return `${cookieName}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`;
  }
}

function cookieOf(request: TenantRequest): string | undefined {
  const pairs = (headerText(request.headers, 'cookie') ?? '').split(/;\s*/);
  return pairs.find((pair) => pair.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1);
}
