/** Is mail going out? One answer with the evidence; and what this Mailroom is. */
import { z } from 'zod';
import type { QueuedMessage } from '../../domain/message.ts';
import { faultSchema, faultView } from './fault-view.ts';
import { type ConsoleRoute, nothing, route } from './route.ts';
import type { RouteParts } from './surroundings.ts';

const booksSchema = z.object({
  accepted: z.number(),
  queued: z.number(),
  sending: z.number(),
  held: z.number(),
  sent: z.number(),
  failed: z.number(),
  uncertain: z.number(),
  cancelled: z.number(),
});
const listenerSchema = z.object({ name: z.string(), kind: z.string(), address: z.string() });

const overviewSchema = z.object({
  /** The server's clock, ms since the epoch; spans are counted from it and not from the reader's clock. */
  now: z.number(),
  startedAt: z.number().optional(),
  books: booksSchema,
  inFlight: z.number(),
  lanes: z.array(
    z.object({
      connector: z.string(),
      sender: z.string(),
      queued: z.number(),
      oldestAcceptedAt: z.number().optional(),
      messagesPerMinute: z.number().optional(),
      concurrency: z.number().optional(),
      recipientsPerDay: z.number().optional(),
    }),
  ),
  connectors: z.array(
    z.object({
      name: z.string(),
      state: z.enum(['running', 'paused', 'probing']),
      credential: z.enum(['secret', 'certificate', 'federated', 'managed-identity', 'password', 'none']),
      credentialEndsAt: z.number().optional(),
      pause: z.object({ pausedAt: z.number(), detail: z.string(), fault: faultSchema }).optional(),
    }),
  ),
  failures: z.array(z.object({ fault: faultSchema, count: z.number(), latestAt: z.number(), exampleId: z.string() })),
  disk: z.object({ freeBytes: z.number(), reserveBytes: z.number() }),
});

/** Messages looked at for the last failures. */
const lookedAt = 500;
const byOperator = {
  code: 'operator',
  meaning: 'A person has paused it.',
  remedy: 'Resume it when the reason is gone; mail is accepted and waits.',
};

export function overviewRoutes({ server }: RouteParts): ConsoleRoute[] {
  const { operator, clock } = server;
  return [
    route(
      {
        method: 'GET',
        path: '/api/overview',
        id: 'overview',
        summary: 'Is mail going out, and if not, why',
        audience: 'viewer',
        takes: nothing,
        answer: overviewSchema,
      },
      async () => {
        const [status, troubled, disk] = await Promise.all([
          operator.status(),
          operator.list({ state: ['failed', 'uncertain', 'queued'], limit: lookedAt }),
          server.disk(),
        ]);
        return {
          now: clock.now(),
          startedAt: status.startedAt,
          books: status.books,
          inFlight: status.inFlight ?? 0,
          lanes: lanesOf(status.depth, server.connectors),
          connectors: server.connectors.map(({ name, credential, credentialEndsAt }) => {
            const pause = status.pauses.find(({ connector }) => connector === name);
            const standing = status.connectors?.find(({ connector }) => connector === name);
            return {
              name,
              state: standing?.state ?? (pause ? 'paused' : 'running'),
              credential,
              credentialEndsAt,
              ...(pause
                ? {
                    pause: {
                      pausedAt: pause.pausedAt,
                      detail: pause.detail,
                      fault: pause.reason === 'operator' ? byOperator : faultView(pause.reason),
                    },
                  }
                : {}),
            };
          }),
          failures: failuresOf(troubled),
          disk,
        };
      },
    ),
    route(
      {
        method: 'GET',
        path: '/api/rates',
        id: 'rates',
        summary: 'Counts of each of the last minutes',
        audience: 'viewer',
        takes: z.object({
          query: z.strictObject({ minutes: z.coerce.number().int().min(5).max(1_440).default(60) }),
        }),
        answer: z.object({
          minutes: z.array(
            z.object({
              minute: z.number(),
              accepted: z.number(),
              sent: z.number(),
              deferred: z.number(),
              failed: z.number(),
              uncertain: z.number(),
            }),
          ),
        }),
      },
      ({ query }) => ({ minutes: [...server.rates.last(query.minutes)] }),
    ),
    route(
      {
        method: 'GET',
        path: '/api/about',
        id: 'about',
        summary: 'Version, start and listeners',
        audience: 'viewer',
        takes: nothing,
        answer: z.object({
          version: z.string(),
          node: z.string(),
          startedAt: z.number().optional(),
          listeners: z.array(listenerSchema),
        }),
      },
      async () => {
        const { version, startedAt, listeners } = await operator.status();
        return { version, node: process.version, startedAt, listeners: [...listeners] };
      },
    ),
  ];
}

type Status = Awaited<ReturnType<RouteParts['server']['operator']['status']>>;

/** Each mailbox that mail waits for, and the system account of every connector, with the limits that it keeps. */
function lanesOf(depth: Status['depth'], connectors: RouteParts['server']['connectors']) {
  const idle = connectors
    .filter(({ name, userName }) => !depth.some((lane) => lane.connector === name && lane.sender === userName))
    .map(({ name, userName }) => ({ connector: name, sender: userName, queued: 0, oldestAcceptedAt: undefined }));
  return [...depth, ...idle].map((lane) => ({
    ...lane,
    ...connectors.find(({ name }) => name === lane.connector)?.limits,
  }));
}

function failuresOf(messages: readonly QueuedMessage[]) {
  const groups = Map.groupBy(
    messages.filter(({ lastFault }) => lastFault !== undefined),
    ({ lastFault = '' }) => lastFault,
  );
  return [...groups]
    .map(([code, group]) => ({
      fault: faultView(code),
      count: group.length,
      latestAt: Math.max(...group.map(({ changedAt }) => changedAt)),
      exampleId: group[0]?.id ?? '',
    }))
    .toSorted((a, b) => b.latestAt - a.latestAt);
}
