/**
 * Holds a JSON value against a type of the schema. What an answer holds must be as the schema writes it; in a request Graph
 * takes names and enum members in any case, a boolean as a word (its own sample does so), and dates with an offset.
 * Unknown properties are a misfit in both, on open types too: the tenant has no reason to send any.
 */
import { type GraphSchema, isA, lineage, type TypeUse, typeUse } from './schema.ts';

export type Direction = 'request' | 'response';

interface Check {
  readonly schema: GraphSchema;
  readonly direction: Direction;
  /** What was found, in words that name the place. */
  readonly found: string[];
}

/** Deeper than anything that Graph sends. */
const depthLimit = 24;
const guid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const duration = /^-?P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/;

/** What does not fit, each as a sentence that begins with its place; empty when all does. */
export function misfits(
  schema: GraphSchema,
  value: unknown,
  word: string,
  place: string,
  direction: Direction,
): string[] {
  const check: Check = { schema, direction, found: [] };
  holdUse(check, value, typeUse(word), place, 0);
  return check.found;
}

/** The parameters of an action: an object whose names are those of the schema, in any case. */
export function parameterMisfits(
  schema: GraphSchema,
  value: unknown,
  parameters: Readonly<Record<string, string>>,
  place: string,
): string[] {
  const check: Check = { schema, direction: 'request', found: [] };
  if (!isRecord(value)) return [`${place} is no object`];
  const given = new Set<string>();
  for (const [name, each] of Object.entries(value)) {
    if (isAnnotation(name)) continue;
    const known = Object.entries(parameters).find(([own]) => own.toLowerCase() === name.toLowerCase());
    if (!known) check.found.push(`${place}.${name} is no parameter of the action`);
    else holdUse(check, each, typeUse(known[1]), `${place}.${name}`, 1);
    given.add(name.toLowerCase());
  }
  for (const [name, word] of Object.entries(parameters)) {
    const { nullable, list } = typeUse(word);
    if (!nullable && !list && !given.has(name.toLowerCase())) check.found.push(`${place}.${name} is missing`);
  }
  return check.found;
}

function holdUse(check: Check, value: unknown, use: TypeUse, place: string, depth: number): void {
  if (depth > depthLimit) {
    check.found.push(`${place} is nested too deep`);
    return;
  }
  if (!use.list) {
    hold(check, value, use, place, depth);
    return;
  }
  // A request may empty a list with null.
  if (value === null && check.direction === 'request') return;
  if (!Array.isArray(value)) check.found.push(`${place} is no list`);
  else for (const [index, each] of value.entries()) hold(check, each, use, `${place}[${index}]`, depth + 1);
}

function hold(check: Check, value: unknown, { name, nullable }: TypeUse, place: string, depth: number): void {
  if (value === null) {
    // What a request leaves empty is for the service to refuse, by rules that the schema does not know.
    if (!nullable && check.direction === 'response') check.found.push(`${place} is null`);
    return;
  }
  if (name.startsWith('Edm.')) {
    if (!isPrimitive(value, name, check.direction)) check.found.push(`${place} is no ${name}: ${shown(value)}`);
    return;
  }
  const set = check.schema.enums[name];
  if (set) {
    const words =
      typeof value === 'string' ? (set.flags ? value.split(',') : [value]).map((each) => each.trim()) : [''];
    const isKnown = (each: string) =>
      set.members.some((own) =>
        check.direction === 'request' ? own.toLowerCase() === each.toLowerCase() : own === each,
      );
    if (!words.every(isKnown)) check.found.push(`${place} is no ${name}: ${shown(value)}`);
    return;
  }
  holdObject(check, value, name, place, depth);
}

function holdObject(check: Check, value: unknown, declared: string, place: string, depth: number): void {
  const { schema, direction, found } = check;
  if (!isRecord(value)) {
    found.push(`${place} is no object: ${shown(value)}`);
    return;
  }
  const name = namedType(check, value, declared, place);
  if (name === undefined) return;
  const types = lineage(schema, name);
  if (types[0]?.type.abstract) {
    found.push(`${place} is a ${name}, which is abstract: @odata.type must say what it is`);
    return;
  }
  for (const [own, each] of Object.entries(value)) {
    // What is undefined does not reach the wire.
    if (each === undefined) continue;
    if (isAnnotation(own)) {
      holdAnnotation(check, own, each, place);
      continue;
    }
    const word = wordOfProperty(types, own, direction);
    if (word === undefined) found.push(`${place}.${own} is unknown to ${name}`);
    else holdUse(check, each, typeUse(word), `${place}.${own}`, depth + 1);
  }
}

/** What the value says that it is, or what was declared; undefined when it says something impossible. */
function namedType(
  { schema, found }: Check,
  value: Readonly<Record<string, unknown>>,
  declared: string,
  place: string,
): string | undefined {
  const said = value['@odata.type'];
  if (said === undefined) return declared;
  const name = typeof said === 'string' ? /^#?microsoft\.graph\.(\w+)$/i.exec(said)?.[1] : undefined;
  const exact = Object.keys(schema.types).find((each) => each.toLowerCase() === name?.toLowerCase());
  if (exact !== undefined && isA(schema, exact, declared)) return exact;
  found.push(`${place} says that it is ${shown(said)}, which is no ${declared}`);
  return undefined;
}

function wordOfProperty(types: ReturnType<typeof lineage>, name: string, direction: Direction): string | undefined {
  for (const { type } of types)
    for (const record of [type.properties, type.navigation ?? {}]) {
      const exact = Object.hasOwn(record, name) ? record[name] : undefined;
      if (exact !== undefined) return exact;
      if (direction === 'response') continue;
      const found = Object.entries(record).find(([own]) => own.toLowerCase() === name.toLowerCase());
      if (found) return found[1];
    }
  return undefined;
}

/** Annotations of OData, of the object or of one of its properties; anything else with `@` or `#` in it is a property. */
export function isAnnotation(name: string): boolean {
  return /^(?:\w+)?@(?:odata|microsoft\.graph)\.\w+$/i.test(name);
}

function holdAnnotation({ direction, found }: Check, name: string, value: unknown, place: string): void {
  if (direction === 'request') return;
  const isText =
    /@odata\.(?:context|nextLink|deltaLink|etag|id|type|editLink|navigationLink|associationLink|mediaContentType)$/;
  if (name.endsWith('@odata.count') ? !Number.isInteger(value) : isText.test(name) && typeof value !== 'string')
    found.push(`${place}.${name} is ${shown(value)}`);
}

function isPrimitive(value: unknown, type: string, direction: Direction): boolean {
  switch (type) {
    case 'Edm.String':
      return typeof value === 'string';
    case 'Edm.Boolean':
      return (
        typeof value === 'boolean' ||
        (direction === 'request' && typeof value === 'string' && /^(?:true|false)$/i.test(value))
      );
    case 'Edm.Byte':
      return isWhole(value, 0, 255);
    case 'Edm.Int16':
      return isWhole(value, -(2 ** 15), 2 ** 15 - 1);
    case 'Edm.Int32':
      return isWhole(value, -(2 ** 31), 2 ** 31 - 1);
    case 'Edm.Int64':
      return isWhole(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    case 'Edm.Double':
    case 'Edm.Single':
    case 'Edm.Decimal':
      return typeof value === 'number' && Number.isFinite(value);
    case 'Edm.Guid':
      return typeof value === 'string' && guid.test(value);
    case 'Edm.DateTimeOffset':
      return typeof value === 'string' && isDateTime(value, direction);
    case 'Edm.Date':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && isCalendarDay(value);
    case 'Edm.TimeOfDay':
      return typeof value === 'string' && /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?$/.test(value);
    case 'Edm.Duration':
      return typeof value === 'string' && duration.test(value);
    case 'Edm.Binary':
    case 'Edm.Stream':
      return typeof value === 'string' && /^[\w+/-]*={0,2}$/.test(direction === 'request' ? value.trim() : value);
    default:
      throw new Error(`No rule for ${type}.`);
  }
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

/** An answer gives UTC; a request may give an offset. */
function isDateTime(text: string, direction: Direction): boolean {
  const match = /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d(:[0-5]\d(?:\.\d{1,12})?)?(Z|[+-]\d\d:\d\d)$/i.exec(text);
  if (!match || !isCalendarDay(match[1] ?? '')) return false;
  return direction === 'request' || (match[2] !== undefined && match[3] === 'Z');
}

/** No 30th of February. */
function isCalendarDay(day: string): boolean {
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Short enough for a sentence. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
