/**
 * Successful answers of Graph: the headers that all have, and the names that `@odata.context` gives to what is inside.
 */
import { randomUUID } from 'node:crypto';
import type { TenantResponse } from '../http/exchange.ts';

/** What every answer of Graph needs to know of its request. */
export interface AnswerContext {
  /** ms since the epoch. */
  readonly now: number;
  readonly clientRequestId: string | undefined;
}

export const jsonContentType =
  'application/json; odata.metadata=minimal; odata.streaming=true; IEEE754Compatible=false; charset=utf-8';

const serverInfo = {
  ServerInfo: { DataCenter: 'Practice', Slice: 'E', Ring: '1', ScaleUnit: '000', RoleInstance: 'PRACTICE000' },
};

/** Headers by which Microsoft's support finds a request again. */
export function diagnosticHeaders(context: AnswerContext, requestId: string = randomUUID()): Record<string, string> {
  return {
    'request-id': requestId,
    'client-request-id': context.clientRequestId ?? requestId,
    'x-ms-ags-diagnostic': JSON.stringify(serverInfo),
  };
}

/** 200 or another status with a JSON body. */
export function json(body: object, status = 200, headers: Readonly<Record<string, string>> = {}): TenantResponse {
  return { status, headers: { 'content-type': jsonContentType, 'odata-version': '4.0', ...headers }, body };
}

/** 204: done, nothing to say, and no Content-Type. */
export const noContent: TenantResponse = { status: 204 };

/** Adds the headers of every answer to one that was made without them. */
export function withDiagnostics(response: TenantResponse, context: AnswerContext): TenantResponse {
  return { ...response, headers: { ...diagnosticHeaders(context), ...response.headers } };
}
