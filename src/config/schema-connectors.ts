/**
 * Connectors: the ways out. `oauthClientId`, `tenantId`, `userName` and `secret` are the four fields that an administrator
 * fills in, under the names that the set-up manuals of other products use.
 */
import { z } from 'zod';
import { address, count, name, path, refuse, secret, size } from './schema-values.ts';
import { isGuid, type SecretSurroundings } from './secret.ts';

const anyTenantWords = ['common', 'organizations', 'consumers'];

/** A GUID or a domain name; whatever else would go into the URL that the secret is posted to. */
// A value in the wrong box may be the secret: neither of these two sentences repeats what was typed.
const tenant = () =>
  z.string().transform((text, context): string => {
    const value = text.trim();
    if (anyTenantWords.includes(value.toLowerCase()))
      refuse(
        context,
        `is "${value}", which names no tenant; an application signs in to one. Put the Directory (tenant) ID here, from Overview of the app registration.`,
      );
    else if (
      !isGuid(value) &&
      !/^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i.test(value)
    )
      refuse(
        context,
        `must be the Directory (tenant) ID, a GUID, or a domain name of the tenant such as contoso.onmicrosoft.com; this is neither.`,
      );
    return value;
  });

const clientId = () =>
  z.string().transform((text, context): string => {
    const value = text.trim();
    if (!isGuid(value))
      refuse(
        context,
        `must be the Application (client) ID, a GUID, from Overview of the app registration; this is not.`,
      );
    return value.toLowerCase();
  });

/** An origin with TLS. A secret is posted to it, so that anything unencrypted is refused. */
const host = () =>
  z.string().transform((text, context): string => {
    const url = URL.parse(text.includes('://') ? text : `https://${text}`);
    if (
      url?.protocol === 'https:' &&
      url.pathname === '/' &&
      url.username === '' &&
      url.search === '' &&
      url.hash === ''
    )
      return url.origin;
    refuse(context, `must be a host such as login.example.com:8443, with https and without a path; "${text}" is not.`);
    return z.NEVER;
  });

const cloud = () =>
  z.union(
    [
      z.enum(['global', 'gcc', 'gcc-high', 'dod', 'china']),
      z.strictObject({
        custom: z
          .strictObject({
            login: host().describe('Host of Entra sign-in, with its port.'),
            graph: host().describe('Host of Microsoft Graph, with its port.'),
          })
          .describe('Hosts of another cloud; a practice tenant is one. Name its authority in caFile of the connector.'),
      }),
    ],
    { error: 'must be global, gcc, gcc-high, dod, china, or { custom: { login: host, graph: host } }.' },
  );

/** What Microsoft documents for one application and one mailbox; the same numbers as `documentedLimits` of the queue. */
const limits = () =>
  z.strictObject({
    concurrency: count(1, 1_000).default(4).describe('Requests under way at a time.'),
    messagesPerMinute: count().default(30).describe('Messages in any minute.'),
    requestsPer10Minutes: count().default(10_000).describe('Requests in any ten minutes.'),
    uploadBytesPer5Minutes: size()
      .prefault('150 MiB')
      .describe('Bytes of requests in any five minutes, base64 included.'),
    recipientsPerDay: count().default(10_000).describe('Recipients in any 24 hours.'),
  });

const laterKinds = { 'smtp-oauth': 'SMTP with OAuth', smtp: 'a smart host' } as const;

export function connector(surroundings: SecretSurroundings) {
  return z
    .strictObject({
      name: name().default('default').describe('Name of the connector in routes, logs and metrics.'),
      kind: z
        .enum(['graph', 'smtp-oauth', 'smtp'])
        .default('graph')
        .transform((kind, context): 'graph' => {
          if (kind !== 'graph') refuse(context, `is ${kind}: ${laterKinds[kind]} is not built yet. Use graph.`);
          return 'graph';
        })
        .describe('graph: Microsoft Graph. smtp-oauth and smtp are not built yet.'),
      cloud: cloud().default('global').describe('Which Microsoft cloud the tenant belongs to.'),
      oauthClientId: clientId().describe('OAuth Client ID: the Application (client) ID of the app registration.'),
      tenantId: tenant().describe('Tenant ID: the Directory (tenant) ID, or a domain name of the tenant.'),
      userName: address().describe('User Name: the system account, the mailbox that sends.'),
      secret: secret(surroundings, (value) =>
        isGuid(value)
          ? 'is a GUID, which is the ID of a client secret and not its value. In Entra, Certificates & secrets: copy Value, not Secret ID; it is shown only right after the secret was made, so make a new one if it has gone.'
          : undefined,
      )
        .optional()
        .describe('Public Key (secret): the value of the client secret.'),
      certificate: z
        .strictObject({
          certificate: path(surroundings).describe('PEM file with the certificate that the app registration holds.'),
          key: path(surroundings).describe('PEM file with its private key; readable by Mailroom alone.'),
        })
        .optional()
        .describe('A certificate in place of the secret; the better choice.'),
      largeMessages: z
        .enum(['refuse'])
        .default('refuse')
        .describe('Mail that does not fit into one request of Graph (about 3 MB) is refused when it is handed in.'),
      uncertain: z
        .enum(['retry', 'hold'])
        .default('retry')
        .describe(
          'Mail of which nobody knows whether it was sent: send again under the same Message-ID, or wait for a person.',
        ),
      readSentItems: z
        .boolean()
        .default(false)
        .describe(
          'Look into Sent Items to find out whether uncertain mail was sent. Needs Mail.Read beside Mail.Send.',
        ),
      limits: z
        .union([z.literal('unlimited'), limits()], { error: 'must be unlimited, or a group of limits.' })
        .prefault({})
        .describe(
          'Limits for each sending mailbox. Default: those that Microsoft documents. unlimited: for measurements.',
        ),
      proxy: secret(surroundings, (value) =>
        /^https?:$/.test(URL.parse(value)?.protocol ?? '')
          ? undefined
          : 'must be the URL of an HTTP proxy, such as http://proxy.example.com:3128.',
      )
        .optional()
        .describe('HTTP proxy on the way to Microsoft. A secret, since it may hold a password.'),
      caFile: path(surroundings)
        .optional()
        .describe(
          'PEM file with certificate authorities to trust besides the usual ones: a proxy that looks into TLS, or a practice tenant.',
        ),
    })
    .transform(({ secret: value, certificate, ...rest }, context) => {
      if (value !== undefined && certificate === undefined)
        return { ...rest, credential: { kind: 'secret', secret: value } as const };
      if (certificate !== undefined && value === undefined)
        return { ...rest, credential: { kind: 'certificate', ...certificate } as const };
      refuse(
        context,
        certificate === undefined
          ? 'is missing: the connector has no credential. Add secret (the value of the client secret) or certificate.'
          : 'stands beside certificate. Keep one of the two.',
        ['secret'],
      );
      return z.NEVER;
    });
}
