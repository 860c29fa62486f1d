/** Is mail going out? One answer with the evidence. */
import { z } from 'zod';
import type { QueuedMessage } from '../../domain/message.ts';
import { faultSchema, faultView } from './fault-view.ts';
import { laneSchema, lanesOf } from './lane-view.ts';
import { type ConsoleRoute, nothing, route } from './route.ts';
import type { CheckView, RouteParts } from './surroundings.ts';

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

const overviewSchema = z.object({
  /** The server's clock, ms since the epoch; spans are counted from it and not from the reader's clock. */
  now: z.number(),
  startedAt: z.number().optional(),
  books: booksSchema,
  inFlight: z.number(),
  lanes: z.array(laneSchema),
  connectors: z.array(
    z.object({
      name: z.string(),
      state: z.enum(['running', 'paused', 'probing']),
      credential: z.enum(['secret', 'certificate', 'federated', 'managed-identity', 'password', 'none']),
      credentialEndsAt: z.number().optional(),
      credentialRenewsAt: z.number().optional(),
      pause: z.object({ pausedAt: z.number(), detail: z.string(), fault: faultSchema }).optional(),
    }),
  ),
  checks: z.array(
    z.object({
      connector: z.string(),
      at: z.number(),
      passed: z.number(),
      warned: z.number(),
      failed: z.number(),
      unknown: z.number(),
      /** What was the most urgent. */
      first: z.string().optional(),
    }),
  ),
  failures: z.array(z.object({ fault: faultSchema, count: z.number(), latestAt: z.number(), exampleId: z.string() })),
  disk: z.object({ freeBytes: z.number(), reserveBytes: z.number() }),
});

/** Messages looked at for the last failures: so many that came to an end, and as many that still wait. */
const lookedAt = 250;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Spans of the chart, each in about a hundred steps; a step never divides a minute, or an hour beyond a day. */
const spans = {
  hour: { spanMs: hourMs, stepMs: minuteMs },
  day: { spanMs: dayMs, stepMs: 15 * minuteMs },
  week: { spanMs: 7 * dayMs, stepMs: 2 * hourMs },
  month: { spanMs: 30 * dayMs, stepMs: 6 * hourMs },
  quarter: { spanMs: 90 * dayMs, stepMs: dayMs },
} as const;
const spanSchema = z.enum(['hour', 'day', 'week', 'month', 'quarter']);
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
        const [status, ended, waiting, disk] = await Promise.all([
          operator.status(),
          operator.list({ state: ['failed', 'uncertain'], limit: lookedAt }),
          operator.list({ state: ['queued'], limit: lookedAt }),
          server.disk(),
        ]);
        const credentials = server.credentials();
        return {
          now: clock.now(),
          startedAt: status.startedAt,
          books: status.books,
          inFlight: status.inFlight ?? 0,
          lanes: lanesOf(status, server.connectors),
          connectors: server.connectors.map(({ name, credential, credentialEndsAt }) => {
            const pause = status.pauses.find(({ connector }) => connector === name);
            const kept = credentials.find(({ connector }) => connector === name);
            const standing = status.connectors?.find(({ connector }) => connector === name);
            return {
              name,
              state: standing?.state ?? (pause ? 'paused' : 'running'),
              credential,
              credentialEndsAt: kept?.endsAt ?? credentialEndsAt,
              credentialRenewsAt: kept?.renewsAt,
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
          checks: server
            .lastChecks()
            .map(({ states, ...checks }) => ({ ...checks, ...countsOf(Object.values(states)) })),
          failures: failuresOf([...ended, ...waiting]),
          disk,
        };
      },
    ),
    route(
      {
        method: 'GET',
        path: '/api/rates',
        id: 'rates',
        summary: 'How many messages came in and how many attempts ended how, step by step; kept over restarts',
        audience: 'viewer',
        takes: z.object({
          query: z.strictObject({ span: spanSchema.default('hour') }),
        }),
        answer: z.object({
          /** ms. */
          step: z.number(),
          counts: z.array(
            z.object({
              /** Begin of the step, ms since the epoch. */
              start: z.number(),
              accepted: z.number(),
              sent: z.number(),
              deferred: z.number(),
              failed: z.number(),
              uncertain: z.number(),
            }),
          ),
        }),
      },
      async ({ query: { span } }) => {
        const { spanMs, stepMs } = spans[span];
        const now = clock.now();
        const whole = stepMs % hourMs === 0 ? hourMs : stepMs;
        // The step under way is the last one.
        const until = (Math.floor(now / whole) + 1) * whole;
        return { step: stepMs, counts: [...(await operator.rates({ since: until - spanMs, until, stepMs }))] };
      },
    ),
  ];
}

function countsOf(states: readonly CheckView['state'][]) {
  const count = (state: CheckView['state']) => states.filter((each) => each === state).length;
  return { passed: count('pass'), warned: count('warn'), failed: count('fail'), unknown: count('unknown') };
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
