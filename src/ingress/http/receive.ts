/** Takes what a request hands in, as JSON or as a ready message, to the intake. */
import type { FastifyRequest } from 'fastify';
import { type Fault, FaultError } from '../../domain/catalogue.ts';
import type { Envelope } from '../../domain/envelope.ts';
import type { MessageId, Origin, Priority } from '../../domain/message.ts';
import type { Gate, KnownClient } from '../../policy/gate.ts';
import type { QueueStore } from '../../queue/store.ts';
import type { Intake } from '../intake.ts';
import { clientOf } from './bearer.ts';
import { composeMessage, envelopeFor, envelopeOf } from './compose.ts';
import { isSameRequest, type KeyTurns, RequestHash } from './idempotency.ts';
import { envelopeQuery, idempotencyKey, type JsonMessage, jsonMessage } from './message-schemas.ts';
import { RequestError } from './problem.ts';
import type { SpooledContents } from './spooled-content.ts';

export interface ReceiveParts {
  readonly intake: Intake;
  readonly gate: Pick<Gate, 'checkMailFrom'>;
  readonly store: Pick<QueueStore, 'findByIdempotencyKey'>;
  readonly turns: KeyTurns;
  /** Who asks, where a proxy is trusted to say so. */
  readonly addressOf: (request: FastifyRequest) => string;
  /** What the request's JSON has on the disk. */
  readonly spoolOf: (request: FastifyRequest) => SpooledContents | undefined;
  /** The request's message is on record. */
  readonly onAccepted: (request: FastifyRequest) => void;
  readonly listener: string;
  readonly maxMessageBytes: number;
  readonly maxRecipients: number;
}

interface HandedIn {
  readonly client: KnownClient;
  readonly envelope: Envelope;
  readonly priority: Priority | undefined;
  readonly bytes: AsyncIterable<Buffer>;
  readonly hash: RequestHash;
}

/** @throws FaultError or RequestError for whatever is wrong with the request or refused. */
export async function receiveMessage(request: FastifyRequest, parts: ReceiveParts): Promise<MessageId> {
  const handedIn = isJson(request) ? fromJson(request, parts.spoolOf(request)) : fromRaw(request);
  const { client, envelope } = handedIn;
  if (envelope.recipients.length === 0) throw new FaultError({ code: 'no-recipients' });
  if (envelope.recipients.length > parts.maxRecipients)
    throw new FaultError({
      code: 'too-many-recipients',
      detail: `${envelope.recipients.length} recipients; the listener takes ${parts.maxRecipients}.`,
    });
  orThrow(parts.gate.checkMailFrom(client, envelope.mailFrom));
  const header = request.headers['idempotency-key'];
  if (header === undefined) return accept(request, handedIn, parts, undefined);
  const key = idempotencyKey.safeParse(header);
  if (!key.success) throw new RequestError(key.error, '/headers/Idempotency-Key');
  return parts.turns.run(client.name, key.data, async () => {
    const stored = await parts.store.findByIdempotencyKey(client.name, key.data);
    if (!stored) return accept(request, handedIn, parts, key.data);
    let size = 0;
    for await (const chunk of handedIn.bytes) {
      size += chunk.byteLength;
      if (size > parts.maxMessageBytes) throw new FaultError({ code: 'message-too-large' });
      if (!isJson(request)) handedIn.hash.add(chunk);
    }
    if (isSameRequest(stored, handedIn.hash)) return stored.id;
    throw new FaultError({ code: 'idempotency-conflict', detail: `The key belongs to message ${stored.id}.` });
  });
}

export function isJson(request: FastifyRequest): boolean {
  return /^application\/json\b/i.test(request.headers['content-type'] ?? '');
}

/** Entries of one field: no message has as many, and each is looked at while nobody else is served. */
const mostEntries = 10_000;

function refuseCrowds(body: unknown): void {
  for (const [field, value] of Object.entries(Object(body)))
    if (typeof value === 'object' && Object.keys(Object(value)).length > mostEntries)
      throw new FaultError({
        code: 'request-invalid',
        text: `/${field.slice(0, 80)} has more than ${mostEntries} entries.`,
      });
}

function fromJson(request: FastifyRequest, spool: SpooledContents | undefined): HandedIn {
  refuseCrowds(request.body);
  const parsed = jsonMessage.safeParse(request.body);
  if (!parsed.success) throw new RequestError(parsed.error);
  const message = parsed.data;
  const spooled = message.attachments.flatMap(({ content }) => spool?.get(content) ?? []);
  if (spooled.length !== (spool?.size ?? 0))
    throw new FaultError({ code: 'request-invalid', text: 'Only attachments have a content of this length.' });
  return {
    client: clientOf(request),
    envelope: envelopeOf(message),
    priority: message.priority,
    // Not begun before it is needed: a request that is refused costs no MIME.
    bytes: (async function* () {
      yield* composeMessage(message, spool);
    })(),
    hash: new RequestHash(withDigests(message, spool)),
  };
}

/** The same for the same request: a token is new each time, what stands behind it is not. */
function withDigests(message: JsonMessage, spool: SpooledContents | undefined): unknown {
  if (!spool || spool.size === 0) return message;
  const digestOf = (content: string) => spool.get(content)?.digest ?? content;
  return {
    ...message,
    attachments: message.attachments.map((each) => ({ ...each, content: digestOf(each.content) })),
  };
}

function fromRaw(request: FastifyRequest): HandedIn {
  const parsed = envelopeQuery.safeParse(request.query);
  if (!parsed.success) throw new RequestError(parsed.error, '/query');
  const { from, to, priority } = parsed.data;
  return {
    client: clientOf(request),
    envelope: envelopeFor(from, to),
    priority,
    bytes: request.raw,
    hash: new RequestHash(parsed.data),
  };
}

async function accept(
  request: FastifyRequest,
  { client, envelope, priority, bytes, hash }: HandedIn,
  parts: ReceiveParts,
  key: string | undefined,
): Promise<MessageId> {
  const idempotency =
    key === undefined
      ? undefined
      : {
          key,
          // Read by the intake after the last byte: of a raw message the hash is not known before.
          get requestHash() {
            return hash.digest;
          },
        };
  const submission = parts.intake.begin({
    client,
    envelope,
    origin: originOf(request, parts),
    ...(priority ? { priority } : {}),
    ...(idempotency ? { idempotency } : {}),
  });
  if ('code' in submission) throw new FaultError(submission);
  let size = 0;
  try {
    for await (const chunk of bytes) {
      size += chunk.byteLength;
      if (size > parts.maxMessageBytes)
        throw new FaultError({
          code: 'message-too-large',
          detail: `The listener takes ${parts.maxMessageBytes} bytes.`,
        });
      if (key !== undefined && !isJson(request)) hash.add(chunk);
      const slow = submission.write(chunk);
      if (slow) await slow;
    }
  } catch (error) {
    await submission.abort();
    throw error;
  }
  const result = await submission.finish();
  if (!result.accepted) throw new FaultError(result.fault);
  parts.onAccepted(request);
  return result.id;
}

function originOf(request: FastifyRequest, { listener, addressOf }: ReceiveParts): Origin {
  return { ingress: 'http', listener, remoteAddress: addressOf(request), tls: request.protocol === 'https' };
}

function orThrow(fault: Fault | undefined): void {
  if (fault) throw new FaultError(fault);
}
