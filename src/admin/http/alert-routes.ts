/** Alerts: the ways by which somebody is told, what was told, and a test. What the ways are set to stands in the settings. */
import { z } from 'zod';
import { alertKinds } from '../../domain/alert.ts';
import { alertText } from '../../domain/alert-text.ts';
import { type ConsoleRoute, nothing, route } from './route.ts';
import type { RouteParts } from './surroundings.ts';

const toldAtMost = 100;

const waySchema = z.object({
  way: z.string(),
  kind: z.string(),
  /** Alerts that it has not taken yet. */
  waiting: z.number(),
  /** Why it does not take them; absent while it does. */
  failing: z.string().optional(),
});

const toldSchema = z.object({
  /** ms since the epoch. */
  at: z.number(),
  way: z.string(),
  state: z.enum(['waiting', 'told', 'given-up']),
  answer: z.string(),
  severity: z.enum(['good', 'info', 'warning', 'critical']),
  title: z.string(),
  sentence: z.string(),
});

export function alertRoutes({ server, audit }: RouteParts): ConsoleRoute[] {
  return [
    route(
      {
        method: 'GET',
        path: '/api/alerts',
        id: 'alerts',
        summary: 'The ways of alerts as they stand, what was told, and what can be told',
        audience: 'viewer',
        takes: nothing,
        answer: z.object({ ways: z.array(waySchema), told: z.array(toldSchema), events: z.array(z.string()) }),
      },
      () => ({
        ways: server.alerts.standing().map((way) => ({ ...way })),
        told: server.alerts.recent(toldAtMost).map(({ at, way, state, answer, alert }) => {
          const { severity, title, sentence } = alertText(alert);
          return { at, way, state, answer, severity, title, sentence };
        }),
        events: [...alertKinds],
      }),
    ),
    route(
      {
        method: 'POST',
        path: '/api/alerts/test',
        id: 'testAlerts',
        summary: 'Send a test by one way, or by all',
        audience: 'operator',
        takes: z.object({ body: z.strictObject({ way: z.string().max(64).optional() }) }),
        answer: z.object({
          results: z.array(z.object({ way: z.string(), taken: z.boolean(), answer: z.string() })),
        }),
      },
      async ({ body: { way } }, { caller }) => {
        const results = await server.alerts.test(caller.name, way);
        const after = results.map((each) => `${each.way}: ${each.taken ? 'taken' : 'not taken'}`).join(', ');
        audit.append({
          who: caller.name,
          address: caller.address,
          action: 'alerts-test',
          target: way ?? 'all',
          before: '',
          after,
        });
        return { results: results.map((each) => ({ ...each })) };
      },
    ),
  ];
}
