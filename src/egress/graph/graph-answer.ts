/**
 * Reads what Graph answered. Errors of the directory hold an inner error with ids, errors of Exchange often do not, and it
 * is spelled `innerError` on the wire and `innererror` in the schema: all of it is met here and nowhere else.
 */
import { z } from 'zod';
import type { ServiceAnswer } from '../../domain/outcome.ts';
import type { ExchangeAnswer } from '../../microsoft/exchange.ts';
import { retryAfterMs } from '../../microsoft/retry-after.ts';
import type { JudgedAnswer } from '../verdict.ts';

const innerSchema = z.object({ 'request-id': z.string().optional() }).optional().catch(undefined);

const errorSchema = z.object({
  error: z.object({
    code: z.string().optional().catch(undefined),
    message: z.string().optional().catch(undefined),
    innerError: innerSchema,
    innererror: innerSchema,
  }),
});

/** Characters of the service's words that are kept. */
const messageKept = 1000;

export interface ReadAnswer {
  readonly judged: JudgedAnswer;
  readonly answer: ServiceAnswer;
  readonly retryAfterMs: number | undefined;
}

export function readGraphAnswer({ status, headers, body }: ExchangeAnswer, now: number): ReadAnswer {
  const error = status >= 200 && status < 300 ? undefined : readError(body);
  const code = error?.code;
  const message = error?.message?.slice(0, messageKept);
  const requestId = headers['request-id'] ?? error?.innerError?.['request-id'] ?? error?.innererror?.['request-id'];
  return {
    judged: { status, code, message },
    answer: {
      status,
      ...(code === undefined ? {} : { code }),
      ...(message === undefined ? {} : { message }),
      ...(requestId === undefined ? {} : { requestId }),
    },
    retryAfterMs: retryAfterMs(headers['retry-after'], headers['date'], now),
  };
}

/** `undefined` for what is no error of Graph's: the page of a proxy, or nothing. */
function readError(body: Buffer) {
  try {
    return errorSchema.safeParse(JSON.parse(body.toString())).data?.error;
  } catch {
    return undefined;
  }
}
