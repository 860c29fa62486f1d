/**
 * The HTTP interface: hand a message in, ask for its fate, read the OpenAPI document. Who asks is checked before a body is
 * read. No CORS: no web page of another origin has any business here.
 */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import helmet from '@fastify/helmet';
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import { type Fault, FaultError } from '../../domain/catalogue.ts';
import { isMessageId } from '../../domain/message-id.ts';
import type { Clock, Logger } from '../../domain/ports.ts';
import { AddressRanges } from '../../policy/address-ranges.ts';
import { askedFrom } from '../../policy/forwarded-address.ts';
import type { Gate } from '../../policy/gate.ts';
import type { QueueStore } from '../../queue/store.ts';
import type { Intake } from '../intake.ts';
import { authenticate, clientOf } from './bearer.ts';
import { KeyTurns } from './idempotency.ts';
import { JsonMemory, type MemoryShare } from './json-memory.ts';
import { JsonReading } from './json-reading.ts';
import { openApiDocument } from './openapi.ts';
import { RequestError, sendProblem } from './problem.ts';
import { isJson, receiveMessage } from './receive.ts';
import { SpooledContents } from './spooled-content.ts';
import { statusOf } from './status.ts';

export interface HttpAppParts {
  readonly intake: Intake;
  readonly gate: Pick<Gate, 'authenticateKey' | 'checkMailFrom'>;
  readonly store: Pick<QueueStore, 'findByIdempotencyKey' | 'newBody' | 'trail'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A message is on record, `ms` after the last byte of its request. */
  readonly onAccepted?: (listener: string, ms: number) => void;
  /** Counts refusals; `code` is one of the catalogue. */
  readonly onRefused?: (listener: string, code: Fault['code']) => void;
  /** Is told of the bytes of JSON bodies as they pass. */
  readonly passed?: (bytes: number) => void;
  /** Adds routes of other parts: health, metrics. They are not behind the keys of clients. */
  readonly extend?: (app: FastifyInstance) => void;
}

export interface HttpAppOptions {
  readonly name: string;
  readonly allowFrom: readonly string[];
  /** Ranges of reverse proxies that are believed who asks; none when not given. */
  readonly trustedProxies?: readonly string[];
  /** Names under which clients may call (Host header, without port); undefined: any. */
  readonly hosts?: readonly string[] | undefined;
  /** Largest message, bytes. */
  readonly maxMessageBytes: number;
  /** Recipients of one message. */
  readonly recipients: number;
  /** Memory for JSON bodies, bytes, all requests together. */
  readonly receivingBytes: number;
  /** Where large attachments of JSON bodies are while their requests are under way. */
  readonly spoolFolder: string;
}

/** base64 takes four bytes for three, and the rest of the message needs some room too. */
function jsonLimit(maxMessageBytes: number): number {
  return Math.ceil(maxMessageBytes / 3) * 4 + 65_536;
}

/** The application, without a socket. `server` goes to the framework: TLS, time limits. */
export function createHttpApp(
  options: HttpAppOptions,
  parts: HttpAppParts,
  server: FastifyServerOptions & { readonly https?: object; readonly http?: object } = {},
): FastifyInstance {
  const app: FastifyInstance = fastify({
    ...server,
    bodyLimit: jsonLimit(options.maxMessageBytes),
    // Ours reads the address alone, and of trusted peers alone: see `askedFrom`. Host and scheme are never taken from a proxy.
    trustProxy: false,
    return503OnClosing: true,
    // `__proto__` in a body is a mistake or an attack, never a message.
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
  });
  const ranges = new AddressRanges(options.allowFrom);
  const addressOf = addresses(options);
  app.register(helmet, { contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] } } });
  app.addHook('onRequest', async (request) => {
    const address = addressOf(request);
    if (!ranges.has(address))
      throw new FaultError({ code: 'address-not-allowed', detail: `${address} is in no range of ${options.name}.` });
    if (options.hosts && !options.hosts.includes(request.hostname))
      throw new FaultError({ code: 'request-invalid', text: 'The Host header names no host of this service.' });
  });
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const fault = request.raw.aborted ? hungUp : faultOf(error);
    parts.onRefused?.(options.name, fault.code);
    const fields = {
      listener: options.name,
      remoteAddress: addressOf(request),
      method: request.method,
      path: pathOf(request),
      fault,
    };
    if (fault.code === 'internal-error') parts.logger.error({ ...fields, err: error }, 'A request failed.');
    else parts.logger.info(fields, 'A request was refused.');
    // What is left of the body is not worth reading; the connection ends with the answer.
    if (!request.raw.complete) reply.header('connection', 'close');
    return sendProblem(reply, fault, error instanceof RequestError ? error.errors : undefined);
  });
  app.setNotFoundHandler(async (_request, reply) => sendProblem(reply, { code: 'not-found' }));
  app.get('/openapi.json', async () => openApiDocument());
  app.register(async (scope) => addMessages(scope, options, parts, addressOf));
  parts.extend?.(app);
  return app;
}

function addresses({ trustedProxies = [] }: HttpAppOptions): (request: FastifyRequest) => string {
  const trusted = new AddressRanges(trustedProxies);
  return (request) => askedFrom(request, trusted);
}

function addMessages(
  scope: FastifyInstance,
  options: HttpAppOptions,
  parts: HttpAppParts,
  addressOf: (request: FastifyRequest) => string,
): void {
  const turns = new KeyTurns();
  const memory = new JsonMemory(options.receivingBytes);
  const places = new WeakMap<FastifyRequest, { readonly spool: SpooledContents; readonly share: MemoryShare }>();
  const endedAt = new WeakMap<FastifyRequest, number>();
  const receive = {
    ...parts,
    turns,
    onAccepted(request: FastifyRequest) {
      const now = parts.clock.now();
      parts.onAccepted?.(options.name, now - (endedAt.get(request) ?? now));
    },
    spoolOf: (request: FastifyRequest) => places.get(request)?.spool,
    addressOf,
    listener: options.name,
    maxMessageBytes: options.maxMessageBytes,
    maxRecipients: options.recipients,
  };
  const most = jsonLimit(options.maxMessageBytes);
  const readBody = async (request: FastifyRequest, payload: IncomingMessage): Promise<Buffer> => {
    const place = places.get(request);
    if (!place) throw new TypeError('No place was made for the body of this request.');
    const reading = new JsonReading(place.spool, place.share);
    let size = 0;
    // Left open when something is refused: whoever is refused hears why.
    for await (const chunk of payload.iterator({ destroyOnReturn: false })) {
      size += chunk.length;
      if (size > most)
        throw new FaultError({ code: 'message-too-large', detail: `The listener takes ${most} bytes of JSON.` });
      await reading.take(chunk);
      parts.passed?.(chunk.length);
    }
    return reading.text;
  };
  const parseJson = scope.getDefaultJsonParser('error', 'error');
  // JSON is UTF-8 (RFC 8259 §8.1). Read as such, another alphabet would go out with every umlaut turned into U+FFFD.
  scope.addContentTypeParser('application/json', async (request: FastifyRequest, payload: IncomingMessage) => {
    const body = await readBody(request, payload);
    if (!isUtf8(body)) throw new FaultError({ code: 'request-invalid', text: 'The body must be UTF-8.' });
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    parseJson(request, body.toString('utf8'), (error, value) => (error ? reject(error) : resolve(value)));
    return promise;
  });
  // The bytes of a ready message are not read here: they go from the socket to the store, as fast as the disk takes them.
  scope.removeContentTypeParser('text/plain');
  scope.addContentTypeParser('message/rfc822', (_request, _payload, done) => done(null));
  scope.addHook('onRequest', async (request, reply) => {
    await authenticate(request, addressOf(request), parts.gate);
    if (request.method !== 'POST') return;
    request.raw.once('end', () => endedAt.set(request, parts.clock.now()));
    // Nothing here unpacks: a packed message would be taken for the message, and arrive as noise.
    if (!/^(?:identity)?$/i.test(request.headers['content-encoding'] ?? ''))
      throw new FaultError({
        code: 'media-type',
        text: 'A body with a Content-Encoding is not taken; send it as it is.',
      });
    const announced = Number(request.headers['content-length'] ?? Number.NaN);
    const most = isJson(request) ? jsonLimit(options.maxMessageBytes) : options.maxMessageBytes;
    if (announced > most)
      throw new FaultError({
        code: 'message-too-large',
        detail: `${announced} bytes announced; the listener takes ${most}.`,
      });
    if (!isJson(request)) return;
    const spool = new SpooledContents(options.spoolFolder, () => parts.store.newBody().discard());
    places.set(request, { spool, share: memory.share(reply.raw) });
    reply.raw.once('close', () => void spool.close());
  });
  scope.post('/v1/messages', async (request, reply) => {
    if (request.headers['content-type'] === undefined) throw new FaultError({ code: 'media-type' });
    const id = await receiveMessage(request, receive);
    const statusUrl = `/v1/messages/${id}`;
    return reply.code(202).header('location', statusUrl).send({ id, statusUrl });
  });
  scope.get<{ Params: { id: string } }>('/v1/messages/:id', async (request) => {
    const { id } = request.params;
    const trail = isMessageId(id) ? await parts.store.trail(id) : undefined;
    // Somebody else's message is not there: its id alone must not tell that it exists.
    if (!trail || trail.message.client !== clientOf(request).name) throw new FaultError({ code: 'not-found' });
    return statusOf(trail);
  });
}

/** Without the query: it holds addresses. */
function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}

/** Nobody reads the answer; the log and the metrics are told that it was not a mistake of ours. */
const hungUp: Fault = { code: 'request-cut-off' };

function faultOf(error: FastifyError): Fault {
  if (error instanceof FaultError) return error.fault;
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return { code: 'message-too-large' };
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return { code: 'media-type' };
  if (error.statusCode !== undefined && error.statusCode < 500)
    return { code: 'request-invalid', detail: error.message, text: 'The body of the request cannot be read.' };
  return { code: 'internal-error', detail: error.stack ?? error.message };
}
