/** One's own sign-in: sessions, second factor, passkeys. */
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import type { User } from './accounts.ts';
import { optionsSchema } from './passkey-routes.ts';
import { attestationSchema } from './passkeys.ts';
import { type Caller, type ConsoleRoute, nothing, route, silence } from './route.ts';
import { passwordSchema } from './session-routes.ts';
import { signInWays } from './sessions.ts';
import type { RouteParts } from './surroundings.ts';

const idParams = z.object({ id: z.string().max(1_000) });
const passwordBody = z.strictObject({ password: z.string().max(200) });
const sessionSchema = z.object({
  id: z.string(),
  startedAt: z.number(),
  seenAt: z.number(),
  address: z.string(),
  agent: z.string(),
  way: z.enum(signInWays),
  /** The one that asks. */
  here: z.boolean(),
});

export function ownRoutes(parts: RouteParts): ConsoleRoute[] {
  const { accounts, sessions, secondFactor, passkeys, audit, cookie, failed, site } = parts;
  const own = ({ user }: Caller): User => {
    if (!user) throw new FaultError({ code: 'auth-required' });
    return user;
  };
  const record = (caller: Caller, action: string, after = '') =>
    audit.append({ who: caller.name, address: caller.address, action, target: caller.name, after });
  /** What guards a session that somebody left open: the password once more. */
  const proven = async (caller: Caller, password: string): Promise<User> => {
    const user = own(caller);
    const name = user.name.toLowerCase();
    if (failed.byName.blocks(name)) throw new FaultError({ code: 'auth-throttled' });
    if (await accounts.verified(name, password)) return user;
    failed.byName.add(name);
    throw new FaultError({ code: 'password-wrong' });
  };
  return [
    route(
      {
        method: 'GET',
        path: '/api/me',
        id: 'ownSignIn',
        summary: 'One’s own sessions, second factor and passkeys',
        audience: 'viewer',
        takes: nothing,
        answer: z.object({
          hasPassword: z.boolean(),
          codes: z.boolean(),
          recoveryLeft: z.number(),
          passkeys: z.array(
            z.object({ id: z.string(), name: z.string(), createdAt: z.number(), usedAt: z.number().nullable() }),
          ),
          sessions: z.array(sessionSchema),
        }),
      },
      (_input, { caller, request }) => {
        const { id, passwordHash } = own(caller);
        const here = sessions.nameOf(request.cookies[cookie.name] ?? '');
        return {
          hasPassword: passwordHash !== null,
          codes: secondFactor.isSet(id),
          recoveryLeft: secondFactor.recoveryLeft(id),
          passkeys: passkeys.of(id),
          sessions: sessions.of(id).map((session) => ({ ...session, here: session.id === here })),
        };
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/me/password',
        id: 'changeOwnPassword',
        summary: 'Change one’s own password; every other session of one’s own ends',
        audience: 'viewer',
        faults: ['password-wrong', 'auth-throttled'],
        takes: z.object({ body: passwordBody.extend({ next: passwordSchema }) }),
        answer: silence,
      },
      async ({ body }, { caller, request }) => {
        const { id } = await proven(caller, body.password);
        await accounts.setPassword(id, body.next);
        // Whoever had the old one is out; whoever has just shown that they know it stays.
        sessions.endOthers(id, request.cookies[cookie.name] ?? '');
        record(caller, 'password-change');
        return undefined;
      },
    ),
    route(
      {
        method: 'DELETE',
        path: '/api/me/sessions/{id}',
        id: 'endOwnSession',
        summary: 'End one of one’s own sessions',
        audience: 'viewer',
        faults: ['not-found'],
        takes: z.object({ params: idParams }),
        answer: silence,
      },
      ({ params }, { caller }) => {
        if (!sessions.endOne(own(caller).id, params.id)) throw new FaultError({ code: 'not-found' });
        record(caller, 'session-end');
        return undefined;
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/me/codes',
        id: 'enrolCodes',
        summary: 'Make the secret of an authenticator app; it counts once a code of it was confirmed',
        audience: 'viewer',
        faults: ['password-wrong', 'auth-throttled', 'second-factor-set'],
        takes: z.object({ body: passwordBody }),
        /** Shown once. */
        answer: z.object({ secret: z.string(), uri: z.string() }),
      },
      async ({ body }, { caller, request }) =>
        secondFactor.enrol(await proven(caller, body.password), `Mailroom ${site.of(request).host}`),
    ),
    route(
      {
        method: 'POST',
        path: '/api/me/codes/confirm',
        id: 'confirmCodes',
        summary: 'Confirm the authenticator app by a code; the answer has the recovery codes',
        audience: 'viewer',
        faults: ['code-wrong', 'second-factor-set', 'auth-throttled'],
        takes: z.object({ body: z.strictObject({ code: z.string().max(20) }) }),
        /** Shown once. */
        answer: z.object({ recoveryCodes: z.array(z.string()) }),
      },
      ({ body }, { caller }) => {
        const user = own(caller);
        const name = user.name.toLowerCase();
        if (failed.byName.blocks(name)) throw new FaultError({ code: 'auth-throttled' });
        try {
          const recoveryCodes = [...secondFactor.confirm(user.id, body.code)];
          record(caller, 'second-factor-set');
          return { recoveryCodes };
        } catch (error) {
          failed.byName.add(name);
          throw error;
        }
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/me/codes/remove',
        id: 'removeCodes',
        summary: 'Sign in without codes again',
        audience: 'viewer',
        faults: ['password-wrong', 'auth-throttled'],
        takes: z.object({ body: passwordBody }),
        answer: silence,
      },
      async ({ body }, { caller }) => {
        const { id } = await proven(caller, body.password);
        record(caller, 'second-factor-remove');
        secondFactor.remove(id);
        return undefined;
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/me/passkeys/challenge',
        id: 'passkeyOptions',
        summary: 'What the browser needs to make a passkey',
        audience: 'viewer',
        faults: ['password-wrong', 'auth-throttled'],
        /** The password of whoever has one; somebody who signs in with Entra has none. */
        takes: z.object({ body: passwordBody.partial() }),
        answer: optionsSchema,
      },
      async ({ body }, { caller, request }) => {
        if (own(caller).passwordHash !== null) await proven(caller, body.password ?? '');
        return optionsSchema.parse(await passkeys.registration(own(caller), site.of(request)));
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/me/passkeys',
        id: 'addPasskey',
        summary: 'Keep a passkey that was made',
        audience: 'viewer',
        faults: ['passkey-refused'],
        takes: z.object({
          body: z.strictObject({ name: z.string().trim().min(1).max(64), response: attestationSchema }),
        }),
        answer: silence,
      },
      async ({ body }, { caller, request }) => {
        await passkeys.add(own(caller), site.of(request), body.response, body.name);
        record(caller, 'passkey-add', body.name);
        return undefined;
      },
    ),
    route(
      {
        method: 'DELETE',
        path: '/api/me/passkeys/{id}',
        id: 'removePasskey',
        summary: 'Forget a passkey',
        audience: 'viewer',
        faults: ['not-found'],
        takes: z.object({ params: idParams }),
        answer: silence,
      },
      ({ params }, { caller }) => {
        if (!passkeys.remove(own(caller).id, params.id)) throw new FaultError({ code: 'not-found' });
        record(caller, 'passkey-remove');
        return undefined;
      },
    ),
  ];
}
