/** The guided set-up: the manual's steps with their places in the portals, and the checks between one and the next. */
import { z } from 'zod';
import { sendEvents } from './event-stream.ts';
import { type ConsoleRoute, route, silence } from './route.ts';
import type { RouteParts } from './surroundings.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, { error: 'must be the name of a connector.' });
const address = z.email({ error: 'must be an address such as noreply@contoso.com.' });
const answers = z.strictObject({ userName: address.optional(), forbidden: address.optional() });
const steps = ['system-account', 'register', 'secret', 'permission', 'limit', 'send'] as const;

export function guideRoutes({ server, audit }: RouteParts): ConsoleRoute[] {
  const { assistant } = server;
  return [
    route(
      {
        method: 'GET',
        path: '/api/setup/guide/{connector}',
        id: 'guide',
        summary: 'The manual’s steps for a connector: where each is done in its cloud, and which are done',
        audience: 'administrator',
        takes: z.object({
          params: z.object({ connector: name }),
          query: z.object({ cloud: z.string().max(300).default('global') }),
        }),
        answer: z.object({
          steps: z.array(
            z.object({ id: z.enum(steps), rows: z.array(z.string()), link: z.string(), done: z.boolean() }),
          ),
          answers: z.object({ userName: z.string().optional(), forbidden: z.string().optional() }),
        }),
      },
      ({ params, query }) => {
        const view = assistant.guide(params.connector, query.cloud);
        return {
          answers: { ...view.answers },
          steps: view.steps.flatMap((step) => {
            const id = steps.find((each) => each === step.id);
            return id === undefined ? [] : [{ ...step, id, rows: [...step.rows] }];
          }),
        };
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/setup/guide/{connector}/{step}',
        id: 'passGuideStep',
        summary:
          'Look whether what a step must bring about holds; one server-sent event `check` as each ends, then `end` with whether it passed',
        audience: 'administrator',
        faults: ['not-found'],
        takes: z.object({
          params: z.object({ connector: name, step: z.enum(steps) }),
          body: z.strictObject({ answers: answers.default({}), skips: z.boolean().default(false) }),
        }),
        answer: silence,
        produces: 'text/event-stream',
      },
      ({ params, body }, { caller, reply }) => {
        audit.append({
          who: caller.name,
          address: caller.address,
          action: body.skips ? 'guide-skip' : 'guide-step',
          target: params.connector,
          after: params.step,
        });
        const { userName, forbidden } = body.answers;
        const given = {
          ...(userName === undefined ? {} : { userName }),
          ...(forbidden === undefined ? {} : { forbidden }),
        };
        sendEvents(reply, server.logger, async ({ signal, tell }) => ({
          passed: await assistant.passStep({
            ...{ ...params, ...body, answers: given, signal },
            told: (check) => tell('check', check),
          }),
        }));
        return undefined;
      },
    ),
  ];
}
