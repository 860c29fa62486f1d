/** What belongs to the server as a whole: its queue, what it shows of itself, and how it is controlled. */
import { z } from 'zod';
import { alertWhen } from './schema-alerts.ts';
import { entraSignIn } from './schema-entra.ts';
import { address, duration, isLoopback, listen, path, refuse, size, trustedProxies } from './schema-values.ts';
import type { SecretSurroundings } from './secret.ts';

export function queue() {
  return z.strictObject({
    expireAfter: duration(60_000)
      .prefault('5 d')
      .describe('Life of a message that cannot be sent. It stands still while its connector is paused.'),
    retry: z
      .strictObject({
        first: duration(1_000).prefault('1 min').describe('Wait after the first tries.'),
        factor: z.number().min(1).max(10).default(2).describe('Each wait is this many times the one before.'),
        max: duration(1_000).prefault('1 h').describe('Longest wait.'),
        jitter: z.number().min(0).max(0.5).default(0.2).describe('Share by which a wait is moved at random.'),
      })
      .prefault({})
      .describe('When a deferred message is tried again.'),
    reserve: size(0).prefault('256 MiB').describe('Space on the disk of dataDir that acceptance leaves alone.'),
    receivingBytes: size(1_048_576).prefault('128 MiB').describe('Memory for mail that is coming in.'),
    drain: duration().prefault('30 s').describe('Time for attempts under way to end when Mailroom stops.'),
    keepBodies: duration().prefault('7 d').describe('How long the bytes of sent and cancelled mail are kept.'),
    keepFailedBodies: duration()
      .prefault('30 d')
      .describe('How long the bytes of failed mail are kept, so that it can be sent again.'),
    keepHistory: duration(86_400_000)
      .prefault('90 d')
      .describe(
        'How long sent, failed and cancelled mail stays on record, with its trail; never shorter than its bytes.',
      ),
    notices: z.boolean().default(true).describe('Tell the envelope sender when its mail has failed (RFC 3464).'),
    delayNotices: z
      .enum(['asked', 'all', 'none'])
      .default('asked')
      .describe(
        'Who is told, once, that mail still waits: asked (NOTIFY=DELAY of RFC 3461), all who did not forbid it, or none. With notices: false nobody.',
      ),
    delayedAfter: duration(60_000).prefault('4 h').describe('Age at which a waiting message counts as delayed.'),
  });
}

export function observe(surroundings: SecretSurroundings) {
  return z.strictObject({
    logLevel: z
      .enum(['debug', 'info', 'warn', 'error'])
      .default('info')
      .describe('Least important lines that the log has.'),
    checks: z
      .boolean()
      .default(true)
      .describe(
        'Run the checks after the start, daily and after a fault of a connector; mailroom check --history shows them.',
      ),
    forbiddenMailboxes: z
      .array(address())
      .default([])
      .describe('Mailboxes that the app must not be able to use: the checks prove it daily. Nothing is sent.'),
    alertWhen: alertWhen().prefault({}).describe('From when on queue and disk are worth an alert.'),
    metricsListen: listen()
      .optional()
      .describe(
        'IP address and port of a listener with /metrics, /healthz and /readyz, without TLS and login. Default: none.',
      ),
    deliveryLog: path(surroundings)
      .optional()
      .describe('File for a JSON line on each step of each message. Default: none.'),
  });
}

export function control(surroundings: SecretSurroundings) {
  return z.strictObject({
    socket: path(surroundings)
      .optional()
      .describe('Socket that the command line talks to. Default: control.sock in dataDir.'),
  });
}

export function vault(surroundings: SecretSurroundings) {
  return z.strictObject({
    key: z
      .union(
        [
          z.strictObject({ file: path(surroundings).describe('File with the key.') }),
          z.strictObject({ env: z.string().min(1).describe('Variable of the environment with the key.') }),
        ],
        { error: 'must be { file: path } or { env: NAME }: the key itself does not belong into this file.' },
      )
      .optional()
      .describe(
        'The key of the vault, 32 bytes as openssl rand -base64 32 prints them. Default: the systemd credential mailroom-vault-key, else vault.key in dataDir, which is made at first use.',
      ),
  });
}

export function webConsole(surroundings: SecretSurroundings) {
  return z
    .strictObject({
      listen: listen()
        .optional()
        .describe('IP address and port of the web console, such as 127.0.0.1:8026. Default: none, no console.'),
      basePath: z
        .string()
        .regex(/^(?:\/[A-Za-z0-9._~-]+)*\/?$/, { error: 'must be a path such as /mailroom.' })
        .default('/')
        .transform((text) => text.replace(/\/$/, ''))
        .describe('Path below which it is shown, where a reverse proxy gives it one.'),
      origin: z
        .string()
        .regex(/^https?:\/\/[^/\s]+$/, { error: 'must be an origin such as https://mailroom.example.com.' })
        .optional()
        .describe(
          'What browsers show as scheme and host, where a reverse proxy stands in front. Default: that of the listener.',
        ),
      trustedProxies: trustedProxies(),
      entra: entraSignIn(surroundings).optional().describe('Sign-in with Entra, beside local accounts. Default: none.'),
      tls: consoleTls(surroundings)
        .optional()
        .describe('HTTPS. Needed wherever it does not listen on this machine alone.'),
    })
    .superRefine(({ listen: at, tls, origin }, context) => {
      if (at && !isLoopback(at) && !tls && !origin?.startsWith('https://'))
        refuse(context, 'is missing: passwords would cross the network unencrypted. Add tls, or listen on 127.0.0.1.', [
          'tls',
        ]);
    });
}

function consoleTls(surroundings: SecretSurroundings) {
  return z.strictObject({
    certificate: path(surroundings).describe('PEM file with the certificate and its chain; read anew when it changes.'),
    key: path(surroundings).describe('PEM file with the private key; readable by Mailroom alone.'),
    minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('Oldest TLS version taken.'),
  });
}
