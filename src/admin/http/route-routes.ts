/** Routes as they are configured, and which of them would take a message. What they are set to stands in the settings. */
import { z } from 'zod';
import { tryRoutes } from '../../policy/route-trial.ts';
import { faultSchema, faultView } from './fault-view.ts';
import { type ConsoleRoute, nothing, route } from './route.ts';
import type { RouteParts } from './surroundings.ts';

const routeSchema = z.object({
  name: z.string(),
  when: z.array(z.object({ what: z.string(), is: z.array(z.string()) })),
  connector: z.string().optional(),
  /** The first, and those to fall back on. */
  connectors: z.array(z.string()).optional(),
  /** ms. */
  fallBackAfter: z.number(),
  sender: z.string().optional(),
  /** Mailboxes that share the mail. */
  senders: z.array(z.string()).optional(),
  form: z.string(),
  saveToSentItems: z.boolean(),
  fromHeader: z.string(),
  hold: z.boolean(),
});

const trialSchema = z.object({
  /** Absent where it would be taken. */
  refusal: faultSchema.extend({ detail: z.string() }).optional(),
  decision: z
    .object({
      /** `default` where none matches. */
      route: z.string(),
      connector: z.string(),
      sender: z.string(),
      held: z.boolean(),
      fallBack: z.array(z.object({ connector: z.string(), sender: z.string() })),
    })
    .optional(),
  routes: z.array(z.object({ name: z.string(), fails: z.array(z.string()) })),
});

const address = z.string().trim().max(320);
const mostRecipients = 100;
const usualBytes = 10_000;

export function routeRoutes({ server }: RouteParts): ConsoleRoute[] {
  return [
    route(
      {
        method: 'GET',
        path: '/api/routes',
        id: 'routes',
        summary: 'Which way out a submission takes, as configured; the first that matches decides',
        audience: 'viewer',
        takes: nothing,
        answer: z.object({ routes: z.array(routeSchema) }),
      },
      () => ({
        routes: server.routes.map(({ when, connectors, senders, ...rest }) => ({
          ...rest,
          when: when.map(({ what, is }) => ({ what, is: [...is] })),
          ...(connectors ? { connectors: [...connectors] } : {}),
          ...(senders ? { senders: [...senders] } : {}),
        })),
      }),
    ),
    route(
      {
        method: 'POST',
        path: '/api/routes/try',
        id: 'tryRoutes',
        summary: 'Which route would take such a message, and why the others would not; nothing is sent or counted',
        audience: 'viewer',
        takes: z.object({
          body: z.strictObject({
            client: z.string().max(100),
            mailFrom: address,
            recipients: z.array(address.min(1)).min(1).max(mostRecipients),
            subject: z.string().max(256).default(''),
            /** Bytes. */
            size: z.int().min(0).default(usualBytes),
          }),
        }),
        answer: trialSchema,
      },
      ({ body }) => {
        const { refusal, decision, held, routes } = tryRoutes(server.gate, server.routeRules, body);
        return {
          ...(refusal ? { refusal: { ...faultView(refusal.code), detail: refusal.detail ?? '' } } : {}),
          ...(decision
            ? {
                decision: {
                  route: decision.route,
                  connector: decision.connector,
                  sender: decision.sender,
                  held,
                  fallBack: (decision.fallBack?.ways ?? []).map(({ connector, sender }) => ({ connector, sender })),
                },
              }
            : {}),
          routes: routes.map(({ name, fails }) => ({ name, fails: [...fails] })),
        };
      },
    ),
  ];
}
