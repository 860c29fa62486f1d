/**
 * Connectors to Microsoft 365: by Graph, or by SMTP with OAuth. Both are one app registration, with its credential, that
 * sends as its system account.
 */
import { z } from 'zod';
import { caFile, connectorName, limits, uncertainRule, userName } from './schema-connector-parts.ts';
import { credentialKeys, renewal, withCredential } from './schema-credential.ts';
import { isProxyUrl, proxyExample, refuse, secret, size } from './schema-values.ts';
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

export const clientId = () =>
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

const smtpHost = () =>
  z.string().regex(/^[a-z0-9][a-z0-9.-]*(?::\d{1,5})?$/i, {
    error: 'must be a host such as smtp.office365.com, or a host and a port such as localhost:1587.',
  });

export const cloud = () =>
  z.union(
    [
      z.enum(['global', 'gcc', 'gcc-high', 'dod', 'china']),
      z.strictObject({
        custom: z
          .strictObject({
            login: host().describe('Host of Entra sign-in, with its port.'),
            graph: host().describe('Host of Microsoft Graph, with its port.'),
            smtp: smtpHost()
              .optional()
              .describe('Host of client submission, with its port. Default: smtp.office365.com, port 587.'),
          })
          .describe('Hosts of another cloud; a practice tenant is one. Name its authority in caFile of the connector.'),
      }),
    ],
    { error: 'must be global, gcc, gcc-high, dod, china, or { custom: { login: host, graph: host } }.' },
  );

/** What both kinds have. */
const registration = (surroundings: SecretSurroundings) => ({
  name: connectorName(),
  cloud: cloud().default('global').describe('Which Microsoft cloud the tenant belongs to.'),
  oauthClientId: clientId().describe('OAuth Client ID: the Application (client) ID of the app registration.'),
  tenantId: tenant().describe('Tenant ID: the Directory (tenant) ID, or a domain name of the tenant.'),
  userName: userName(),
  ...credentialKeys(surroundings),
  renewal: renewal().prefault({}).describe('How the credential is renewed before it ends.'),
  mailboxLimit: size()
    .prefault('35 MB')
    .describe('Largest message that the mailbox may send (its MaxSendSize in Exchange, 150 MB at most).'),
  uncertain: uncertainRule(),
  proxy: secret(surroundings, (value) => (isProxyUrl(value) ? undefined : `must be ${proxyExample}`))
    .optional()
    .describe('HTTP proxy on the way to Microsoft. A secret, since it may hold a password.'),
  caFile: caFile(surroundings),
});

export function graphConnector(surroundings: SecretSurroundings) {
  return z
    .strictObject({
      kind: z
        .literal('graph')
        .default('graph')
        .describe('graph: Microsoft Graph. smtp-oauth: SMTP of Exchange Online with OAuth. smtp: a smart host.'),
      ...registration(surroundings),
      largeMessages: z
        .enum(['refuse', 'smtp-oauth', 'upload'])
        .default('refuse')
        .describe(
          'What becomes of mail that does not fit into one request of Graph (about 3 MB): refused when it is handed in, sent by SMTP with the same registration, which needs SMTP.SendAsApp, or put into a draft to which its files are uploaded, which needs Mail.ReadWrite.',
        ),
      readSentItems: z
        .boolean()
        .default(false)
        .describe(
          'Look into Sent Items to find out whether uncertain mail was sent. Needs Mail.Read beside Mail.Send.',
        ),
      repairQuotedPrintable: z
        .boolean()
        .default(false)
        .describe(
          'Write a quoted-printable part as base64 where an encoded byte stands right behind a soft line break, which Graph has been seen to mangle. Signed mail is left alone.',
        ),
      limits: limits({ concurrency: 4, messagesPerMinute: 30, recipientsPerDay: 10_000 })
        .prefault({})
        .describe(
          'Limits for each sending mailbox. Default: those that Microsoft documents. unlimited: for measurements.',
        ),
    })
    .transform(withCredential);
}

export function smtpOauthConnector(surroundings: SecretSurroundings) {
  return z
    .strictObject({
      kind: z.literal('smtp-oauth').describe('SMTP of Exchange Online with OAuth.'),
      ...registration(surroundings),
      limits: limits({ concurrency: 3, messagesPerMinute: 30, recipientsPerDay: 10_000 })
        .prefault({})
        .describe(
          'Limits for each sending mailbox. Default: those that Microsoft documents. unlimited: for measurements.',
        ),
    })
    .transform(withCredential);
}
