/**
 * Bodies of requests to the directory: JSON whose property names may come in any case, held against a schema. What does
 * not fit is refused in the words of the directory; annotations (`@odata.type` and the like) are passed over.
 */
import { z } from 'zod';
import { headerText, type TenantRequest } from '../http/exchange.ts';
import { badRequest, directoryRefusal, refusal } from './graph-error.ts';

/** Deeper than any body of Graph; what is nested deeper is not walked through. */
const depthLimit = 32;

/**
 * Reads the body of a request by a schema. @param resource as the directory names it in errors: `Application`
 * @throws GraphRefusal 400 for what is no JSON, misses a property, or has one that is unknown or of a wrong type; 415
 */
export function readBody<T>(request: TenantRequest, schema: z.ZodType<T>, resource: string): T {
  const parsed = parseJsonBody(request);
  const named = rename(parsed, schema, 0);
  const read = schema.safeParse(named);
  if (read.success) return read.data;
  throw refusalOf(read.error.issues[0], named, resource);
}

function parseJsonBody(request: TenantRequest): unknown {
  const type = headerText(request.headers, 'content-type');
  if (request.body.length === 0) throw refusal('emptyPayload');
  if (type === undefined)
    throw directoryRefusal(
      400,
      'RequestBodyRead',
      'A missing or empty content type header was found when trying to read a message. The content type header is required.',
    );
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) throw refusal('unsupportedMediaType');
  try {
    const parsed: unknown = JSON.parse(request.body.toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch {
    // Answered below, as a body that is JSON but no object is.
  }
  throw refusal('badRequest');
}

/** Gives properties the names of the schema, whatever case they came in. */
function rename(value: unknown, schema: unknown, depth: number): unknown {
  if (depth > depthLimit) throw refusal('badRequest');
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return rename(value, schema.unwrap(), depth);
  if (schema instanceof z.ZodArray)
    return Array.isArray(value) ? value.map((each) => rename(each, schema.element, depth + 1)) : value;
  if (!(schema instanceof z.ZodObject) || typeof value !== 'object' || value === null || Array.isArray(value))
    return value;
  const shape: Record<string, unknown> = schema.shape;
  const names = new Map(Object.keys(shape).map((name) => [name.toLowerCase(), name]));
  const entries = Object.entries(value)
    .filter(([name]) => names.has(name.toLowerCase()) || !/@odata\.|^#/i.test(name))
    .map(([name, each]): [string, unknown] => {
      const known = names.get(name.toLowerCase());
      return known === undefined ? [name, each] : [known, rename(each, shape[known], depth + 1)];
    });
  return Object.fromEntries(entries);
}

function refusalOf(issue: z.core.$ZodIssue | undefined, body: unknown, resource: string): Error {
  const path = (issue?.path ?? []).filter((part) => typeof part === 'string').map(String);
  if (issue?.code === 'unrecognized_keys') return badRequest(`Invalid property '${issue.keys[0] ?? ''}'.`);
  const [property] = path;
  if (property === undefined) return refusal('badRequest');
  const isMissing = typeof body === 'object' && body !== null && Reflect.get(body, property) === undefined;
  return isMissing ? valueRequired(property, resource) : invalidValue(path.join('.'), resource);
}

export function valueRequired(property: string, resource: string): Error {
  return badRequest(`A value is required for property '${property}' of resource '${resource}'.`);
}

export function invalidValue(property: string, resource: string): Error {
  return badRequest(`Invalid value specified for property '${property}' of resource '${resource}'.`);
}

/** For properties that Graph knows and the practice tenant does not keep: any value is taken, and forgotten. */
export function notKept(names: readonly string[]): Record<string, z.ZodOptional<z.ZodUnknown>> {
  return Object.fromEntries(names.map((name) => [name, z.unknown().optional()]));
}

export const guid = z.guid().transform((id) => id.toLowerCase());

/** A body that points at another object, for `…/$ref`. */
export const referenceSchema = z.looseObject({ '@odata.id': z.string() });
