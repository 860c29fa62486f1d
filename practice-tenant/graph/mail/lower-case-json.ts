/**
 * JSON bodies of the mail part of Graph. Names of properties are taken in any case, so they are put into lower case before a
 * schema looks at them.
 */
import { z } from 'zod';
import { headerText, type TenantRequest } from '../../http/exchange.ts';
import { GraphRefusal, refusal } from '../graph-error.ts';

/** Deeper than any message that a client builds; what is nested deeper is refused before it can exhaust the stack. */
const depthLimit = 32;

export type BodyKind = 'json' | 'mime';

/** What a body claims to be. @throws GraphRefusal 415 for anything but JSON and text/plain */
export function kindOfBody(request: TenantRequest): BodyKind {
  const type = (headerText(request.headers, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === 'application/json') return 'json';
  if (type === 'text/plain') return 'mime';
  throw refusal('unsupportedMediaType');
}

/** The body as an object whose names are in lower case. @throws GraphRefusal 400 */
export function readLowerCaseJson(request: TenantRequest): Readonly<Record<string, unknown>> {
  if (request.body.length === 0) throw refusal('emptyPayload');
  let parsed: unknown;
  try {
    parsed = JSON.parse(request.body.toString('utf8'));
  } catch {
    throw refusal('badRequest');
  }
  const lowered = lowerCase(parsed, 0);
  const object = z.record(z.string(), z.unknown()).safeParse(lowered);
  if (!object.success) throw refusal('badRequest');
  return object.data;
}

function lowerCase(value: unknown, depth: number): unknown {
  if (depth > depthLimit) throw refusal('badRequest');
  if (Array.isArray(value)) return value.map((each) => lowerCase(each, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, each]): [string, unknown] => [
    name.toLowerCase(),
    lowerCase(each, depth + 1),
  ]);
  return Object.fromEntries(entries);
}

/** Holds a value against a schema. @param type as Microsoft's schema names it: `message` @throws GraphRefusal 400 */
export function validated<T>(value: unknown, schema: z.ZodType<T>, type: string): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  if (issue?.code === 'unrecognized_keys')
    throw bodyRefusal(
      `The property '${issue.keys[0] ?? ''}' does not exist on type 'microsoft.graph.${type}'. Make sure to only use property names that are defined by the type.`,
    );
  throw bodyRefusal(`The value of the property '${(issue?.path ?? []).join('.')}' does not fit its type.`);
}

/** 400 RequestBodyRead: the body is JSON, and not what the operation takes. */
export function bodyRefusal(message: string): GraphRefusal {
  return new GraphRefusal({ status: 400, code: 'RequestBodyRead', message, inner: true });
}
