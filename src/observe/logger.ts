/**
 * The log, by pino: JSON lines on stderr for programs, one plain line each when a person looks at a terminal. Secrets have no business in a log call; the redaction here is the net below.
 */
import { type DestinationStream, pino } from 'pino';
import { z } from 'zod';
import type { Logger } from '../domain/ports.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

const secretFields = ['password', 'secret', 'clientSecret', 'apiKey', 'authorization', 'token', 'assertion', 'key'];

export interface ServerLogger extends Logger {
  /** The last lines, the newest last: for whoever helps from afar. */
  recent(): readonly string[];
  /** Writes what is still on its way; before the process ends. */
  flush(): void;
}

/** Lines that are kept in memory, and characters of each. */
const mostKept = 500;
const longestKept = 4_000;

/** A logger that writes from `level` on; `destination` is stderr unless said otherwise. */
export function createLogger(level: LogLevel, destination: DestinationStream = stderrDestination()): ServerLogger {
  const redact = { paths: [...secretFields, ...secretFields.map((field) => `*.${field}`)], censor: '[secret]' };
  const recent: string[] = [];
  const keeping: DestinationStream = {
    write(line) {
      recent.push(line.length > longestKept ? `${line.slice(0, longestKept)}\n` : line);
      if (recent.length > 2 * mostKept) recent.splice(0, mostKept);
      destination.write(line);
    },
  };
  const log = pino({ level, redact, base: null, timestamp: pino.stdTimeFunctions.isoTime }, keeping);
  return {
    debug: (fields, sentence) => log.debug(fields, sentence),
    info: (fields, sentence) => log.info(fields, sentence),
    warn: (fields, sentence) => log.warn(fields, sentence),
    error: (fields, sentence) => log.error(fields, sentence),
    recent: () => recent.slice(-mostKept),
    flush: () => log.flush(),
  };
}

function stderrDestination(): DestinationStream {
  const stderr = pino.destination({ dest: 2, sync: true });
  return process.stderr.isTTY ? plainLines((text) => stderr.write(text)) : stderr;
}

/** Turns the JSON lines of pino into lines for people: time, level, sentence, fields. Control characters stay escaped. */
export function plainLines(write: (text: string) => void): DestinationStream {
  return {
    write(line) {
      const { time, level, msg = '', ...fields } = recordSchema.parse(JSON.parse(line));
      const words = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
      const levelName = pino.levels.labels[level] ?? String(level);
      write(`${time.slice(11, 23)} ${levelName.padEnd(5)} ${msg}${words.join('')}\n`);
    },
  };
}

const recordSchema = z.looseObject({ time: z.string(), level: z.number(), msg: z.string().optional() });
