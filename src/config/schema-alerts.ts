/**
 * Alerts: ways to tell somebody when mail does not go out, or soon will not. Each is independent of the connector that it
 * may have to tell of; that is what it is for.
 */
import { z } from 'zod';
import { type AlertKind, alertKinds } from '../domain/alert.ts';
import { address, count, duration, name, path, refuse, secret, size } from './schema-values.ts';
import type { Secret, SecretSurroundings } from './secret.ts';

const host = () =>
  z.string().regex(/^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\])$/i, {
    error: 'must be a host name such as smtp.example.com; the port goes into port.',
  });

/** Keys that belong to one kind alone; `needed` of them must be there. */
const keysOfKinds = {
  webhook: { needed: ['url'], also: ['form', 'signingKey', 'proxy', 'caFile'] },
  connector: { needed: ['connector', 'to'], also: [] },
  smtp: { needed: ['host', 'from', 'to'], also: ['port', 'tls', 'login', 'password', 'caFile'] },
} as const;

export function alertWay(surroundings: SecretSurroundings) {
  return z
    .strictObject({
      name: name().describe('Name of this way in logs, metrics and mailroom alerts.'),
      kind: z
        .enum(['webhook', 'connector', 'smtp'])
        .describe('webhook: a POST to a URL. connector: mail by another connector. smtp: mail by a smart host.'),
      events: z
        .array(z.enum(alertKinds))
        .min(1, { error: 'is empty, so that nothing would be told. Name events, or leave the key out.' })
        .optional()
        .describe('What is told by this way. Default: everything.'),
      quiet: duration(60_000)
        .prefault('4 h')
        .describe('The same alert is not told again within this time; what came meanwhile is told at its end as one.'),
      url: secret(surroundings, (value) =>
        /^https?:$/.test(URL.parse(value)?.protocol ?? '')
          ? undefined
          : 'must be the URL of a webhook, such as https://example.com/hook.',
      )
        .optional()
        .describe('webhook: the URL. A secret: whoever has it can post.'),
      form: z
        .enum(['teams', 'slack', 'generic'])
        .optional()
        .describe('webhook: teams (an Adaptive Card, as Workflows take it), slack, or generic (JSON; the default).'),
      signingKey: secret(surroundings)
        .optional()
        .describe('webhook: key of the signature by the Standard Webhooks specification; whsec_… or any text.'),
      proxy: secret(surroundings, (value) =>
        /^https?:$/.test(URL.parse(value)?.protocol ?? '')
          ? undefined
          : 'must be the URL of an HTTP proxy, such as http://proxy.example.com:3128.',
      )
        .optional()
        .describe('webhook: HTTP proxy on the way. A secret, since it may hold a password.'),
      connector: z.string().optional().describe('connector: name of the connector, as a rule one of another tenant.'),
      host: host().optional().describe('smtp: host of the smart host.'),
      port: count(1, 65_535).optional().describe('smtp: its port. Default: 587, or 465 with tls: implicit.'),
      tls: z
        .enum(['starttls', 'implicit', 'none'])
        .optional()
        .describe('smtp: starttls (the default; refused without it), implicit, or none on a network of its own.'),
      login: z.string().min(1).optional().describe('smtp: login at the smart host.'),
      password: secret(surroundings).optional().describe('smtp: its password.'),
      caFile: path(surroundings)
        .optional()
        .describe('webhook, smtp: PEM file with certificate authorities to trust besides the usual ones.'),
      from: address().optional().describe('smtp: sender of the alerts.'),
      to: z
        .array(address())
        .min(1, { error: 'is empty: name who is to be told.' })
        .optional()
        .describe('connector, smtp: who is told.'),
    })
    .transform((value, context) => {
      const { needed, also } = keysOfKinds[value.kind];
      const mine: readonly string[] = ['name', 'kind', 'events', 'quiet', ...needed, ...also];
      for (const key of needed)
        if (value[key] === undefined) refuse(context, `is missing: an alert by ${value.kind} needs it. Add it.`, [key]);
      for (const [key, given] of Object.entries(value))
        if (given !== undefined && !mine.includes(key))
          refuse(context, `does not belong to an alert by ${value.kind}. Remove it.`, [key]);
      return wayOf(value) ?? z.NEVER;
    });
}

interface GivenWay {
  readonly name: string;
  readonly kind: 'webhook' | 'connector' | 'smtp';
  readonly events?: readonly AlertKind[] | undefined;
  readonly quiet: number;
  readonly url?: Secret | undefined;
  readonly form?: 'teams' | 'slack' | 'generic' | undefined;
  readonly signingKey?: Secret | undefined;
  readonly proxy?: Secret | undefined;
  readonly connector?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly tls?: 'starttls' | 'implicit' | 'none' | undefined;
  readonly login?: string | undefined;
  readonly password?: Secret | undefined;
  readonly caFile?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: readonly string[] | undefined;
}

/** The way by its kind; undefined when a key that it needs is missing, which has been said. */
function wayOf(given: GivenWay) {
  const { name: wayName, events = alertKinds, quiet, caFile, to } = given;
  const common = { name: wayName, events, quietMs: quiet };
  switch (given.kind) {
    case 'webhook': {
      const { url, form = 'generic', signingKey, proxy } = given;
      return url && ({ ...common, kind: 'webhook', url, form, signingKey, proxy, caFile } as const);
    }
    case 'connector':
      return given.connector !== undefined && to
        ? ({ ...common, kind: 'connector', connector: given.connector, to } as const)
        : undefined;
    case 'smtp': {
      const { host: smartHost, tls = 'starttls', login, password, from } = given;
      if (smartHost === undefined || from === undefined || !to) return undefined;
      const port = given.port ?? (tls === 'implicit' ? 465 : 587);
      return { ...common, kind: 'smtp', host: smartHost, port, tls, login, password, from, to, caFile } as const;
    }
  }
}

/** When the state of queue and disk is worth an alert. */
export function alertWhen() {
  return z.strictObject({
    queueOlderThan: duration(60_000)
      .prefault('1 h')
      .describe('The oldest message of a connector that runs has waited so long.'),
    queueDeeperThan: count().default(10_000).describe('So many messages wait for one connector.'),
    diskBelow: size(0).optional().describe('Free space on the disk of dataDir. Default: twice queue.reserve.'),
  });
}
