/** Setting Microsoft 365 up, renewing the credential of an app, and consent: for Administrators. */
import { z } from 'zod';
import { jobSchema, shownJob } from './job-routes.ts';
import { type ConsoleRoute, route } from './route.ts';
import { signInBody, signInWish } from './sign-in-wish.ts';
import type { RouteParts } from './surroundings.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, { error: 'must be the name of a connector.' });
const address = z.email({ error: 'must be an address such as noreply@contoso.com.' });
const nameParams = z.object({ name: z.string().max(100) });
const origin = z.string().regex(/^https:\/\/[^/\s]+$/, { error: 'must be a host with https://, and without a path.' });
export function assistantRoutes(parts: RouteParts): ConsoleRoute[] {
  const { server, audit, redirectUri } = parts;
  const { assistant } = server;
  const onRecord = (caller: { readonly name: string; readonly address: string }, action: string, target: string) =>
    audit.append({ who: caller.name, address: caller.address, action, target });
  return [
    route(
      {
        method: 'POST',
        path: '/api/setup/automatic',
        id: 'setUpAutomatically',
        summary: 'Make app, credential, permission and consent by an administrator’s sign-in; a job to be watched',
        audience: 'administrator',
        faults: ['too-much-under-way', 'browser-sign-in-impossible'],
        takes: z.object({
          body: z.strictObject({
            connector: name,
            tenant: z
              .string()
              .trim()
              .regex(/^[a-z0-9][a-z0-9.-]{2,252}$/i, {
                error: 'must be the Directory (tenant) ID, or a domain of the tenant such as contoso.com.',
              }),
            userName: address,
            applicationName: z.string().trim().min(1).max(120).default('Mailroom'),
            credential: z.enum(['certificate', 'secret']).default('certificate'),
            days: z.int().min(1).max(730).default(365),
            cloud: z.union([z.string().max(40), z.strictObject({ login: origin, graph: origin })]).default('global'),
            caFile: z.string().max(1_000).optional(),
            signIn: signInBody,
          }),
        }),
        answer: jobSchema,
      },
      ({ body }, { caller, request }) => {
        const { name: who, address: from } = caller;
        onRecord(caller, 'setup-automatic', body.connector);
        const record = (before: string, after: string) =>
          audit.append({ who, address: from, action: 'connectors-set-up', target: body.connector, before, after });
        const order = {
          kind: 'automatic',
          redirectUri: redirectUri(request),
          record,
          caFile: undefined,
          ...body,
          signIn: signInWish(body.signIn, request, parts),
        } as const;
        return shownJob(assistant.begin(order, who));
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/connectors/{name}/renewal',
        id: 'renewCredential',
        summary: 'Renew the credential by the app itself, without a gap; a job to be watched',
        audience: 'administrator',
        faults: ['not-found', 'too-much-under-way'],
        takes: z.object({ params: nameParams }),
        answer: jobSchema,
      },
      ({ params }, { caller }) => {
        const job = assistant.begin({ kind: 'renewal', connector: params.name }, caller.name);
        onRecord(caller, 'credential-renew', params.name);
        return shownJob(job);
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/connectors/{name}/consent',
        id: 'consentLink',
        summary: 'Make the link by which an administrator grants Mail.Send; good for a week and one answer',
        audience: 'administrator',
        faults: ['not-found'],
        takes: z.object({ params: nameParams }),
        answer: z.object({ link: z.string() }),
      },
      ({ params }, { caller, request }) => {
        const link = assistant.consentLink(params.name, redirectUri(request));
        onRecord(caller, 'consent-link', params.name);
        return { link };
      },
    ),
    route(
      {
        method: 'GET',
        path: '/api/connectors/{name}/consent',
        id: 'consent',
        summary: 'Whether Mail.Send is granted, by a new token',
        audience: 'operator',
        faults: ['not-found', 'setup-impossible'],
        takes: z.object({ params: nameParams }),
        answer: z.object({ granted: z.boolean() }),
      },
      async ({ params }) => ({ granted: await assistant.isGranted(params.name) }),
    ),
  ];
}
