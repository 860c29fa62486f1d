/**
 * Query options of the mail part: $select, $filter, $orderby, $top, $skip, $count, $expand=attachments. Mailboxes page by
 * $skip, take ten without $top, and count without a ConsistencyLevel, other than the directory.
 * Source: Graph v1.0 "List messages", "Use query parameters to customize responses".
 */
import type { TenantRequest } from '../../http/exchange.ts';
import { directoryRefusal, type GraphRefusal } from '../graph-error.ts';
import { valueAt } from '../odata/filter.ts';
import { type Filter, FilterSyntaxError, parseFilter } from '../odata/filter-parser.ts';

export interface MailQuery {
  /** As Microsoft's schema spells them. */
  readonly select: readonly string[] | undefined;
  readonly filter: Filter | undefined;
  readonly orderBy: readonly { readonly path: readonly string[]; readonly descending: boolean }[];
  readonly top: number;
  readonly skip: number;
  readonly count: boolean;
  readonly expand: readonly string[];
}

export interface MailEntity {
  readonly name: string;
  readonly properties: readonly string[];
  readonly navigation: readonly string[];
}

const defaultTop = 10;
const maxTop = 1000;
const served = new Set(['$select', '$filter', '$orderby', '$top', '$skip', '$count', '$expand', '$format']);

/** @throws GraphRefusal 400 for what cannot be read or is not served: it is never passed over */
export function readMailQuery(request: TenantRequest, entity: MailEntity): MailQuery {
  const options = new Map<string, string>();
  for (const [name, value] of request.query) {
    const option = name.toLowerCase();
    if (!option.startsWith('$')) continue;
    if (!served.has(option)) throw invalid(`The query parameter '${name}' is not supported.`);
    if (options.has(option)) throw invalid(`Query option '${option}' was specified more than once.`);
    options.set(option, value);
  }
  const select = list(options.get('$select')).map((name) => propertyNamed(name, entity));
  return {
    select: select.length > 0 ? select : undefined,
    filter: readFilter(options.get('$filter'), entity),
    orderBy: list(options.get('$orderby')).map((term) => readOrder(term, entity)),
    top: readNumber('$top', options.get('$top'), defaultTop, 1, maxTop),
    skip: readNumber('$skip', options.get('$skip'), 0, 0, Number.MAX_SAFE_INTEGER),
    count: readCount(options.get('$count')),
    expand: list(options.get('$expand')).map((term) => readExpand(term, entity)),
  };
}

/** The names of the properties that the query looks at or shows; undefined when it shows all. */
export function propertiesUsed({ select, filter, orderBy }: MailQuery): ReadonlySet<string> | undefined {
  if (!select) return undefined;
  const names = [...select, ...orderBy.map(({ path }) => path[0] ?? ''), ...(filter ? namesIn(filter) : [])];
  return new Set(names.map((name) => name.toLowerCase()));
}

/** The properties that a filter looks at. */
export function namesIn(filter: Filter): string[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return [...namesIn(filter.left), ...namesIn(filter.right)];
    case 'not':
      return namesIn(filter.inner);
    default:
      return [filter.path[0] ?? ''];
  }
}

/** Compares two objects as $orderby asks. */
export function compareBy(orderBy: MailQuery['orderBy']): (left: object, right: object) => number {
  return (left, right) => {
    for (const { path, descending } of orderBy) {
      const [a, b] = [String(valueAt(left, path) ?? ''), String(valueAt(right, path) ?? '')];
      const order = a.localeCompare(b, 'en', { sensitivity: 'base' });
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  };
}

/** An object with the selected properties, and its annotations. */
export function selected(
  item: Readonly<Record<string, unknown>>,
  select: MailQuery['select'],
  always: readonly string[],
) {
  if (!select) return item;
  const wanted = new Set([...select, ...always]);
  return Object.fromEntries(Object.entries(item).filter(([name]) => name.startsWith('@') || wanted.has(name)));
}

/** Behind a context in `@odata.context`. */
export function selectContext({ select, expand }: MailQuery): string {
  const names = [...(select ?? []), ...expand.map((name) => `${name}()`)];
  return names.length > 0 ? `(${names.join(',')})` : '';
}

/** The address of the next page. */
export function nextLink(origin: string, request: TenantRequest, skip: number): string {
  const query = new URLSearchParams(request.query);
  for (const name of [...query.keys()]) if (name.toLowerCase() === '$skip') query.delete(name);
  query.set('$skip', String(skip));
  const path = request.segments.map(encodeURIComponent).join('/');
  return `${origin}/${path}?${query.toString().replaceAll('%24', '$')}`;
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '' && each !== '*');
}

function propertyNamed(name: string, entity: MailEntity): string {
  const first = name.split('/')[0]?.toLowerCase();
  const found = [...entity.properties, ...entity.navigation].find((each) => each.toLowerCase() === first);
  if (found) return found;
  throw invalid(`Could not find a property named '${name}' on type 'microsoft.graph.${entity.name}'.`);
}

function readFilter(text: string | undefined, entity: MailEntity): Filter | undefined {
  if (text === undefined) return undefined;
  try {
    const filter = parseFilter(text);
    for (const name of namesIn(filter)) propertyNamed(name, entity);
    return filter;
  } catch (error) {
    if (!(error instanceof FilterSyntaxError)) throw error;
    throw invalid(`Invalid filter clause: ${error.message} at position ${error.position} in '${text}'.`);
  }
}

function readOrder(term: string, entity: MailEntity) {
  const [name = '', direction = 'asc', ...more] = term.split(/\s+/);
  const descending = direction.toLowerCase() === 'desc';
  if (more.length > 0 || !(descending || direction.toLowerCase() === 'asc'))
    throw invalid(`Syntax error in '$orderby' at '${term}'.`);
  return { path: [propertyNamed(name, entity), ...name.split('/').slice(1)], descending };
}

function readExpand(term: string, entity: MailEntity): string {
  const name = term.toLowerCase().replace(/\(.*$/, '');
  const found = entity.navigation.find((each) => each.toLowerCase() === name);
  if (found) return found;
  throw invalid(`Could not find a property named '${term}' on type 'microsoft.graph.${entity.name}'.`);
}

function readNumber(name: string, text: string | undefined, otherwise: number, least: number, most: number): number {
  if (text === undefined) return otherwise;
  const number = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  if (number >= least && number <= most) return number;
  throw invalid(`Invalid value '${text}' for ${name} query option found.`);
}

function readCount(text: string | undefined): boolean {
  if (text === undefined || /^false$/i.test(text)) return false;
  if (/^true$/i.test(text)) return true;
  throw invalid(`Invalid value '${text}' for $count query option found. Valid values are: true, false.`);
}

function invalid(message: string): GraphRefusal {
  return directoryRefusal(400, 'BadRequest', message);
}
