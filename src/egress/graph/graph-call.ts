/**
 * One request to Graph as the app, and once more with a fresh token when the first one was refused: a refused token is the
 * one answer that says both "nothing has happened" and "try at once".
 */
import type { Connections } from '../../microsoft/connections.ts';
import { type ExchangeAnswer, type ExchangeBody, type ExchangeRequest, exchange } from '../../microsoft/exchange.ts';
import type { TokenSource } from '../../microsoft/token-source.ts';
import { classifyGraph } from '../classify.ts';
import { type Finding, finding, notReached, tokenFinding } from '../finding.ts';
import { type ReadAnswer, readGraphAnswer } from './graph-answer.ts';

/** How long a request may take: a part for all, and a part by its size. */
export interface GraphTimings {
  /** ms to put the request out, waiting for a connection included. */
  readonly uploadMs: number;
  /** Slowest upload that is waited for, bytes per ms. */
  readonly uploadBytesPerMs: number;
  /** ms for the answer. */
  readonly answerMs: number;
  /** Slowest service that is waited for, bytes of the request per ms. */
  readonly answerBytesPerMs: number;
}

export const defaultTimings: GraphTimings = {
  uploadMs: 30_000,
  uploadBytesPerMs: 32,
  answerMs: 60_000,
  answerBytesPerMs: 128,
};

/** What every request to Graph needs. */
export interface GraphAccess {
  /** Origin of Graph, from the table of clouds. */
  readonly graph: string;
  readonly tokens: Pick<TokenSource, 'token' | 'forget'>;
  readonly connections: Connections;
  readonly timings: GraphTimings;
  readonly now: () => number;
}

export interface GraphCall {
  /** Behind `/v1.0/users/{sender}`. */
  readonly path: string;
  readonly sender: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** Made anew for each try: a body that was read once posts nothing the second time. */
  readonly body?: () => ExchangeBody;
  /** Bytes of the body. */
  readonly size: number;
  /** Bytes of the answer that are wanted; the first 256 KB when not given. */
  readonly answerBytes?: number;
  /** UUID sent as `client-request-id`. */
  readonly clientRequestId: string;
  readonly signal: AbortSignal;
  readonly started?: () => void;
}

export type Called =
  | { readonly kind: 'answered'; readonly exchanged: ExchangeAnswer; readonly read: ReadAnswer }
  /** `bodyOut`: the service may have done it. */
  | { readonly kind: 'broken'; readonly bodyOut: boolean; readonly why: string }
  /** Nothing went out: no token, or Mailroom is shutting down. */
  | { readonly kind: 'not-begun'; readonly finding: Finding };

/** Never rejects. */
export async function callGraph(access: GraphAccess, call: GraphCall): Promise<Called> {
  const { tokens, connections, graph, now } = access;
  for (let isSecond = false; ; isSecond = true) {
    let token: string;
    try {
      token = await tokens.token();
    } catch (error) {
      return { kind: 'not-begun', finding: tokenFinding(error) };
    }
    if (call.signal.aborted)
      return { kind: 'not-begun', finding: finding(notReached, { message: 'Mailroom is shutting down.' }) };
    const { path, sender, method, headers, body, size, answerBytes, clientRequestId, signal, started } = call;
    const exchanged = await exchange(connections, {
      origin: graph,
      path: `/v1.0/users/${encodeURIComponent(sender)}${path}`,
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        'client-request-id': clientRequestId,
        'return-client-request-id': 'true',
        ...headers,
      },
      ...(body ? { body: body() } : {}),
      deadlines: deadlinesFor(access.timings, size),
      signal,
      ...(answerBytes === undefined ? {} : { answerBytes }),
      ...(started ? { started } : {}),
    });
    if (exchanged.kind === 'broken') return exchanged;
    const read = readGraphAnswer(exchanged.answer, now());
    const verdict = classifyGraph(read.judged);
    const isAtFault = verdict.outcome === 'deferred' && (verdict.scope === 'connector' || verdict.scope === 'sender');
    // What was granted since is only in a new token: the next probe has to ask for one.
    if (isAtFault) tokens.forget(token);
    if (read.judged.status !== 401 || isSecond) return { kind: 'answered', exchanged: exchanged.answer, read };
  }
}

export function deadlinesFor(timings: GraphTimings, bytes: number): ExchangeRequest['deadlines'] {
  const { uploadMs, uploadBytesPerMs, answerMs, answerBytesPerMs } = timings;
  return { uploadMs: uploadMs + bytes / uploadBytesPerMs, answerMs: answerMs + bytes / answerBytesPerMs };
}
