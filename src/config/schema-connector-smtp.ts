/** A smart host: any server that takes mail by SMTP, as a fall-back, for alerts, or for what must not go by Microsoft. */
import { z } from 'zod';
import { caFile, connectorName, limits, uncertainRule, userName } from './schema-connector-parts.ts';
import { count, refuse, secret, size } from './schema-values.ts';
import type { SecretSurroundings } from './secret.ts';

/** Port by TLS mode (RFC 8314 §3.3); without TLS it is a relay on the same machine. */
const usualPort = { starttls: 587, implicit: 465, none: 25 } as const;

export function smtpConnector(surroundings: SecretSurroundings) {
  return z
    .strictObject({
      kind: z.literal('smtp').describe('A smart host.'),
      name: connectorName(),
      host: z
        .string()
        .regex(/^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]+)$/i, {
          error: 'must be the name or the address of a mail server, such as smtp.example.com.',
        })
        .describe('Name or address of the smart host.'),
      port: count(1, 65_535).optional().describe('Port. Default: 587 with starttls, 465 with implicit, 25 with none.'),
      tls: z
        .enum(['starttls', 'implicit', 'none'])
        .default('starttls')
        .describe(
          'starttls and implicit: with TLS, the certificate checked. none: in the clear, to this machine alone.',
        ),
      allowPlaintext: z
        .boolean()
        .default(false)
        .describe('Lets tls: none reach another machine, where anybody on the way can read mail and password.'),
      userName: userName().describe('User Name: the address that sends where a route or an alert names none.'),
      login: z.string().min(1).optional().describe('Login, where the smart host wants one.'),
      password: secret(surroundings).optional().describe('Password of the login.'),
      maxMessageSize: size()
        .prefault('36 MB')
        .describe('Largest message for it; what the smart host itself announces (SIZE) is kept to as well.'),
      maxRecipients: count(1, 100_000).default(100).describe('Most recipients of one message.'),
      uncertain: uncertainRule(),
      limits: limits({ concurrency: 4, messagesPerMinute: 600, recipientsPerDay: 100_000 })
        .prefault({})
        .describe('Limits for each sending mailbox, as whoever runs the smart host allows. unlimited: none.'),
      caFile: caFile(surroundings),
    })
    .transform(({ port, login, password, ...rest }, context) => {
      const isNear = rest.host === 'localhost' || rest.host === '::1' || rest.host.startsWith('127.');
      if (rest.tls === 'none' && !isNear && !rest.allowPlaintext)
        refuse(
          context,
          'is none, and the smart host is another machine: anybody on the way could read the mail. Use starttls or implicit, or add allowPlaintext: true.',
          ['tls'],
        );
      if (login === undefined && password !== undefined)
        refuse(context, 'is missing: the connector has a password and nothing to log in as. Add a login.', ['login']);
      if (login !== undefined && password === undefined)
        refuse(context, 'is missing: the connector has a login and no password. Add a password.', ['password']);
      const auth = login !== undefined && password !== undefined ? { login, password } : undefined;
      return { ...rest, port: port ?? usualPort[rest.tls], auth };
    });
}
