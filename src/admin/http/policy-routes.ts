/** Limiting which mailboxes an app may use: planned, set, proven, listed, taken back, and moved from the older way to the newer. */
import { z } from 'zod';
import type { LimitOrder } from './assistant-port.ts';
import { jobSchema, shownJob } from './job-routes.ts';
import { type Caller, type ConsoleRoute, route } from './route.ts';
import { signInBody, signInWish } from './sign-in-wish.ts';
import type { RouteParts } from './surroundings.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, { error: 'must be the name of a connector.' });
const address = z.email({ error: 'must be an address such as noreply@contoso.com.' });
const wanted = {
  connector: name,
  mailboxes: z.array(address).min(1).max(100),
  forbidden: address.optional(),
  owners: z.array(address).max(20).default([]),
  group: address.optional(),
};
const limit = { ...wanted, way: z.enum(['rbac', 'access-policy']), denies: z.boolean().default(false) };
const isPossible = ({ way, denies }: { way: string; denies: boolean }) => way === 'access-policy' || !denies;
const why = { error: 'is for an access policy: a role of Exchange gives, and denies nothing.', path: ['denies'] };
const planBody = z.strictObject(limit).refine(isPossible, why);
const changeBody = z
  .strictObject({ ...limit, withGroup: z.boolean().default(false), signIn: signInBody })
  .refine(isPossible, why);
const faults = ['not-found', 'too-much-under-way', 'browser-sign-in-impossible', 'setup-impossible'] as const;

const actions = [
  ['apply', '/api/setup/limit', 'applyLimit', 'Set the limit in Exchange by an administrator’s sign-in, and prove it'],
  ['test', '/api/setup/limit/test', 'testLimit', 'Ask Exchange and Graph who is granted and who is refused'],
  ['list', '/api/setup/limit/list', 'listLimit', 'Show what stands of the limit in Exchange'],
  ['remove', '/api/setup/limit/remove', 'removeLimit', 'Take the limit back: the job shows what goes, and asks'],
] as const satisfies readonly (readonly [LimitOrder['action'], string, string, string])[];

export function policyRoutes(parts: RouteParts): ConsoleRoute[] {
  const { server, audit } = parts;
  const { assistant } = server;
  const onRecord = (caller: Caller, action: string, target: string, after: object) =>
    audit.append({ who: caller.name, address: caller.address, action, target, after: JSON.stringify(after) });
  return [
    route(
      {
        method: 'POST',
        path: '/api/setup/limit/plan',
        id: 'planLimit',
        summary: 'What limits the app to these mailboxes, step by step and as a script; changes nothing',
        audience: 'administrator',
        faults: ['not-found', 'setup-impossible'],
        takes: z.object({ body: planBody }),
        answer: z.object({
          title: z.string(),
          difference: z.string(),
          notes: z.array(z.string()),
          steps: z.array(z.object({ purpose: z.string(), command: z.string() })),
          proofs: z.array(z.object({ command: z.string(), expected: z.enum(['granted', 'refused']) })),
          script: z.string(),
        }),
      },
      async ({ body }) => {
        const view = await assistant.limit({ forbidden: undefined, group: undefined, ...body });
        return {
          ...view,
          notes: [...view.notes],
          steps: view.steps.map((step) => ({ ...step })),
          proofs: view.proofs.map((proof) => ({ ...proof })),
        };
      },
    ),
    ...actions.map(([action, path, id, summary]) =>
      route(
        {
          method: 'POST',
          path,
          id,
          summary: `${summary}; a job to be watched`,
          audience: 'administrator',
          faults,
          takes: z.object({ body: changeBody }),
          answer: jobSchema,
        },
        ({ body: { signIn, ...body } }, { caller, request }) => {
          const order = { kind: 'limit', action, forbidden: undefined, group: undefined, ...body } as const;
          const job = assistant.begin({ ...order, signIn: signInWish(signIn, request, parts) }, caller.name);
          const { connector, ...after } = body;
          onRecord(caller, `limit-${action}`, connector, after);
          return shownJob(job);
        },
      ),
    ),
    route(
      {
        method: 'POST',
        path: '/api/setup/limit/migrate',
        id: 'migrateLimit',
        summary:
          'From an access policy to RBAC for Applications, proven step by step without a sending gap, or back; a job to be watched, and to be begun again where it says so',
        audience: 'administrator',
        faults,
        takes: z.object({
          body: z.strictObject({
            ...wanted,
            settleMinutes: z.int().min(0).max(1_440).default(120),
            back: z.boolean().default(false),
            signIn: signInBody,
          }),
        }),
        answer: jobSchema,
      },
      ({ body: { signIn, ...body } }, { caller, request }) => {
        const order = { kind: 'migration', forbidden: undefined, group: undefined, ...body } as const;
        const job = assistant.begin({ ...order, signIn: signInWish(signIn, request, parts) }, caller.name);
        const { connector, ...after } = body;
        onRecord(caller, body.back ? 'limit-migrate-back' : 'limit-migrate', connector, after);
        return shownJob(job);
      },
    ),
    route(
      {
        method: 'GET',
        path: '/api/connectors/{name}/migration',
        id: 'migration',
        summary: 'How far the way from an access policy to RBAC for Applications has come; asks nobody',
        audience: 'administrator',
        faults: ['not-found'],
        takes: z.object({ params: z.object({ name: z.string().max(100) }) }),
        answer: z.object({
          roleGivenAt: z.number().optional(),
          consentWithdrawnAt: z.number().optional(),
          roleProvenAt: z.number().optional(),
          removedPolicies: z.array(z.string()),
          doneAt: z.number().optional(),
          goesOnAt: z.number().optional(),
        }),
      },
      ({ params }) => {
        const view = assistant.migration(params.name);
        return { ...view, removedPolicies: [...view.removedPolicies] };
      },
    ),
  ];
}
