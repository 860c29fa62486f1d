/** What is configured, read-only since a file fixes it: connectors with their checks and pauses, and clients. */
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import { sendEvents } from './event-stream.ts';
import { type ConsoleRoute, nothing, route, silence } from './route.ts';
import type { RouteParts } from './surroundings.ts';

const nameParams = z.object({ name: z.string().max(100) });

const connectorSchema = z.object({
  name: z.string(),
  kind: z.enum(['graph', 'smtp-oauth', 'smtp']),
  cloud: z.string().optional(),
  oauthClientId: z.string().optional(),
  tenantId: z.string().optional(),
  server: z.string().optional(),
  userName: z.string(),
  credential: z.enum(['secret', 'certificate', 'federated', 'managed-identity', 'password', 'none']),
  credentialEndsAt: z.number().optional(),
  largeMessages: z.enum(['refuse', 'smtp-oauth', 'upload']).optional(),
  uncertain: z.enum(['retry', 'hold']),
  limits: z.object({ concurrency: z.number(), messagesPerMinute: z.number(), recipientsPerDay: z.number() }).optional(),
  state: z.enum(['running', 'paused', 'probing']),
});
const clientSchema = z.object({
  name: z.string(),
  login: z.string().optional(),
  hasApiKey: z.boolean(),
  previousPasswordUntil: z.string().optional(),
  previousApiKeyUntil: z.string().optional(),
  addresses: z.array(z.string()),
  senders: z.array(z.string()).optional(),
  priority: z.string(),
  connector: z.string().optional(),
  quota: z.record(z.string(), z.number()),
});
export function configurationRoutes({ server, audit }: RouteParts): ConsoleRoute[] {
  const known = (name: string) => {
    if (!server.connectors.some((connector) => connector.name === name)) throw new FaultError({ code: 'not-found' });
  };
  const changeOf = (action: 'pause' | 'resume') =>
    route(
      {
        method: 'POST',
        path: `/api/connectors/{name}/${action}`,
        id: `${action}Connector`,
        summary: action === 'pause' ? 'Stop sending by it; mail is accepted and waits' : 'Send by it again',
        audience: 'operator',
        faults: ['not-found'],
        takes: z.object({ params: nameParams }),
        answer: silence,
      },
      async ({ params: { name } }, { caller }) => {
        known(name);
        audit.append({ who: caller.name, address: caller.address, action: `connector-${action}`, target: name });
        const detail = `by ${caller.name}`;
        if (action === 'pause') await server.operator.pauseConnector(name, detail);
        else await server.operator.resumeConnector(name, detail);
        return undefined;
      },
    );
  return [
    route(
      {
        method: 'GET',
        path: '/api/connectors',
        id: 'connectors',
        summary: 'Ways out as they are configured, without secrets, and the checks that can be run',
        audience: 'viewer',
        takes: nothing,
        answer: z.object({
          connectors: z.array(connectorSchema),
          checks: z.array(z.object({ id: z.string(), statement: z.string() })),
        }),
      },
      async () => {
        const status = await server.operator.status();
        return {
          connectors: server.connectors.map((connector) => ({
            ...connector,
            state: status.connectors?.find((each) => each.connector === connector.name)?.state ?? 'running',
          })),
          checks: [...server.checks],
        };
      },
    ),
    changeOf('pause'),
    changeOf('resume'),
    route(
      {
        method: 'POST',
        path: '/api/connectors/{name}/checks',
        id: 'runChecks',
        summary: 'Run the checks; one server-sent event `check` as each ends, then `end`',
        audience: 'operator',
        faults: ['not-found'],
        takes: z.object({
          params: nameParams,
          body: z.strictObject({ forbidden: z.email().optional(), send: z.boolean().default(false) }),
        }),
        answer: silence,
        produces: 'text/event-stream',
      },
      ({ params: { name }, body }, { caller, reply }) => {
        known(name);
        audit.append({
          who: caller.name,
          address: caller.address,
          action: 'connector-check',
          target: name,
          after: body.send ? 'sends a message' : '',
        });
        sendEvents(reply, server.logger, async ({ signal, tell }) => {
          const { forbidden, send } = body;
          await server.runChecks({ connector: name, forbidden, send, signal, told: (check) => tell('check', check) });
          return {};
        });
        return undefined;
      },
    ),
    route(
      {
        method: 'GET',
        path: '/api/clients',
        id: 'clients',
        summary: 'Who may hand mail in, as configured, without passwords and keys',
        audience: 'viewer',
        takes: nothing,
        answer: z.object({ clients: z.array(clientSchema) }),
      },
      () => ({
        clients: server.clients.map(({ addresses, senders, quota, ...rest }) => ({
          ...rest,
          addresses: [...addresses],
          senders: senders && [...senders],
          quota: { ...quota },
        })),
      }),
    ),
  ];
}
