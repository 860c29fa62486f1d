/** Options of a listener whose limits no test reaches by accident. */
import type { SmtpLimits, SmtpListenerOptions } from '../../src/ingress/smtp/options.ts';

type Options = Omit<SmtpListenerOptions, 'certificate'>;

export const roomyLimits: SmtpLimits = {
  connections: 1_000,
  connectionsPerAddress: 1_000,
  commands: 100_000,
  errors: 100_000,
  recipients: 1_000,
  commandLineBytes: 12_288,
  lineBytes: 1_048_576,
  idleMs: 300_000,
  totalMs: 3_600_000,
};

/** A listener without TLS that knows its clients by address, but for what is said otherwise. */
export function listenerOptions(changes: Partial<Options> = {}): Options {
  return {
    name: 'test',
    host: '127.0.0.1',
    port: 0,
    hostname: 'mail.example',
    tls: 'none',
    auth: 'optional',
    allowPlaintextAuth: true,
    allowFrom: [],
    maxMessageBytes: 10_000_000,
    bareNewlines: 'refuse',
    limits: roomyLimits,
    ...changes,
  };
}
