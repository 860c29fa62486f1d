/** How an administrator of the tenant signs in for a job of the console, as it is asked for. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import type { SignInWish } from './assistant-port.ts';
import type { RouteParts } from './surroundings.ts';

export const signInBody = z
  .strictObject({
    way: z.enum(['code', 'browser']).default('code'),
    client: z.guid({ error: 'must be an Application (client) ID, a GUID.' }).optional(),
  })
  .prefault({});

/**
 * Where the browser comes back to. A public client of the tenant's own has this console's address among its redirect URIs;
 * Microsoft's own tools, which every tenant knows, have http://localhost alone, at any port and without a path.
 * @throws FaultError `browser-sign-in-impossible`
 */
export function signInWish(
  { way, client }: z.output<typeof signInBody>,
  request: FastifyRequest,
  { redirectUri, site }: Pick<RouteParts, 'redirectUri' | 'site'>,
): SignInWish {
  const chosen = client === undefined ? {} : { clientId: client };
  if (way === 'code') return { way, ...chosen };
  const here = redirectUri(request);
  const returnTo = here.replace(/SMTP\.aspx$/, 'smtp');
  if (client !== undefined) return { way, ...chosen, redirectUri: here, returnTo };
  const { protocol, hostname, port } = new URL(here);
  const isLocal = protocol === 'http:' && /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(hostname);
  if (!isLocal || site.basePath !== '') throw new FaultError({ code: 'browser-sign-in-impossible' });
  return { way, redirectUri: `http://localhost${port === '' ? '' : `:${port}`}`, returnTo };
}
