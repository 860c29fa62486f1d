/** Setting Microsoft 365 up, limiting the app, renewing its credential, and consent: for Administrators. */
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import type { JobView } from './assistant-port.ts';
import { type ConsoleRoute, nothing, route, silence } from './route.ts';
import type { RouteParts } from './surroundings.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, { error: 'must be the name of a connector.' });
const address = z.email({ error: 'must be an address such as noreply@contoso.com.' });
const idParams = z.object({ id: z.string().max(100) });
const nameParams = z.object({ name: z.string().max(100) });
const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(['automatic', 'limit', 'renewal']),
  connector: z.string(),
  by: z.string(),
  state: z.enum(['running', 'done', 'failed', 'stopped']),
  lines: z.array(
    z.object({
      at: z.number(),
      state: z.enum(['yes', 'no', 'waits', 'info']),
      text: z.string(),
      row: z.string().optional(),
    }),
  ),
  signIn: z.object({ url: z.string(), code: z.string() }).optional(),
});
const origin = z.string().regex(/^https:\/\/[^/\s]+$/, { error: 'must be a host with https://, and without a path.' });
const limitBody = z.strictObject({
  connector: name,
  way: z.enum(['rbac', 'access-policy']),
  mailboxes: z.array(address).min(1).max(100),
  forbidden: address.optional(),
  owners: z.array(address).max(20).default([]),
});

const shown = (job: JobView) => ({ ...job, lines: job.lines.map((line) => ({ ...line })) });

export function assistantRoutes({ server, audit, redirectUri }: RouteParts): ConsoleRoute[] {
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
        faults: ['too-much-under-way'],
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
        } as const;
        return shown(assistant.begin(order, who));
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/setup/limit/plan',
        id: 'planLimit',
        summary: 'What limits the app to these mailboxes, step by step and as a script; changes nothing',
        audience: 'administrator',
        faults: ['not-found', 'setup-impossible'],
        takes: z.object({ body: limitBody }),
        answer: z.object({
          title: z.string(),
          notes: z.array(z.string()),
          steps: z.array(z.object({ purpose: z.string(), command: z.string() })),
          proofs: z.array(z.object({ command: z.string(), expected: z.enum(['granted', 'refused']) })),
          script: z.string(),
        }),
      },
      async ({ body }) => {
        const view = await assistant.limit({ kind: 'limit', forbidden: undefined, ...body });
        return {
          ...view,
          notes: [...view.notes],
          steps: view.steps.map((step) => ({ ...step })),
          proofs: view.proofs.map((proof) => ({ ...proof })),
        };
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/setup/limit',
        id: 'applyLimit',
        summary: 'Set the limit in Exchange by an administrator’s sign-in, and prove it there; a job to be watched',
        audience: 'administrator',
        faults: ['not-found', 'too-much-under-way'],
        takes: z.object({ body: limitBody }),
        answer: jobSchema,
      },
      ({ body }, { caller }) => {
        onRecord(caller, 'limit-apply', body.connector);
        return shown(assistant.begin({ kind: 'limit', forbidden: undefined, ...body }, caller.name));
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
        return shown(job);
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
    route(
      {
        method: 'GET',
        path: '/api/jobs',
        id: 'jobs',
        summary: 'Set-ups, limits and renewals that run or ran since the start, the newest first',
        audience: 'administrator',
        takes: nothing,
        answer: z.object({ jobs: z.array(jobSchema) }),
      },
      () => ({ jobs: assistant.jobs().map(shown) }),
    ),
    route(
      {
        method: 'GET',
        path: '/api/jobs/{id}',
        id: 'job',
        summary: 'One of them, with what it did so far',
        audience: 'administrator',
        faults: ['not-found'],
        takes: z.object({ params: idParams }),
        answer: jobSchema,
      },
      ({ params }) => {
        const job = assistant.job(params.id);
        if (!job) throw new FaultError({ code: 'not-found' });
        return shown(job);
      },
    ),
    route(
      {
        method: 'DELETE',
        path: '/api/jobs/{id}',
        id: 'stopJob',
        summary: 'Stop it; what is done stays done, and the next run goes on there',
        audience: 'administrator',
        takes: z.object({ params: idParams }),
        answer: silence,
      },
      ({ params }, { caller }) => {
        onRecord(caller, 'job-stop', params.id);
        assistant.stop(params.id);
        return undefined;
      },
    ),
  ];
}
