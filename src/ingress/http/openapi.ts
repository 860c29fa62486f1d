/** The OpenAPI 3.1 document, made from the schemas that check the requests. */
import { z } from 'zod';
import { catalogue, catalogueRow, isFaultCode } from '../../domain/catalogue.ts';
import { consoleFaults } from '../../domain/catalogue-console.ts';
import { acceptedAnswer, idempotencyKey, jsonMessage, problem, statusAnswer } from './message-schemas.ts';
import { problemType } from './problem.ts';

const address = { type: 'string', examples: ['noreply@contoso.com'] };
const parameter = (place: string, name: string, required: boolean, description: string, schema: object) => ({
  name,
  in: place,
  required,
  description,
  schema,
});

/** Codes of the catalogue by HTTP status; those that only a way out meets have none. */
function refusals(codes: readonly string[]): Record<string, object> {
  const byStatus = new Map<number, string[]>();
  for (const code of codes) {
    const status = isFaultCode(code) ? catalogueRow(code).http : undefined;
    if (status !== undefined) byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const content = { [problemType]: { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [
      status,
      { description: names.map((name) => `\`${name}\``).join(', '), content },
    ]),
  );
}

const toJson = (schema: z.ZodType, io: 'input' | 'output') => {
  const { $schema: _dialect, id: _id, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
};

const answer = (description: string, name: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
});

/** The document as a plain object; the same on every machine. */
export function openApiDocument(): object {
  const rawParameters = [
    parameter(
      'query',
      'from',
      false,
      'Only with `message/rfc822`, and needed there: envelope sender; empty for a notice.',
      address,
    ),
    parameter('query', 'to', false, 'Only with `message/rfc822`, and needed there: a recipient. Repeat it for more.', {
      type: 'array',
      items: address,
    }),
    parameter('query', 'priority', false, 'Only with `message/rfc822`.', { enum: ['high', 'normal', 'low'] }),
  ];
  const keyParameter = parameter(
    'header',
    'Idempotency-Key',
    false,
    'A request repeated under the same key is accepted once.',
    toJson(idempotencyKey, 'input'),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'Mailroom',
      version: '1',
      description:
        'Hand mail in, and ask what became of it. Errors are problem details (RFC 9457) with a stable `code`.',
    },
    security: [{ key: [] }],
    paths: {
      '/v1/messages': {
        post: {
          operationId: 'sendMessage',
          summary: 'Hand a message in',
          description:
            'Answers when the message is safe on disk. A ready message (`message/rfc822`) goes through as it is, with its envelope in the query; whatever its header says, exactly the envelope gets it.',
          parameters: [...rawParameters, keyParameter],
          requestBody: {
            required: true,
            content: {
              'application/json': { schema: { $ref: '#/components/schemas/Message' } },
              'message/rfc822': { schema: { type: 'string', contentMediaType: 'message/rfc822' } },
            },
          },
          responses: {
            '202': {
              ...answer('Accepted; it is durable.', 'Accepted'),
              headers: { Location: { description: 'The same as `statusUrl`.', schema: { type: 'string' } } },
            },
            ...refusals(Object.keys(catalogue).filter((code) => !Object.hasOwn(consoleFaults, code))),
          },
        },
      },
      '/v1/messages/{id}': {
        get: {
          operationId: 'messageStatus',
          summary: 'Ask for the fate of a message',
          parameters: [parameter('path', 'id', true, 'Id of the message.', { type: 'string' })],
          responses: {
            '200': answer('Its state, attempts and events.', 'Status'),
            ...refusals([
              'auth-required',
              'auth-failed',
              'auth-throttled',
              'address-not-allowed',
              'not-found',
              'internal-error',
            ]),
          },
        },
      },
    },
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'The API key of a client.' } },
      schemas: {
        Message: toJson(jsonMessage, 'input'),
        Accepted: toJson(acceptedAnswer, 'output'),
        Status: toJson(statusAnswer, 'output'),
        Problem: toJson(problem, 'output'),
      },
    },
  };
}
