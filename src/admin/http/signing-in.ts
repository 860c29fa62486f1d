/** What the ways of signing in share: the session that begins, the brakes on guessing, and where the browser is. */
import type { DatabaseSync } from 'node:sqlite';
import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyRequest } from 'fastify';
import type { Clock } from '../../domain/ports.ts';
import { FailedLogins } from '../../policy/failed-logins.ts';
import { Accounts, type User } from './accounts.ts';
import { type EntraApp, EntraSignIn } from './entra-sign-in.ts';
import { Passkeys, type Site } from './passkeys.ts';
import type { ConsoleRoute } from './route.ts';
import { SecondFactor, type SecretKeeper } from './second-factor.ts';
import { longestMs, Sessions, type SignInWay } from './sessions.ts';

/**
 * Three of a million codes are right at any time: at ten tries a minute whoever has stolen a password would be in within
 * weeks, at ten an hour within centuries.
 */
const codeLimit = { failures: 10, spanMs: 3_600_000 };

/** Where browsers see the console. */
export interface ConsolePlace {
  /** Path below which a proxy shows it, without a slash at its end; empty for the root. */
  readonly basePath: string;
  /** Origin that browsers see, where a proxy changes the Host header. */
  readonly origin: string | undefined;
  /** Browsers reach it by HTTPS: its cookies are for nothing else then. */
  readonly secure: boolean;
}

export interface SigningIn {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly secondFactor: SecondFactor;
  readonly passkeys: Passkeys;
  /** Absent where it is not configured. */
  readonly entra: EntraSignIn | undefined;
  readonly failed: {
    readonly byName: FailedLogins;
    readonly byAddress: FailedLogins;
    /** Wrong codes behind a right password, by user id. */
    readonly codes: FailedLogins;
  };
  readonly site: ConsolePlace & { of(request: FastifyRequest): Site; originOf(request: FastifyRequest): string };
  /** Sets the session's cookie, or takes it away. */
  readonly cookie: { readonly name: string; readonly options: CookieSerializeOptions };
  /** Begins a session, and ends the one that the browser had. */
  begin(user: User, way: SignInWay, exchange: Parameters<ConsoleRoute['run']>[0]): User;
}

export function signingIn(
  file: DatabaseSync,
  parts: {
    readonly clock: Clock;
    readonly secrets: SecretKeeper;
    readonly place: ConsolePlace;
    readonly entra: EntraApp | undefined;
  },
): SigningIn {
  const { clock, place } = parts;
  const accounts = new Accounts(file, clock);
  const sessions = new Sessions(file, clock, accounts);
  // SameSite=Strict: a page of another site gets nothing done with it.
  const cookie: SigningIn['cookie'] = {
    name: 'mailroom_session',
    options: {
      path: `${place.basePath}/`,
      httpOnly: true,
      sameSite: 'strict',
      secure: place.secure,
      maxAge: longestMs / 1000,
    },
  };
  const originOf = (request: FastifyRequest) =>
    place.origin ?? `${place.secure ? 'https' : 'http'}://${request.headers.host ?? ''}`;
  return {
    accounts,
    sessions,
    secondFactor: new SecondFactor(file, clock, parts.secrets),
    passkeys: new Passkeys(file, clock),
    entra: parts.entra && new EntraSignIn(parts.entra, clock),
    failed: {
      byName: new FailedLogins(clock),
      byAddress: new FailedLogins(clock),
      codes: new FailedLogins(clock, codeLimit),
    },
    site: {
      ...place,
      originOf,
      of(request) {
        const origin = originOf(request);
        return { origin, host: URL.parse(origin)?.hostname ?? '' };
      },
    },
    cookie,
    begin(user, way, { caller, request, reply }) {
      const before = request.cookies[cookie.name];
      if (before) sessions.end(before);
      const agent = request.headers['user-agent'] ?? '';
      reply.setCookie(cookie.name, sessions.begin(user, { address: caller.address, agent, way }), cookie.options);
      return user;
    },
  };
}
