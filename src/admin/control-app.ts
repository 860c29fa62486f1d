/** The routes of the control socket. Apart from the socket, because they are read when somebody asks for the first time. */
import fastify, { type FastifyInstance } from 'fastify';
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

export function createControlApp(parts: ControlParts): FastifyInstance {
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
  return app;
}

/** The status that fastify gives its own refusals, of a body that is too large or no JSON; else 500. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  return status >= 400 ? status : 500;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
