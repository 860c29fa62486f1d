/** Signing in with a passkey. */
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import { assertionSchema } from './passkeys.ts';
import { type ConsoleRoute, nothing, route } from './route.ts';
import { meSchema } from './session-routes.ts';
import type { RouteParts } from './surroundings.ts';

/** What the browser's own interface wants, as it is. */
export const optionsSchema = z.looseObject({ challenge: z.string() });

export function passkeyRoutes({ passkeys, accounts, audit, failed, site, begin }: RouteParts): ConsoleRoute[] {
  return [
    route(
      {
        method: 'POST',
        path: '/api/passkey/challenge',
        id: 'passkeyChallenge',
        summary: 'What the browser needs to ask for a passkey',
        audience: 'stranger',
        takes: nothing,
        answer: optionsSchema,
      },
      async (_input, { request }) => optionsSchema.parse(await passkeys.request(site.of(request))),
    ),
    route(
      {
        method: 'POST',
        path: '/api/passkey',
        id: 'passkeySignIn',
        summary: 'Sign in with a passkey',
        audience: 'stranger',
        faults: ['passkey-refused', 'auth-throttled'],
        takes: z.object({ body: z.strictObject({ response: assertionSchema }) }),
        answer: meSchema,
      },
      async ({ body }, exchange) => {
        const { caller, request } = exchange;
        if (failed.byAddress.blocks(caller.address)) throw new FaultError({ code: 'auth-throttled' });
        const userId = await passkeys.userOf(site.of(request), body.response).catch((error: unknown) => {
          failed.byAddress.add(caller.address);
          throw error;
        });
        const user = accounts.byId(userId);
        if (!user || user.disabled) throw new FaultError({ code: 'passkey-refused' });
        audit.append({
          who: user.name,
          address: caller.address,
          action: 'sign-in',
          target: user.name,
          after: 'by passkey',
        });
        return begin(user, 'passkey', exchange);
      },
    ),
  ];
}
