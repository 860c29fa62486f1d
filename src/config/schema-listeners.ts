/** Listeners: where SMTP and HTTP come in, under which rules. */
import { z } from 'zod';
import {
  count,
  duration,
  isLoopback,
  listen,
  name,
  path,
  range,
  refuse,
  size,
  trustedProxies,
} from './schema-values.ts';
import type { SecretSurroundings } from './secret.ts';

const everybody = ['0.0.0.0/0', '::/0'];

const minVersion = () =>
  z
    .enum(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'])
    .default('TLSv1.2')
    .describe('Oldest TLS version taken. Below TLSv1.2 only for old devices on a listener of their own.');

const certificateFiles = (surroundings: SecretSurroundings) => ({
  certificate: path(surroundings)
    .optional()
    .describe('PEM file with the certificate and its chain; read anew when it changes.'),
  key: path(surroundings).optional().describe('PEM file with the private key; readable by Mailroom alone.'),
  minVersion: minVersion(),
});

const allowFrom = () =>
  z
    .array(range())
    .min(1, { error: 'is empty, so that nobody could connect. Add a range, or leave the key out.' })
    .optional()
    .describe('Address ranges that may connect, IPv4 and IPv6 (CIDR). Default: every address.');

function checkCertificate(
  tls: { readonly certificate?: string | undefined; readonly key?: string | undefined },
  context: Parameters<typeof refuse>[0],
): void {
  for (const file of ['certificate', 'key'] as const)
    if (tls[file] === undefined)
      refuse(context, `is missing: TLS needs a certificate and its key. Name the PEM file.`, [file]);
}

export function smtpListener(surroundings: SecretSurroundings) {
  const tls = z
    .strictObject({
      mode: z
        .enum(['none', 'offered', 'required', 'implicit'])
        .default('none')
        .describe(
          'none: no TLS. offered: STARTTLS for who wants it. required: no mail before STARTTLS. implicit: TLS from the first byte (port 465).',
        ),
      ...certificateFiles(surroundings),
    })
    .superRefine((value, context) => {
      if (value.mode !== 'none') checkCertificate(value, context);
    });
  const limits = z.strictObject({
    connections: count().default(1_000).describe('Connections open at a time.'),
    connectionsPerAddress: count().default(250).describe('Connections open at a time from one address.'),
    commands: count().default(100_000).describe('Commands in one connection.'),
    errors: count().default(20).describe('Commands refused in one connection before it is closed.'),
    recipients: count().default(500).describe('Recipients of one message. Exchange Online takes 500 by default.'),
    commandLineBytes: count(512).default(12_288).describe('Bytes of a command line.'),
    lineBytes: count(998)
      .default(1_048_576)
      .describe('Bytes of a line of a message; RFC 5321 has 998, and many programs write more.'),
    idle: duration(1_000).prefault('5 min').describe('Silence after which a connection is closed.'),
    total: duration(1_000).prefault('1 h').describe('Longest life of a connection; it ends between two messages.'),
  });
  return z
    .strictObject({
      name: name().describe('Name of the listener in logs, metrics and trails.'),
      listen: listen().describe(
        'IP address and port: 127.0.0.1:2525, [::1]:2525, 0.0.0.0:587. Port 0 is any free one.',
      ),
      tls: tls.prefault({}).describe('TLS of this listener.'),
      auth: z
        .enum(['required', 'optional', 'none'])
        .default('required')
        .describe(
          'required: a login, always. optional: a login, or an address range of a client. none: no login is offered, and only address ranges count.',
        ),
      allowPlaintextAuth: z
        .boolean()
        .default(false)
        .describe(
          'Take passwords over an unencrypted connection. Only for devices that cannot do better, in a network of their own.',
        ),
      allowFrom: allowFrom(),
      maxMessageBytes: size().prefault('36 MB').describe('Largest message, announced by SIZE. Graph takes about 3 MB.'),
      bareNewlines: z
        .enum(['refuse', 'keep'])
        .default('refuse')
        .describe(
          'What becomes of a CR or LF that stands alone: the message is refused, or it is kept as data. It never ends a line.',
        ),
      banner: z
        .string()
        .max(400)
        .regex(/^[\x20-\x7e]*$/, { error: 'must be one line of printable ASCII.' })
        .optional()
        .describe('Text after the host name in the greeting. Default: ESMTP Mailroom.'),
      limits: limits.prefault({}).describe('What one stranger, and all together, may use.'),
    })
    .superRefine((value, context) => {
      if (value.auth !== 'required' && value.allowFrom === undefined && !isLoopback(value.listen))
        refuse(
          context,
          `is missing: with auth: ${value.auth} this listener would be open to every address that reaches it. Name the ranges that may connect, or set auth: required.`,
          ['allowFrom'],
        );
    })
    .transform((value) => ({ ...value, allowFrom: value.allowFrom ?? everybody }));
}

export function httpListener(surroundings: SecretSurroundings) {
  const limits = z.strictObject({
    connections: count().default(1_000).describe('Connections open at a time.'),
    idle: duration(1_000).prefault('1 min').describe('Silence after which a connection is closed.'),
    header: duration(1_000).prefault('15 s').describe('Longest time for the header of a request.'),
    total: duration(1_000).prefault('5 min').describe('Longest time for a whole request.'),
  });
  return z
    .strictObject({
      name: name().describe('Name of the listener in logs, metrics and trails.'),
      listen: listen().describe('IP address and port. Port 0 is any free one.'),
      tls: z
        .strictObject(certificateFiles(surroundings))
        .superRefine(checkCertificate)
        .optional()
        .describe('HTTPS. Without it keys and mail go unencrypted: only for this machine, or behind a proxy on it.'),
      allowFrom: allowFrom(),
      trustedProxies: trustedProxies(),
      hosts: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe('Names by which clients may call this listener (Host header, without port). Default: any.'),
      maxMessageBytes: size()
        .prefault('36 MB')
        .describe('Largest message; a JSON request may be larger by its base64.'),
      recipients: count().default(500).describe('Recipients of one message.'),
      limits: limits.prefault({}).describe('What one stranger, and all together, may use.'),
    })
    .transform((value) => ({ ...value, allowFrom: value.allowFrom ?? everybody }));
}
