/**
 * The control socket: HTTP on a Unix socket in the data folder (a named pipe on Windows), for the command line. Whoever may
 * open the socket may do everything; its mode, 0600, is the lock.
 */
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import fastify from 'fastify';
import { z } from 'zod';
import type { AlertWayTest } from '../domain/alert.ts';
import type { Fault } from '../domain/catalogue.ts';
import type { MessageId } from '../domain/message.ts';
import { messageQuerySchema } from './message-query.ts';
import type { Operator } from './operator.ts';

/** A message that an operator sends from the command line. */
export interface OperatorSubmission {
  readonly client: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
  readonly bytes: Buffer;
}

export interface ControlParts {
  readonly operator: Operator;
  readonly submit: (submission: OperatorSubmission) => Promise<{ readonly id: MessageId } | Fault>;
  /** Log files are opened anew and certificates read again. */
  readonly reload: () => void;
  /** Sends a test by each way out of alerts, or by one. */
  readonly testAlerts?: (by: string, way: string | undefined) => Promise<readonly AlertWayTest[]>;
}

const idsSchema = z.array(z.string().max(100)).min(1).max(1000);
const interventionSchema = z.strictObject({
  action: z.enum(['hold', 'release', 'retry', 'cancel']),
  ids: idsSchema,
  by: z.string().min(1).max(200),
  detail: z.string().max(1000).optional(),
});
const submissionSchema = z.strictObject({
  client: z.string().optional(),
  from: z.string(),
  to: z.union([z.array(z.string()), z.string().transform((value) => [value])]),
});
const alertTestSchema = z.strictObject({ by: z.string().min(1).max(200), way: z.string().optional() });
const reasonSchema = z.strictObject({ by: z.string().min(1).max(200) });

export interface ControlServer {
  readonly socket: string;
  close(): Promise<void>;
}

/**
 * Opens the socket.
 * @throws Error in one sentence when another server has it, something else stands at its path, or it cannot be made.
 */
export async function startControlServer(socket: string, parts: ControlParts): Promise<ControlServer> {
  const { operator } = parts;
  const app = fastify({ logger: false, bodyLimit: 200 * 1024 * 1024 });
  app.addContentTypeParser('message/rfc822', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, _request, reply) => {
    const status = error instanceof z.ZodError ? 400 : statusOf(error);
    const text = error instanceof z.ZodError ? z.prettifyError(error) : reasonOf(error);
    return reply.status(status).send({ error: text });
  });

  app.get('/status', () => operator.status());
  app.get('/messages', (request) => operator.list(messageQuerySchema.parse(request.query)));
  app.get<{ Params: { id: string } }>('/messages/:id', async (request, reply) => {
    const trail = await operator.trail(request.params.id);
    return trail ?? reply.status(404).send({ error: 'There is no message with this id.' });
  });
  app.get<{ Params: { id: string } }>('/messages/:id/raw', async (request, reply) => {
    const raw = await operator.raw(request.params.id);
    return raw
      ? reply.type('message/rfc822').send(raw)
      : reply.status(404).send({ error: 'The bytes of this message are not kept.' });
  });
  app.post('/interventions', (request) => {
    const { action, ids, by, detail } = interventionSchema.parse(request.body);
    return operator.intervene(action, ids, by, detail);
  });
  app.post('/messages', async (request, reply) => {
    const { client, from, to } = submissionSchema.parse(request.query);
    const bytes = request.body;
    if (!Buffer.isBuffer(bytes)) return reply.status(415).send({ error: 'The message must come as message/rfc822.' });
    const result = await parts.submit({ client, from, to, bytes });
    return 'id' in result
      ? result
      : reply.status(422).send({ error: `${result.code}: ${result.detail ?? result.text ?? ''}`, fault: result });
  });
  for (const action of ['pause', 'resume'] as const)
    app.post<{ Params: { name: string } }>(`/connectors/:name/${action}`, async (request, reply) => {
      const { by } = reasonSchema.parse(request.body);
      const { name } = request.params;
      const detail = `by ${by}`;
      const found =
        action === 'pause' ? await operator.pauseConnector(name, detail) : await operator.resumeConnector(name, detail);
      return found ? reply.status(204).send() : reply.status(404).send({ error: `There is no connector ${name}.` });
    });
  app.post('/alerts/test', (request) => {
    const { by, way } = alertTestSchema.parse(request.body);
    return parts.testAlerts?.(by, way) ?? [];
  });
  app.post('/reload', (_request, reply) => {
    parts.reload();
    return reply.status(204).send();
  });

  const isPipe = socket.startsWith('\\\\.\\pipe\\');
  if (!isPipe) await clearPath(socket);
  await app.ready();
  // Made with the mode it is to have: between listen and chmod somebody else could connect.
  const mask = process.umask(0o177);
  try {
    await app.listen({ path: socket });
  } catch (error) {
    throw new Error(`The control socket ${socket} cannot be made: ${reasonOf(error)}`, { cause: error });
  } finally {
    process.umask(mask);
  }
  if (!isPipe) chmodSync(socket, 0o600);
  return { socket, close: () => app.close() };
}

/** The status that fastify gives its own refusals, of a body that is too large or no JSON; else 500. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  return status >= 400 ? status : 500;
}

/** A path longer than this is cut off by some systems, and the socket is made elsewhere (sun_path: 104 bytes on macOS, 108 on Linux). */
const longestPathBytes = 103;

/** A socket that nobody listens on is left from a crash and goes; whatever else stands there is somebody's. */
async function clearPath(socket: string): Promise<void> {
  if (Buffer.byteLength(socket) > longestPathBytes)
    throw new Error(
      `The path of the control socket is longer than ${longestPathBytes} bytes: ${socket}. Set control.socket to a shorter one.`,
    );
  const standing = lstatSync(socket, { throwIfNoEntry: false });
  if (!standing) return;
  if (!standing.isSocket())
    throw new Error(
      `${socket} is to be the control socket, and is something else. Set control.socket to another path.`,
    );
  if (await answers(socket))
    throw new Error(
      `Another Mailroom listens on ${socket}. Stop that one first, or set control.socket to another path.`,
    );
  rmSync(socket, { force: true });
}

function answers(socket: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = connect(socket, () => {
    probe.destroy();
    resolve(true);
  });
  probe.on('error', () => resolve(false));
  return promise;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
