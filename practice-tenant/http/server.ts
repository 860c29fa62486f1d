/**
 * The HTTPS server of the practice tenant. Each request goes the same way: read (or cut, if a fault says so) → record →
 * fault or endpoint → answer. Nothing a stranger sends makes it fail.
 */
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ServerCertificate } from '../certificate-authority.ts';
import { entraError } from '../entra/entra-error.ts';
import type { Endpoint, FaultAction, FaultQueue } from '../faults/fault.ts';
import { headerText, type TenantRequest, type TenantResponse } from './exchange.ts';
import type { RecordedRequest } from './request-log.ts';
import { createSecureServer } from './secure-server.ts';
import { reportTraffic } from './traffic.ts';

export interface ServerParts {
  readonly certificate: ServerCertificate;
  /** Certificates that are wrong in some way, for faults of TLS. */
  readonly wrongCertificate: (problem: 'expired' | 'wrong-name' | 'untrusted') => Promise<ServerCertificate>;
  readonly faults: FaultQueue;
  readonly now: () => number;
  /** For the Date header. */
  readonly outside: () => number;
  readonly endpointOf: (method: string, segments: readonly string[]) => Endpoint;
  readonly record: (request: RecordedRequest) => void;
  readonly answer: (request: TenantRequest) => Promise<TenantResponse>;
}

/** More than any request that a real client sends; beyond it the connection is not worth reading. */
const bodyLimitBytes = 8 * 1024 * 1024;

export function createTenantServer(parts: ServerParts) {
  const requests: Server = createHttpServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    handle(parts, incoming, outgoing).catch(() => outgoing.destroy());
  });
  requests.on('clientError', (_error, socket) => socket.destroy());
  return createSecureServer(parts, requests);
}

async function handle(parts: ServerParts, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  outgoing.setHeader('date', new Date(parts.outside()).toUTCString());
  const target = parseTarget(incoming.url ?? '/');
  if (!target) return write(outgoing, { status: 400, body: { error: { code: 'BadRequest', message: 'Bad URL.' } } });
  const method = incoming.method ?? 'GET';
  const endpoint = parts.endpointOf(method, target.segments);
  const path = `/${target.segments.join('/')}`;
  const action = target.segments[0] === '_practice' ? undefined : parts.faults.take({ endpoint, method, path });
  const recorded: RecordedRequest = {
    at: parts.now(),
    endpoint,
    method,
    path,
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
    method,
    segments: target.segments,
    query: target.query,
    headers: incoming.headers,
    body,
  };
  const response = await respond(parts, request, action);
  if (!response) {
    incoming.socket.destroy();
    return;
  }
  recorded.status = response.status;
  const isFault = action?.kind === 'answer' || action?.kind === 'entra';
  // A preflight request is HTTP's own, and none of the API.
  if (!isFault && method !== 'OPTIONS' && target.segments[0] !== '_practice') reportTraffic({ request, response });
  write(outgoing, response, recorded.clientRequestId);
}

async function respond(
  parts: ServerParts,
  request: TenantRequest,
  action: FaultAction | undefined,
): Promise<TenantResponse | undefined> {
  switch (action?.kind) {
    case 'answer': {
      if (action.acceptAnyway) await parts.answer(request);
      const { body } = action;
      const headers = { ...action.headers, ...retryAfter(action, parts.now()) };
      const isContent = typeof body === 'string' || (typeof body === 'object' && body !== null);
      return { status: action.status, headers, ...(isContent ? { body } : {}) };
    }
    case 'entra': {
      const form = new URLSearchParams(request.body.toString('utf8'));
      const value = action.value ?? form.get('client_id') ?? '';
      const correlation = form.get('client-request-id') ?? headerText(request.headers, 'client-request-id');
      return entraError(action.code, value, parts.now(), correlation);
    }
    case 'cut':
      await parts.answer(request);
      return undefined;
    case 'delay': {
      const { promise, resolve } = Promise.withResolvers<void>();
      setTimeout(resolve, action.ms).unref();
      await promise;
      return parts.answer(request);
    }
    case 'clock': {
      const response = await parts.answer(request);
      const date = new Date(parts.now() + action.offByMs).toUTCString();
      return { ...response, headers: { ...response.headers, date } };
    }
    // Meant for connections and for SMTP: no request meets these.
    case 'reply':
    case 'refuse':
    case 'tls':
    case undefined:
      return parts.answer(request);
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
  const headers: Record<string, string | readonly string[]> = {
    ...(isPlain ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    ...(clientRequestId ? { 'client-request-id': clientRequestId } : {}),
    ...response.headers,
    'content-length': String(payload === undefined ? 0 : Buffer.byteLength(payload)),
  };
  for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
  // 204 has no body and must not name a length (RFC 9110 §8.6).
  if (response.status === 204) outgoing.removeHeader('content-length');
  outgoing.writeHead(response.status).end(payload);
}
