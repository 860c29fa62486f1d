/** Setting Microsoft 365 up, renewing the credential of an app, and consent: for Administrators. */
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import { jobSchema, shownJob } from './job-routes.ts';
import { type Caller, type ConsoleRoute, route } from './route.ts';
import { signInBody, signInWish } from './sign-in-wish.ts';
import type { RouteParts } from './surroundings.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, { error: 'must be the name of a connector.' });
const address = z.email({ error: 'must be an address such as noreply@contoso.com.' });
const nameParams = z.object({ name: z.string().max(100) });
const origin = z.string().regex(/^https:\/\/[^/\s]+$/, { error: 'must be a host with https://, and without a path.' });
const cloudBody = z.union([z.string().max(40), z.strictObject({ login: origin, graph: origin })]).default('global');

export function assistantRoutes(parts: RouteParts): ConsoleRoute[] {
  const { server, audit, redirectUri } = parts;
  const { assistant } = server;
  const onRecord = (caller: Caller, action: string, target: string) =>
    audit.append({ who: caller.name, address: caller.address, action, target });
  const recorder =
    ({ name: who, address: from }: Caller, action: string, target: string) =>
    (before: string, after: string) =>
      audit.append({ who, address: from, action, target, before, after });
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
            cloud: cloudBody,
            caFile: z.string().max(1_000).optional(),
            largeMessages: z.enum(['refuse', 'upload']).optional(),
            signIn: signInBody,
          }),
        }),
        answer: jobSchema,
      },
      ({ body }, { caller, request }) => {
        onRecord(caller, 'setup-automatic', body.connector);
        const record = recorder(caller, 'connectors-set-up', body.connector);
        const order = {
          kind: 'automatic',
          redirectUri: redirectUri(request),
          record,
          caFile: undefined,
          ...body,
          signIn: signInWish(body.signIn, request, parts),
        } as const;
        return shownJob(assistant.begin(order, caller.name));
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/connectors/{name}/renewal',
        id: 'renewCredential',
        summary:
          'Renew the credential without a gap, by the app itself or an administrator’s sign-in; a job to be watched',
        audience: 'administrator',
        faults: ['not-found', 'too-much-under-way', 'browser-sign-in-impossible'],
        takes: z.object({
          params: nameParams,
          body: z.strictObject({ by: z.enum(['app', 'administrator']).default('app'), signIn: signInBody }),
        }),
        answer: jobSchema,
      },
      ({ params: { name: connector }, body: { by: kind, signIn } }, { caller, request }) => {
        const by =
          kind === 'app' ? ({ kind } as const) : ({ kind, signIn: signInWish(signIn, request, parts) } as const);
        const job = assistant.begin({ kind: 'renewal', connector, by }, caller.name);
        onRecord(caller, 'credential-renew', connector);
        return shownJob(job);
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/connectors/{name}/secret',
        id: 'takeSecret',
        summary:
          'Take a client secret that was made in the portal, once a token and a send have proven it; a job to be watched',
        audience: 'administrator',
        faults: ['not-found', 'too-much-under-way'],
        takes: z.object({
          params: nameParams,
          body: z.strictObject({
            secret: z
              .string()
              .trim()
              .min(8)
              .max(1_000)
              .refine((text) => !z.guid().safeParse(text).success, {
                error: 'must be the Value of the client secret, and not its Secret ID.',
              }),
            endsOn: z.iso.date({ error: 'must be a date such as 2028-11-24.' }).optional(),
          }),
        }),
        answer: jobSchema,
      },
      ({ params: { name: connector }, body: { secret, endsOn } }, { caller }) => {
        const record = recorder(caller, 'connectors-secret', connector);
        const by = { kind: 'pasted', secret, endsOn, record } as const;
        const job = assistant.begin({ kind: 'renewal', connector, by }, caller.name);
        onRecord(caller, 'credential-paste', connector);
        return shownJob(job);
      },
    ),
    route(
      {
        method: 'GET',
        path: '/api/setup/automatic/{connector}',
        id: 'madeBySetup',
        summary: 'What the automatic way has made for a connector, null where it has made nothing; asks nobody',
        audience: 'administrator',
        takes: z.object({ params: z.object({ connector: name }) }),
        answer: z.object({
          made: z
            .object({
              tenantId: z.string(),
              clientId: z.string().optional(),
              credential: z.enum(['certificate', 'secret']).optional(),
              endsAt: z.number().optional(),
              isGranted: z.boolean(),
              entries: z.array(z.string()),
              hasConnector: z.boolean(),
            })
            .nullable(),
        }),
      },
      ({ params }) => {
        try {
          const made = assistant.made(params.connector);
          return { made: { ...made, entries: [...made.entries] } };
        } catch (error) {
          // Nothing made is an answer: a browser would put a refusal among its errors on every visit.
          if (error instanceof FaultError && error.fault.code === 'not-found') return { made: null };
          throw error;
        }
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/setup/automatic/{connector}/undo',
        id: 'undoSetup',
        summary: 'Take back what the automatic way has made, by an administrator’s sign-in; a job to be watched',
        audience: 'administrator',
        faults: ['not-found', 'too-much-under-way', 'browser-sign-in-impossible'],
        takes: z.object({
          params: z.object({ connector: name }),
          body: z.strictObject({ cloud: cloudBody, caFile: z.string().max(1_000).optional(), signIn: signInBody }),
        }),
        answer: jobSchema,
      },
      ({ params: { connector }, body }, { caller, request }) => {
        const made = assistant.made(connector);
        const record = recorder(caller, 'connectors-undo', connector);
        const signIn = signInWish(body.signIn, request, parts);
        const order = { kind: 'undo', connector, caFile: undefined, ...body, signIn, record } as const;
        const job = assistant.begin(order, caller.name);
        const { name: who, address: from } = caller;
        audit.append({ who, address: from, action: 'setup-undo', target: connector, before: JSON.stringify(made) });
        return shownJob(job);
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/connectors/{name}/grant',
        id: 'grantUploads',
        summary: 'Grant Mail.ReadWrite for large mail by uploads, by an administrator’s sign-in; a job to be watched',
        audience: 'administrator',
        faults: ['not-found', 'too-much-under-way', 'browser-sign-in-impossible'],
        takes: z.object({ params: nameParams, body: z.strictObject({ signIn: signInBody }) }),
        answer: jobSchema,
      },
      ({ params: { name: connector }, body }, { caller, request }) => {
        const signIn = signInWish(body.signIn, request, parts);
        const job = assistant.begin({ kind: 'grant', connector, signIn }, caller.name);
        onRecord(caller, 'grant-uploads', connector);
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
