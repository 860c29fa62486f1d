/** The OpenAPI 3.1 document of the console's interface, made from the routes as they are declared. */
import { z } from 'zod';
import { catalogueRow, type Fault } from '../../domain/catalogue.ts';
import { problemSchema } from './problem.ts';
import type { ConsoleRoute } from './route.ts';

interface ObjectNode {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

const schemaOf = (schema: z.core.$ZodType, io: 'input' | 'output') => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};

function parameters(place: 'path' | 'query', schema: z.core.$ZodType | undefined): object[] {
  if (!schema) return [];
  const node: ObjectNode = z
    .looseObject({ properties: z.record(z.string(), z.unknown()).optional(), required: z.array(z.string()).optional() })
    .transform(({ properties = {}, required = [] }) => ({ properties, required }))
    .parse(schemaOf(schema, 'input'));
  return Object.entries(node.properties ?? {}).map(([name, inner]) => ({
    name,
    in: place,
    required: place === 'path' || (node.required?.includes(name) ?? false),
    schema: inner,
  }));
}

function refusals({ audience, method, takes, faults = [] }: ConsoleRoute): Record<string, object> {
  const codes: Fault['code'][] = [
    ...(audience === 'stranger' ? [] : (['auth-required'] as const)),
    ...(audience === 'operator' || audience === 'administrator' ? (['role-too-low'] as const) : []),
    ...(method === 'GET' ? [] : (['cross-site-request'] as const)),
    ...(Object.keys(takes.shape).length > 0 ? (['request-invalid'] as const) : []),
    ...faults,
  ];
  const byStatus = Map.groupBy(codes, (code) => String(catalogueRow(code).http ?? 400));
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [status, { description: names.map((n) => `\`${n}\``).join(', '), content }]),
  );
}

function success({ answer, produces }: ConsoleRoute): Record<string, object> {
  if (produces)
    return { '200': { description: 'The answer.', content: { [produces]: { schema: { type: 'string' } } } } };
  if (answer instanceof z.ZodUndefined) return { '204': { description: 'Done.' } };
  const content = { 'application/json': { schema: schemaOf(answer, 'output') } };
  return { '200': { description: 'The answer.', content } };
}

/** The document as a plain object; `x-audience` of an operation says who may call it. */
export function consoleDocument(routes: readonly ConsoleRoute[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const each of routes) {
    const { params, query, body } = each.takes.shape;
    const operation = {
      operationId: each.id,
      summary: each.summary,
      'x-audience': each.audience,
      ...(each.audience === 'stranger' ? { security: [] } : {}),
      parameters: [...parameters('path', params), ...parameters('query', query)],
      ...(body
        ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input') } } } }
        : {}),
      responses: { ...success(each), ...refusals(each) },
    };
    paths[each.path] = { ...paths[each.path], [each.method.toLowerCase()]: operation };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Mailroom console',
      version: '1',
      description:
        'What the web console talks to. Whatever changes something needs the header `x-mailroom-console: 1` and an Origin of its own host.',
    },
    security: [{ session: [] }],
    paths,
    components: {
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'mailroom_session' } },
      schemas: { Problem: schemaOf(problemSchema, 'output') },
    },
  };
}
