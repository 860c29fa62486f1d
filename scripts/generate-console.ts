/**
 * docs/reference/console-openapi.json, from the routes of the console as they are declared, and the types of its client.
 *
 * openapi-typescript needs the programming interface of TypeScript 5; with TypeScript 7 there is none. The document holds
 * no more than what zod writes, so that the few kinds of schema below are all.
 */
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { BulkActions } from '../src/admin/bulk-actions.ts';
import { BulkBook } from '../src/admin/bulk-book.ts';
import { consoleRoutes } from '../src/admin/http/app.ts';
import { AuditTrail } from '../src/admin/http/audit-trail.ts';
import { consoleDocument } from '../src/admin/http/openapi.ts';
import { signingIn } from '../src/admin/http/signing-in.ts';

/** Routes declare themselves without a server; whoever ran one of these would hear so. */
function document(): object {
  const never = () => Promise.reject(new Error('There is no server here.'));
  const clock = { now: () => 0, after: () => () => {} };
  const quiet = () => {};
  const nowhere = () => {
    throw new Error('There is no server here.');
  };
  const file = new DatabaseSync(':memory:');
  const secrets = { get: () => '', put: quiet, remove: quiet };
  const place = { basePath: '', origin: undefined, secure: false };
  const operator = {
    status: never,
    list: never,
    listIds: never,
    count: never,
    rates: never,
    trail: never,
    raw: never,
    intervene: never,
    pauseConnector: never,
    resumeConnector: never,
  };
  const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  return consoleDocument(
    consoleRoutes({
      server: {
        operator,
        clock,
        logger,
        version: '',
        connectors: [],
        clients: [],
        routes: [],
        routeRules: [],
        listenerWishes: () => undefined,
        gate: { checkMailFrom: nowhere, checkHeaderFrom: nowhere, route: nowhere, holds: () => false },
        settings: undefined,
        keeping: { bodiesMs: 0, failedBodiesMs: 0, historyMs: 0, expireAfterMs: 0, redaction: [] },
        redactionOf: () => undefined,
        alerts: { standing: () => [], recent: () => [], test: never },
        assistant: {
          begin: nowhere,
          job: () => undefined,
          jobs: () => [],
          stop: quiet,
          watch: () => quiet,
          answer: () => false,
          importView: () => ({ configuration: '', elsewhere: '', items: [], todo: [], notCarried: [] }),
          made: () => {
            throw new Error('There is no server here.');
          },
          guide: () => ({ steps: [], answers: {} }),
          passStep: never,
          migration: () => ({ removedPolicies: [] }),
          signedIn: () => undefined,
          limit: never,
          consentLink: () => '',
          isGranted: never,
          consented: never,
        },
        checks: [],
        credentials: () => [],
        lastChecks: () => [],
        supportBundle: never,
        licences: () => [],
        runChecks: never,
        disk: never,
      },
      ...signingIn(file, { clock, secrets, place, entra: undefined }),
      audit: new AuditTrail(file, clock),
      bulk: new BulkActions({ operator, clock, logger, book: new BulkBook(file), told: quiet }),
      redirectUri: () => '',
    }),
  );
}

export function generateConsoleOpenApi(): string {
  return `${JSON.stringify(document(), null, 2)}\n`;
}

interface Node {
  readonly type?: string | string[] | undefined;
  readonly const?: unknown;
  readonly enum?: unknown[] | undefined;
  readonly required?: string[] | undefined;
  readonly properties?: Record<string, Node> | undefined;
  readonly additionalProperties?: boolean | Node | undefined;
  readonly items?: Node | undefined;
  readonly anyOf?: Node[] | undefined;
  readonly $ref?: string | undefined;
}

const node: z.ZodType<Node> = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  $ref: z.string().optional(),
  get properties() {
    return z.record(z.string(), node).optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), node]).optional();
  },
  get items() {
    return node.optional();
  },
  get anyOf() {
    return z.array(node).optional();
  },
});

const content = z.record(z.string(), z.object({ schema: node }));
const operation = z.object({
  summary: z.string(),
  parameters: z.array(
    z.object({ name: z.string(), in: z.enum(['path', 'query']), required: z.boolean(), schema: node }),
  ),
  requestBody: z.object({ content }).optional(),
  responses: z.record(z.string(), z.object({ content: content.optional() })),
});
type Operation = z.output<typeof operation>;
const openApi = z.object({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), node) }),
});

/** console/src/api.generated.ts: `paths` as openapi-fetch reads it. */
export function generateConsoleClient(): string {
  const { paths, components } = openApi.parse(document());
  const lines = [
    '// Written by `npm run generate` from the console’s OpenAPI document; not by hand.',
    'export interface components {',
    '  schemas: {',
    ...Object.entries(components.schemas).map(([name, schema]) => `    ${name}: ${typeOf(schema)};`),
    '  };',
    '}',
    '',
    'export interface paths {',
    ...Object.entries(paths).map(
      ([path, operations]) =>
        `  '${path}': {\n${Object.entries(operations)
          .map(([method, each]) => `    /** ${each.summary}. */\n    ${method}: ${operationOf(each)};`)
          .join('\n')}\n  };`,
    ),
    '}',
    '',
  ];
  return lines.join('\n');
}

function operationOf({ parameters, requestBody, responses }: Operation): string {
  const place = (where: 'path' | 'query') => {
    const here = parameters.filter((each) => each.in === where);
    if (here.length === 0) return `${where}?: never`;
    const optional = here.every(({ required }) => !required) ? '?' : '';
    return `${where}${optional}: { ${here.map((each) => `${key(each.name, each.required)}: ${typeOf(each.schema)}`).join('; ')} }`;
  };
  const body = requestBody ? `requestBody: { content: ${contentOf(requestBody.content)} }` : 'requestBody?: never';
  const answers = Object.entries(responses).map(
    ([status, each]) =>
      `${status}: { headers: { [name: string]: unknown }; content${each.content ? `: ${contentOf(each.content)}` : '?: never'} }`,
  );
  return `{ parameters: { ${place('query')}; header?: never; ${place('path')}; cookie?: never }; ${body}; responses: { ${answers.join('; ')} } }`;
}

function contentOf(types: z.output<typeof content>): string {
  return `{ ${Object.entries(types)
    .map(([type, { schema }]) => `'${type}': ${typeOf(schema)}`)
    .join('; ')} }`;
}

function key(name: string, required: boolean | undefined): string {
  return `${/^\w+$/.test(name) ? name : `'${name}'`}${required ? '' : '?'}`;
}

function typeOf(schema: Node): string {
  if (schema.$ref) return `components['schemas']['${schema.$ref.split('/').at(-1)}']`;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' | ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ type })).join(' | ');
  switch (schema.type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `(${schema.items ? typeOf(schema.items) : 'unknown'})[]`;
    case 'object':
      return objectOf(schema);
    default:
      return schema.type ?? 'unknown';
  }
}

function objectOf({ properties, required, additionalProperties }: Node): string {
  if (!properties && typeof additionalProperties === 'object')
    return `{ [key: string]: ${typeOf(additionalProperties)} }`;
  const fields = Object.entries(properties ?? {}).map(
    ([name, inner]) => `${key(name, required?.includes(name))}: ${typeOf(inner)}`,
  );
  return `{ ${fields.join('; ')} }`;
}
