/** What belongs to the server as a whole: its queue, what it shows of itself, and how it is controlled. */
import { z } from 'zod';
import { address, duration, listen, path, size } from './schema-values.ts';
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
    notices: z.boolean().default(true).describe('Tell the envelope sender when its mail has failed (RFC 3464).'),
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
