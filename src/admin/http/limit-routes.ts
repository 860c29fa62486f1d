/** Limits: lanes, and how long what is kept. */
import { z } from 'zod';
import { laneSchema, lanesOf } from './lane-view.ts';
import { type ConsoleRoute, nothing, route } from './route.ts';
import type { RouteParts } from './surroundings.ts';

export const keepingSchema = z.object({
  /** ms, like all below. */
  bodiesMs: z.number(),
  failedBodiesMs: z.number(),
  historyMs: z.number(),
  expireAfterMs: z.number(),
  redaction: z.array(z.object({ name: z.string(), when: z.string(), deletes: z.boolean() })),
});

export function limitRoutes({ server }: RouteParts): ConsoleRoute[] {
  return [
    route(
      {
        method: 'GET',
        path: '/api/limits',
        id: 'limits',
        summary: 'Lanes against their limits, how long what is kept, and whose content nobody is shown',
        audience: 'viewer',
        takes: nothing,
        answer: z.object({ now: z.number(), lanes: z.array(laneSchema), keeping: keepingSchema }),
      },
      async () => {
        const status = await server.operator.status();
        return { now: server.clock.now(), lanes: lanesOf(status, server.connectors), keeping: server.keeping };
      },
    ),
  ];
}
