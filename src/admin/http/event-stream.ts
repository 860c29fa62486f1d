/** An answer that comes piece by piece, as server-sent events. */
import { PassThrough } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { Logger } from '../../domain/ports.ts';

export interface EventWork {
  readonly signal: AbortSignal;
  tell(event: string, data: object): void;
}

/** Sends what `work` tells, then `end` with what it gives, or `broken` when it throws; its signal ends with the browser. */
export function sendEvents(reply: FastifyReply, logger: Logger, work: (parts: EventWork) => Promise<object>): void {
  const gone = new AbortController();
  const events = new PassThrough();
  reply.raw.once('close', () => gone.abort());
  const tell = (event: string, data: object) => events.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  work({ signal: gone.signal, tell })
    .then(
      (end) => tell('end', end),
      (error: unknown) => {
        logger.error({ err: error }, 'The checks broke off.');
        tell('broken', {});
      },
    )
    .finally(() => events.end());
  reply.header('cache-control', 'no-store').header('x-accel-buffering', 'no').type('text/event-stream');
  reply.send(events);
}
