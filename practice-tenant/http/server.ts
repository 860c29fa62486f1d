/**
 * The one HTTPS server of the practice tenant. Each request goes the same way:
 * read (or cut, if a fault says so) → record → fault or endpoint → answer. Nothing a stranger sends makes it fail.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Endpoint, FaultAction, FaultQueue } from '../faults/fault.ts';
import type { TenantRequest, TenantResponse } from './exchange.ts';

/** A request as it is kept for inspection: without any credential. */
export interface RecordedRequest {
  readonly at: number;
  readonly endpoint: Endpoint;
  readonly method: string;
  readonly path: string;
  readonly clientRequestId: string | undefined;
  readonly bodyBytes: number;
  /** 0 while it is under way or when the connection was cut. */
  status: number;
}

export interface ServerParts {
  readonly certificate: { readonly certificatePem: string; readonly privateKeyPem: string };
  readonly faults: FaultQueue;
  readonly now: () => number;
  readonly record: (request: RecordedRequest) => void;
  readonly answer: (request: TenantRequest, endpoint: Endpoint) => Promise<TenantResponse>;
}

/** More than any request that a real client sends; beyond it the connection is not worth reading. */
const bodyLimitBytes = 8 * 1024 * 1024;

export function createTenantServer(parts: ServerParts): Server {
  const server = createServer(
    { cert: parts.certificate.certificatePem, key: parts.certificate.privateKeyPem, keepAliveTimeout: 60_000 },
    (incoming, outgoing) => {
      handle(parts, incoming, outgoing).catch(() => outgoing.destroy());
    },
  );
  server.on('tlsClientError', () => {});
  server.on('clientError', (_error, socket) => socket.destroy());
  return server;
}

async function handle(parts: ServerParts, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const target = parseTarget(incoming.url ?? '/');
  if (!target) return write(outgoing, { status: 400, body: { error: { code: 'BadRequest', message: 'Bad URL.' } } });
  const endpoint = endpointOf(incoming.method ?? 'GET', target.segments);
  const action = target.segments[0] === '_practice' ? undefined : parts.faults.take(endpoint);
  const recorded: RecordedRequest = {
    at: parts.now(),
    endpoint,
    method: incoming.method ?? 'GET',
    path: `/${target.segments.join('/')}`,
    clientRequestId: headerOf(incoming, 'client-request-id'),
    bodyBytes: 0,
    status: 0,
  };
  if (action?.kind === 'cut' && action.when === 'before-body') {
    parts.record(recorded);
    incoming.socket.destroy();
    return;
  }
  const stopAt = action?.kind === 'cut' && action.when === 'within-body' ? (action.afterBytes ?? 1024) : undefined;
  const body = await readBody(incoming, stopAt);
  parts.record(Object.assign(recorded, { bodyBytes: body?.length ?? 0 }));
  if (body === undefined || (action?.kind === 'cut' && action.when !== 'after-accepting')) {
    incoming.socket.destroy();
    return;
  }
  const request: TenantRequest = {
    method: incoming.method ?? 'GET',
    segments: target.segments,
    query: target.query,
    headers: incoming.headers,
    body,
  };
  const response = await respond(parts, request, endpoint, action);
  if (!response) {
    incoming.socket.destroy();
    return;
  }
  recorded.status = response.status;
  write(outgoing, response, recorded.clientRequestId);
}

async function respond(
  parts: ServerParts,
  request: TenantRequest,
  endpoint: Endpoint,
  action: FaultAction | undefined,
): Promise<TenantResponse | undefined> {
  switch (action?.kind) {
    case 'answer': {
      if (action.acceptAnyway) await parts.answer(request, endpoint);
      const { body } = action;
      const headers = { ...action.headers, ...retryAfter(action, parts.now()) };
      const isContent = typeof body === 'string' || (typeof body === 'object' && body !== null);
      return { status: action.status, headers, ...(isContent ? { body } : {}) };
    }
    case 'cut':
      await parts.answer(request, endpoint);
      return undefined;
    case 'delay': {
      const { promise, resolve } = Promise.withResolvers<void>();
      setTimeout(resolve, action.ms).unref();
      await promise;
      return parts.answer(request, endpoint);
    }
    case undefined:
      return parts.answer(request, endpoint);
  }
}

function retryAfter(action: FaultAction & { kind: 'answer' }, now: number): Record<string, string> {
  if (action.retryAfterSeconds === undefined) return {};
  if (action.retryAfterAs !== 'date') return { 'retry-after': String(action.retryAfterSeconds) };
  // A date has whole seconds: rounded up, so that it never asks for less than was meant.
  const at = Math.ceil((now + action.retryAfterSeconds * 1000) / 1000) * 1000;
  return { 'retry-after': new Date(at).toUTCString() };
}

function parseTarget(url: string): { segments: string[]; query: URLSearchParams } | undefined {
  try {
    const { pathname, searchParams } = new URL(url, 'https://localhost');
    return { segments: pathname.split('/').filter(Boolean).map(decodeURIComponent), query: searchParams };
  } catch {
    return undefined;
  }
}

function endpointOf(method: string, segments: readonly string[]): Endpoint {
  const last = segments.at(-1)?.toLowerCase();
  if (method === 'POST' && last === 'token') return 'token';
  if (last === 'sendmail' || last === 'microsoft.graph.sendmail') return 'sendMail';
  return segments.includes('.well-known') || last === 'keys' || last === 'instance' ? 'discovery' : 'other';
}

/** The body, or undefined when it is over the limit, is to be cut, or the client has gone. */
async function readBody(incoming: IncomingMessage, stopAt: number | undefined): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of incoming) {
      pieces.push(piece);
      size += piece.length;
      if (size > bodyLimitBytes || (stopAt !== undefined && size >= stopAt)) return undefined;
    }
  } catch {
    return undefined;
  }
  return stopAt === undefined ? Buffer.concat(pieces) : undefined;
}

function headerOf(incoming: IncomingMessage, name: string): string | undefined {
  const value = incoming.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function write(outgoing: ServerResponse, response: TenantResponse, clientRequestId?: string): void {
  const { body } = response;
  const isPlain = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
  const payload = isPlain ? body : JSON.stringify(body);
  const headers: Record<string, string> = {
    ...(isPlain ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    ...(clientRequestId ? { 'client-request-id': clientRequestId } : {}),
    ...response.headers,
    'content-length': String(payload === undefined ? 0 : Buffer.byteLength(payload)),
  };
  outgoing.writeHead(response.status, headers).end(payload);
}
