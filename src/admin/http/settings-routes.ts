/** Settings that are made in the console: connectors, clients, routes and alerts, live as they are saved. */
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import { type ConsoleRoute, route, silence } from './route.ts';
import { type SettingsDesk, settingsLists } from './settings-port.ts';
import type { RouteParts } from './surroundings.ts';

const list = z.enum(settingsLists);
const name = z
  .string()
  .trim()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, {
    error: 'must be letters, digits, dots, hyphens and underscores, 63 at most.',
  });
const version = z.string().max(64);
const values = z.record(z.string().max(64), z.unknown());
const shown = z.object({ password: z.string().optional(), apiKey: z.string().optional(), version: z.string() });
/** A month, in minutes. */
const mostKeptMinutes = 31 * 1_440;
const refusals = ['settings-changed', 'settings-fixed', 'settings-invalid', 'not-found'] as const;

const itemSchema = z.object({
  name: z.string(),
  values: z.record(z.string(), z.unknown()),
  secrets: z.array(z.string()),
  fixed: z.record(z.string(), z.string()),
  fixedBy: z.string().optional(),
});

export function settingsRoutes({ server, audit }: RouteParts): ConsoleRoute[] {
  const desk = (): SettingsDesk => {
    if (server.settings) return server.settings;
    throw new FaultError({ code: 'settings-fixed', text: 'This server keeps no settings of its own.' });
  };
  const recorder =
    (caller: { readonly name: string; readonly address: string }, action: string, target: string) =>
    (before: string, after: string) =>
      audit.append({ who: caller.name, address: caller.address, action, target, before, after });
  return [
    route(
      {
        method: 'GET',
        path: '/api/settings/{list}',
        id: 'settings',
        summary: 'What is set, without secrets, and what a file or the environment fixes',
        audience: 'viewer',
        faults: ['settings-fixed'],
        takes: z.object({ params: z.object({ list }) }),
        answer: z.object({ version: z.string(), items: z.array(itemSchema) }),
      },
      ({ params }) => ({
        version: desk().version(),
        items: desk()
          .items(params.list)
          .map((item) => ({
            ...item,
            values: { ...item.values },
            secrets: [...item.secrets],
            fixed: { ...item.fixed },
          })),
      }),
    ),
    route(
      {
        method: 'POST',
        path: '/api/settings/{list}',
        id: 'addSetting',
        summary: 'Add an item; what `make` names is made here and shown in the answer alone',
        audience: 'administrator',
        faults: [...refusals, 'name-taken'],
        takes: z.object({
          params: z.object({ list }),
          body: z.strictObject({
            name,
            version,
            values,
            make: z
              .array(z.enum(['password', 'apiKey']))
              .max(2)
              .default([]),
          }),
        }),
        answer: shown,
      },
      async ({ params, body: { version: seen, ...change } }, { caller }) => {
        const record = recorder(caller, `${params.list}-add`, change.name);
        const made = await desk().put({ list: params.list, isNew: true, ...change }, seen, record);
        return { ...made, version: desk().version() };
      },
    ),
    route(
      {
        method: 'PATCH',
        path: '/api/settings/{list}/{name}',
        id: 'changeSetting',
        summary:
          'Change an item; null takes a value away, what is not named stays. What is made takes the place of the old one at once, or after `keepOldMinutes`',
        audience: 'administrator',
        faults: refusals,
        takes: z.object({
          params: z.object({ list, name }),
          body: z.strictObject({
            version,
            values,
            make: z
              .array(z.enum(['password', 'apiKey']))
              .max(2)
              .default([]),
            keepOldMinutes: z.int().min(0).max(mostKeptMinutes).default(0),
          }),
        }),
        answer: shown,
      },
      async ({ params, body: { version: seen, keepOldMinutes, ...change } }, { caller }) => {
        const record = recorder(caller, `${params.list}-change`, params.name);
        const keepOldUntil =
          keepOldMinutes === 0 ? undefined : new Date(server.clock.now() + keepOldMinutes * 60_000).toISOString();
        const made = await desk().put({ ...params, isNew: false, ...change, keepOldUntil }, seen, record);
        return { ...made, version: desk().version() };
      },
    ),
    route(
      {
        method: 'DELETE',
        path: '/api/settings/{list}/{name}',
        id: 'removeSetting',
        summary: 'Remove an item; mail that waits for a removed connector stays',
        audience: 'administrator',
        faults: refusals,
        takes: z.object({ params: z.object({ list, name }), query: z.object({ version }) }),
        answer: silence,
      },
      async ({ params, query }, { caller }) => {
        const record = recorder(caller, `${params.list}-remove`, params.name);
        await desk().remove(params.list, params.name, query.version, record);
        return undefined;
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/settings/{list}/order',
        id: 'orderSettings',
        summary: 'Set the order of the items that the console may change',
        audience: 'administrator',
        faults: refusals,
        takes: z.object({
          params: z.object({ list }),
          body: z.strictObject({ version, names: z.array(name).max(1_000) }),
        }),
        answer: z.object({ version: z.string() }),
      },
      async ({ params, body }, { caller }) => {
        const record = recorder(caller, `${params.list}-order`, params.list);
        await desk().order(params.list, body.names, body.version, record);
        return { version: desk().version() };
      },
    ),
  ];
}
