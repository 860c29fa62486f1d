/** SMTP2Graph: its config.yml. Source: its published example configuration. */
import { parse } from 'yaml';
import { z } from 'zod';
import { ImportError, type Imported, isAddress } from './imported.ts';

const schema = z.looseObject({
  send: z.looseObject({
    appReg: z.looseObject({
      tenant: z.string(),
      id: z.string(),
      secret: z.string().optional(),
      certificate: z.looseObject({ privateKeyPath: z.string().optional() }).optional(),
    }),
    forceMailbox: z.string().optional(),
  }),
  receive: z
    .looseObject({
      port: z.number().optional(),
      listenAddress: z.string().optional(),
      secure: z.boolean().optional(),
      tlsKeyPath: z.string().optional(),
      tlsCertPath: z.string().optional(),
      maxSize: z.string().optional(),
      banner: z.string().optional(),
      ipWhitelist: z.array(z.string()).optional(),
      allowedFrom: z.array(z.string()).optional(),
      allowedRcpt: z.array(z.string()).optional(),
      allowInsecureAuth: z.boolean().optional(),
      requireAuth: z.boolean().optional(),
      users: z.array(z.looseObject({ username: z.string(), allowedFrom: z.array(z.string()).optional() })).optional(),
      rateLimit: z.unknown().optional(),
      authLimit: z.unknown().optional(),
    })
    .default({}),
});

/** @throws ImportError when the file is no configuration of SMTP2Graph that sends */
export function importSmtp2Graph(text: string): Imported {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw new ImportError(`The file is no YAML: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
  }
  const parsed = schema.safeParse(raw);
  if (!parsed.success)
    throw new ImportError(`The file is no config.yml of SMTP2Graph: ${z.prettifyError(parsed.error)}`);
  const { send, receive } = parsed.data;
  const { appReg, forceMailbox } = send;
  const users = receive.users ?? [];
  const senders = [...(receive.allowedFrom ?? []), ...users.flatMap(({ allowedFrom }) => allowedFrom ?? [])];
  const systemAccount = [forceMailbox, ...senders].find(isAddress);
  const isSecure = receive.tlsCertPath !== undefined;
  const tlsMode = !isSecure ? 'none' : receive.secure ? 'required' : 'offered';
  return {
    configuration: {
      smtp: [
        {
          name: 'smtp',
          listen: `${receive.listenAddress ?? '0.0.0.0'}:${receive.port ?? 25}`,
          tls: { mode: tlsMode, ...(isSecure ? { certificate: receive.tlsCertPath, key: receive.tlsKeyPath } : {}) },
          auth: receive.requireAuth ? 'required' : 'optional',
          ...(receive.allowInsecureAuth ? { allowPlaintextAuth: true } : {}),
          allowFrom: receive.ipWhitelist ?? ['127.0.0.0/8', '::1'],
          ...(receive.banner ? { banner: receive.banner } : {}),
        },
      ],
      clients: [
        ...users.map(({ username, allowedFrom }, index) => ({
          name: username,
          login: username,
          password: { env: `CLIENT_${index + 1}_PASSWORD` },
          senders: allowedFrom ?? receive.allowedFrom ?? ['*'],
        })),
        ...(receive.requireAuth
          ? []
          : [
              {
                name: 'network',
                addresses: receive.ipWhitelist ?? ['127.0.0.0/8', '::1'],
                senders: receive.allowedFrom ?? ['*'],
              },
            ]),
      ],
      connectors: [
        {
          name: 'default',
          kind: 'graph',
          oauthClientId: appReg.id,
          tenantId:
            appReg.tenant.includes('.') || appReg.tenant.includes('-')
              ? appReg.tenant
              : `${appReg.tenant}.onmicrosoft.com`,
          userName: systemAccount ?? 'FILL IN: the mailbox that sends',
          ...(appReg.certificate
            ? {
                certificate: {
                  certificate: 'FILL IN: PEM of the certificate',
                  key: appReg.certificate.privateKeyPath ?? 'FILL IN: PEM of its private key',
                },
              }
            : { secret: { env: 'CLIENT_SECRET' } }),
        },
      ],
    },
    todo: [
      appReg.certificate
        ? 'Mailroom wants the certificate itself beside its key, not its thumbprint: name the PEM file.'
        : 'Put the value of send.appReg.secret into the environment variable CLIENT_SECRET.',
      ...users.map(({ username }, index) => `Put the password of ${username} into CLIENT_${index + 1}_PASSWORD.`),
      ...(forceMailbox === undefined
        ? [
            'SMTP2Graph sends as the From of each message, Mailroom as its system account: write a route for each other mailbox.',
          ]
        : []),
    ],
    notCarried: [
      ...(receive.maxSize ? [`maxSize ${receive.maxSize}: Graph takes about 3 MB in one request`] : []),
      ...(receive.allowedRcpt ? ['allowedRcpt: recipients are not limited; hold mail by a route instead'] : []),
      ...(receive.rateLimit ? ['rateLimit: set limits.connectionsPerAddress, or a quota of the client'] : []),
      ...(receive.authLimit ? ['authLimit: failed logins are slowed down by address, always'] : []),
    ],
  };
}
