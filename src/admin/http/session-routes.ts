/** Signing in and out, and the one-time links by which a password is set. */
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import { FailedLogins } from '../../policy/failed-logins.ts';
import { roles, type User } from './accounts.ts';
import { type ConsoleRoute, nothing, route, silence } from './route.ts';
import type { RouteParts } from './surroundings.ts';

export const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._@-]*$/u, {
    error: 'must be letters, digits, spaces and . _ @ -, and begin with a letter or digit.',
  });
/** Length is what counts (NIST SP 800-63B); 200 keeps the hash cheap. */
const passwordSchema = z.string().min(12, { error: 'must have 12 characters at least.' }).max(200);
const tokenSchema = z.string().min(20).max(100);
const meSchema = z.object({ id: z.string(), name: z.string(), role: z.enum(roles) });

export function sessionRoutes({ accounts, sessions, audit, server, cookie }: RouteParts): ConsoleRoute[] {
  const byAddress = new FailedLogins(server.clock);
  const byName = new FailedLogins(server.clock);

  const begin = (user: User, { caller, request, reply }: Parameters<ConsoleRoute['run']>[0]) => {
    const before = request.cookies[cookie.name];
    if (before) sessions.end(before);
    reply.setCookie(cookie.name, sessions.begin(user, caller.address), cookie.options);
    return user;
  };

  return [
    route(
      {
        method: 'GET',
        path: '/api/session',
        id: 'me',
        summary: 'Who is signed in, if anybody, and whether there is a user yet',
        audience: 'stranger',
        takes: nothing,
        answer: z.object({ user: meSchema.nullable(), inUse: z.boolean() }),
      },
      (_input, { caller }) => ({ user: caller.user ?? null, inUse: accounts.inUse() }),
    ),
    route(
      {
        method: 'POST',
        path: '/api/session',
        id: 'signIn',
        summary: 'Sign in',
        audience: 'stranger',
        faults: ['auth-failed', 'auth-throttled'],
        takes: z.object({ body: z.strictObject({ name: z.string().max(200), password: z.string().max(200) }) }),
        answer: meSchema,
      },
      async ({ body }, exchange) => {
        const { caller } = exchange;
        const name = body.name.trim().toLowerCase();
        if (byAddress.blocks(caller.address) || byName.blocks(name)) throw new FaultError({ code: 'auth-throttled' });
        const user = await accounts.verified(name, body.password);
        if (!user) {
          byAddress.add(caller.address);
          byName.add(name);
          server.logger.warn({ remoteAddress: caller.address }, 'A sign-in to the console was refused.');
          throw new FaultError({ code: 'auth-failed' });
        }
        audit.append({ who: user.name, address: caller.address, action: 'sign-in', target: user.name });
        return begin(user, exchange);
      },
    ),
    route(
      {
        method: 'DELETE',
        path: '/api/session',
        id: 'signOut',
        summary: 'Sign out',
        audience: 'viewer',
        takes: nothing,
        answer: silence,
      },
      (_input, { request, reply }) => {
        const token = request.cookies[cookie.name];
        if (token) sessions.end(token);
        reply.clearCookie(cookie.name, cookie.options);
        return undefined;
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/first-run/look',
        id: 'lookAtInvitation',
        summary: 'Whom a one-time link is for',
        audience: 'stranger',
        faults: ['invitation-unusable'],
        takes: z.object({ body: z.strictObject({ token: tokenSchema }) }),
        answer: z.object({ name: z.string().nullable() }),
      },
      ({ body }) => {
        const invited = accounts.invited(body.token);
        return { name: invited === 'first' ? null : invited.name };
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/first-run',
        id: 'redeemInvitation',
        summary: 'Set the password by a one-time link; the first one makes the first Administrator',
        audience: 'stranger',
        faults: ['invitation-unusable', 'auth-throttled', 'name-taken'],
        takes: z.object({ body: z.strictObject({ token: tokenSchema, name: nameSchema, password: passwordSchema }) }),
        answer: meSchema,
      },
      async ({ body }, exchange) => {
        const { caller } = exchange;
        if (byAddress.blocks(caller.address)) throw new FaultError({ code: 'auth-throttled' });
        const user = await accounts.redeem(body.token, body.name, body.password).catch((error: unknown) => {
          byAddress.add(caller.address);
          throw error;
        });
        audit.append({ who: user.name, address: caller.address, action: 'password-set', target: user.name });
        // Whoever had the old password is out.
        sessions.endAll(user.id);
        return begin(user, exchange);
      },
    ),
  ];
}
