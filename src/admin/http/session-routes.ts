/** Signing in and out, and the one-time links by which a password is set. */
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import { roles } from './accounts.ts';
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
/** A password that is to be set. */
export const passwordSchema = z.string().min(12, { error: 'must have 12 characters at least.' }).max(200);
const tokenSchema = z.string().min(20).max(100);
export const meSchema = z.object({ id: z.string(), name: z.string(), role: z.enum(roles) });

export function sessionRoutes(parts: RouteParts): ConsoleRoute[] {
  const { accounts, sessions, secondFactor, audit, server, cookie, entra, begin } = parts;
  const { byAddress, byName, codes } = parts.failed;
  return [
    route(
      {
        method: 'GET',
        path: '/api/session',
        id: 'me',
        summary: 'Who is signed in, if anybody, and whether there is a user yet',
        audience: 'stranger',
        takes: nothing,
        answer: z.object({
          user: meSchema.nullable(),
          inUse: z.boolean(),
          /** Ways of signing in beside name and password. */
          entra: z.boolean(),
        }),
      },
      (_input, { caller }) => ({ user: caller.user ?? null, inUse: accounts.inUse(), entra: entra !== undefined }),
    ),
    route(
      {
        method: 'POST',
        path: '/api/session',
        id: 'signIn',
        summary: 'Sign in',
        audience: 'stranger',
        faults: ['auth-failed', 'auth-throttled', 'code-required', 'code-wrong'],
        takes: z.object({
          body: z.strictObject({
            name: z.string().max(200),
            password: z.string().max(200),
            /** Of the authenticator app, or a recovery code; wanted where the user has set one up. */
            code: z.string().max(40).optional(),
          }),
        }),
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
        const wantsCode = secondFactor.isSet(user.id);
        if (wantsCode && !body.code) throw new FaultError({ code: 'code-required' });
        if (wantsCode && codes.blocks(user.id)) throw new FaultError({ code: 'auth-throttled' });
        if (wantsCode && !secondFactor.accepts(user.id, body.code ?? '')) {
          byAddress.add(caller.address);
          byName.add(name);
          codes.add(user.id);
          // The password was right: whoever reads this may want to know who has it.
          audit.append({ who: user.name, address: caller.address, action: 'code-wrong', target: user.name });
          throw new FaultError({ code: 'code-wrong' });
        }
        codes.forget(user.id);
        audit.append({ who: user.name, address: caller.address, action: 'sign-in', target: user.name });
        return begin(user, wantsCode ? 'password-and-code' : 'password', exchange);
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
        // A link stands for the password, and for nothing else: whoever has a second factor signs in with it.
        return secondFactor.isSet(user.id) ? user : begin(user, 'password', exchange);
      },
    ),
  ];
}
