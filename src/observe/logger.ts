/**
 * The log: JSON lines on stderr, by pino. Secrets have no business in a log call; the redaction here is the net below.
 */
import { type DestinationStream, pino } from 'pino';
import type { Logger } from '../domain/ports.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

const secretFields = ['password', 'secret', 'clientSecret', 'apiKey', 'authorization', 'token', 'assertion', 'key'];

export interface ServerLogger extends Logger {
  /** Writes what is still on its way; before the process ends. */
  flush(): void;
}

/** A logger that writes from `level` on; `destination` is stderr unless said otherwise. */
export function createLogger(
  level: LogLevel,
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): ServerLogger {
  const redact = { paths: [...secretFields, ...secretFields.map((field) => `*.${field}`)], censor: '[secret]' };
  const log = pino({ level, redact, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return {
    debug: (fields, sentence) => log.debug(fields, sentence),
    info: (fields, sentence) => log.info(fields, sentence),
    warn: (fields, sentence) => log.warn(fields, sentence),
    error: (fields, sentence) => log.error(fields, sentence),
    flush: () => log.flush(),
  };
}
