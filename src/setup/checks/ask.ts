/** One request of a check, with its answer as evidence. */
import { type ReadAnswer, readGraphAnswer } from '../../egress/graph/graph-answer.ts';
import { type ExchangeRequest, exchange } from '../../microsoft/exchange.ts';
import type { CheckContext } from './check.ts';

const deadlines = { uploadMs: 20_000, answerMs: 30_000 };

export type Asked =
  | {
      readonly kind: 'answered';
      readonly read: ReadAnswer;
      readonly headers: Readonly<Record<string, string>>;
      /** The body as JSON; undefined when it is none. */
      readonly json: unknown;
      /** One line for people. */
      readonly evidence: string;
    }
  | { readonly kind: 'broken'; readonly evidence: string };

export async function ask(
  context: CheckContext,
  request: Omit<ExchangeRequest, 'deadlines' | 'signal'>,
): Promise<Asked> {
  const { connections, signal, now } = context;
  const exchanged = await exchange(connections, { ...request, deadlines, ...(signal ? { signal } : {}) });
  const asked = `${request.method} ${request.origin}${request.path}`;
  if (exchanged.kind === 'broken') return { kind: 'broken', evidence: `${asked}: no answer (${exchanged.why})` };
  const { status, headers, body } = exchanged.answer;
  const read = readGraphAnswer(exchanged.answer, now());
  const { code, message, requestId } = read.answer;
  const words = [status, code, message === undefined ? undefined : `"${message}"`].filter((part) => part !== undefined);
  const trace = requestId === undefined ? '' : ` (request-id ${requestId})`;
  return { kind: 'answered', read, headers, json: jsonOf(body), evidence: `${asked}: ${words.join(' ')}${trace}` };
}

/** A request to Graph with the token that an earlier check got. */
export function askGraph(
  context: CheckContext,
  request: Pick<ExchangeRequest, 'method' | 'path' | 'body'> & { readonly headers?: Readonly<Record<string, string>> },
): Promise<Asked> {
  const headers = {
    authorization: `Bearer ${context.findings.token ?? ''}`,
    accept: 'application/json',
    'client-request-id': context.newId(),
    ...request.headers,
  };
  return ask(context, { ...request, origin: context.connector.cloud.graph, headers });
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
