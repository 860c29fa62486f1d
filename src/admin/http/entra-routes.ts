/** Sign-in with Entra: there and back. Both are places that a browser goes to, and not calls of the console. */
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import { type EntraPerson, signInMs } from './entra-sign-in.ts';
import { faultOf } from './problem.ts';
import { type ConsoleRoute, route, silence } from './route.ts';
import type { RouteParts } from './surroundings.ts';

/** Below the console, never another site: one slash at the start, and nothing that a browser reads as one. */
const placeSchema = z
  .string()
  .max(2_000)
  .regex(/^\/(?![/\\])[\w\-./?=&%@+~:,]*$/)
  .catch('/');

const cookieName = 'mailroom_entra';

export function entraRoutes({ entra, accounts, audit, server, site, begin }: RouteParts): ConsoleRoute[] {
  const cookie = { path: `${site.basePath}/api/entra`, httpOnly: true, secure: site.secure, sameSite: 'lax' } as const;
  /** Where to go next, as a page: the browser has come from another site, and a plain redirect would bring no session. */
  const onwards = (place: string) =>
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${escaped(site.basePath + place)}"><title>Mailroom</title></head><body><a href="${escaped(site.basePath + place)}">Mailroom</a></body></html>`;
  return [
    route(
      {
        method: 'GET',
        path: '/api/entra/sign-in',
        id: 'entraSignIn',
        summary: 'Sign in with Entra; leads to its page',
        audience: 'stranger',
        faults: ['not-found', 'entra-unreachable'],
        takes: z.object({ query: z.object({ returnTo: placeSchema.default('/') }) }),
        answer: silence,
        produces: 'text/html',
      },
      async ({ query: { returnTo } }, { request, reply }) => {
        if (!entra) throw new FaultError({ code: 'not-found' });
        const redirectUri = `${site.originOf(request)}${site.basePath}/api/entra/back`;
        const { location, token } = await entra.begin(redirectUri, returnTo);
        reply.setCookie(cookieName, token, { ...cookie, maxAge: signInMs / 1_000 }).redirect(location, 302);
        return undefined;
      },
    ),
    route(
      {
        method: 'GET',
        path: '/api/entra/back',
        id: 'entraBack',
        summary: 'Where Entra leads back to',
        audience: 'stranger',
        faults: ['not-found'],
        takes: z.object({}),
        answer: silence,
        produces: 'text/html',
      },
      async (_input, exchange) => {
        const { request, reply, caller } = exchange;
        if (!entra) throw new FaultError({ code: 'not-found' });
        reply.clearCookie(cookieName, cookie).type('text/html; charset=utf-8');
        const parameters = new URL(request.url, 'http://own.invalid').searchParams;
        let person: EntraPerson;
        try {
          person = await entra.end(request.cookies[cookieName] ?? '', parameters);
        } catch (error) {
          const fault = faultOf(error);
          server.logger.warn({ remoteAddress: caller.address, fault }, 'A sign-in with Entra was refused.');
          reply.send(onwards(`/?signIn=${fault.code}`));
          return undefined;
        }
        const user = accounts.ofEntra(person.subject, person.name, person.role);
        if (user.disabled) {
          reply.send(onwards('/?signIn=entra-refused'));
          return undefined;
        }
        audit.append({
          who: user.name,
          address: caller.address,
          action: 'sign-in',
          target: user.name,
          after: `by Entra, as ${user.role}`,
        });
        begin(user, 'entra', exchange);
        reply.send(onwards(person.returnTo));
        return undefined;
      },
    ),
  ];
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
