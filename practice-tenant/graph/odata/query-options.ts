/**
 * The query options of a request: $select, $filter, $top, $orderby, $expand, $count, $skiptoken. What the directory does
 * not serve is refused and never passed over: a client that filters must not get everybody.
 * Source: Graph "Use query parameters to customize responses", "Advanced query capabilities".
 */
import { headerText, type TenantRequest } from '../../http/exchange.ts';
import { badRequest, directoryRefusal } from '../graph-error.ts';
import { type Filter, FilterSyntaxError, parseFilter } from './filter-parser.ts';

/** A kind of object, as far as queries must know it. */
export interface EntityType {
  /** As Microsoft's schema names it: `servicePrincipal`. */
  readonly name: string;
  /** Names that $select, $filter and $orderby may use. */
  readonly properties: readonly string[];
  /** Names that $expand and any() may use. */
  readonly navigation: readonly string[];
  /** What comes without $select; everything when not given. */
  readonly defaults?: readonly string[];
}

export interface Expansion {
  readonly name: string;
  readonly select: readonly string[] | undefined;
}

export interface QueryOptions {
  readonly select: readonly string[] | undefined;
  readonly filter: Filter | undefined;
  readonly top: number;
  readonly orderBy: { readonly property: string; readonly descending: boolean } | undefined;
  readonly expand: readonly Expansion[];
  readonly count: boolean;
  readonly skipToken: string | undefined;
}

const defaultTop = 100;
const maxTop = 999;
const known = new Set(['$select', '$filter', '$top', '$orderby', '$expand', '$count', '$skiptoken', '$format']);
/** Options of OData that the directory refuses by their names. */
const unserved = new Set(['$skip', '$search', '$apply', '$compute', '$levels', '$deltatoken']);

/** @throws GraphRefusal 400 */
export function readQuery(request: TenantRequest, type: EntityType): QueryOptions {
  const options = new Map<string, string>();
  for (const [name, value] of request.query) {
    const option = name.toLowerCase();
    if (!option.startsWith('$')) continue;
    if (unserved.has(option)) throw badRequest(`'${option}' is not supported by the service.`);
    if (!known.has(option))
      throw directoryRefusal(400, 'BadRequest', `The query parameter '${name}' is not supported.`);
    if (options.has(option))
      throw directoryRefusal(
        400,
        'BadRequest',
        `Query option '${option}' was specified more than once, but it must be specified at most once.`,
      );
    options.set(option, value);
  }
  const count = readCount(options.get('$count'));
  const isEventual = headerText(request.headers, 'consistencylevel')?.toLowerCase() === 'eventual';
  const filter = options.get('$filter');
  return {
    select: readSelect(options.get('$select'), type),
    filter: filter === undefined ? undefined : readFilter(filter, type, isEventual && count),
    top: readTop(options.get('$top')),
    orderBy: readOrderBy(options.get('$orderby'), type),
    expand: readExpand(options.get('$expand'), type),
    // Without the header the directory passes $count over (Graph "Advanced query capabilities").
    count: count && isEventual,
    skipToken: options.get('$skiptoken'),
  };
}

function readCount(text: string | undefined): boolean {
  if (text === undefined || /^false$/i.test(text)) return false;
  if (/^true$/i.test(text)) return true;
  throw directoryRefusal(
    400,
    'BadRequest',
    `Invalid value '${text}' for $count query option found. Valid values are: true, false.`,
  );
}

function readTop(text: string | undefined): number {
  if (text === undefined) return defaultTop;
  const top = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (top >= 1 && top <= maxTop) return top;
  throw directoryRefusal(
    400,
    'Request_UnsupportedQuery',
    `Invalid page size specified: '${text}'. Must be between 1 and ${maxTop} inclusive.`,
  );
}

function readSelect(text: string | undefined, type: EntityType): readonly string[] | undefined {
  const names = (text ?? '').split(',').map((name) => name.trim());
  const wanted = names.filter(Boolean);
  if (wanted.length === 0 || wanted.includes('*')) return undefined;
  return wanted.map((name) =>
    propertyNamed(name.split('/')[0] ?? '', type, 'Parsing OData Select and Expand failed: '),
  );
}

function propertyNamed(name: string, type: EntityType, lead: string): string {
  const found = type.properties.find((each) => each.toLowerCase() === name.toLowerCase());
  if (found) return found;
  throw noSuchProperty(name, type, lead);
}

function noSuchProperty(name: string, type: EntityType, lead: string): Error {
  const message = `${lead}Could not find a property named '${name}' on type 'microsoft.graph.${type.name}'.`;
  return directoryRefusal(400, 'BadRequest', message);
}

function readFilter(text: string, type: EntityType, isAdvanced: boolean): Filter {
  try {
    const filter = parseFilter(text);
    checkFilter(filter, type, isAdvanced, new Set());
    return filter;
  } catch (error) {
    if (!(error instanceof FilterSyntaxError)) throw error;
    const message = `Invalid filter clause: ${error.message} at position ${error.position} in '${text}'.`;
    throw directoryRefusal(400, 'BadRequest', message);
  }
}

function checkFilter(filter: Filter, type: EntityType, isAdvanced: boolean, variables: ReadonlySet<string>): void {
  const checkPath = ([name = '']: readonly string[]) => {
    if (variables.has(name.toLowerCase())) return;
    if (![...type.properties, ...type.navigation].some((each) => each.toLowerCase() === name.toLowerCase()))
      throw noSuchProperty(name, type, 'Invalid filter clause: ');
  };
  const advancedOnly = (operator: string) => {
    if (isAdvanced) return;
    throw directoryRefusal(
      400,
      'Request_UnsupportedQuery',
      `Operator '${operator}' is not supported because the 'ConsistencyLevel:eventual' header is missing. Refer to https://aka.ms/graph-docs-advanced-queries for more information`,
    );
  };
  switch (filter.kind) {
    case 'and':
    case 'or':
      checkFilter(filter.left, type, isAdvanced, variables);
      return checkFilter(filter.right, type, isAdvanced, variables);
    case 'not':
      advancedOnly('Not');
      return checkFilter(filter.inner, type, isAdvanced, variables);
    case 'compare':
      if (filter.operator === 'ne') advancedOnly('NotEqualsMatch');
      return checkPath(filter.path);
    case 'in':
      return checkPath(filter.path);
    case 'call':
      if (filter.name === 'contains') throw directoryRefusal(400, 'Request_UnsupportedQuery', 'Unsupported Query.');
      if (filter.name === 'endswith') advancedOnly('EndsWith');
      return checkPath(filter.path);
    case 'any': {
      checkPath(filter.path);
      const { inner, variable } = filter;
      if (inner) checkFilter(inner, type, isAdvanced, new Set([...variables, variable.toLowerCase()]));
      return;
    }
  }
}

function readOrderBy(text: string | undefined, type: EntityType): QueryOptions['orderBy'] {
  if (!text?.trim()) return undefined;
  const match = /^\s*(\w+)(?:\s+(asc|desc))?\s*$/i.exec(text);
  if (!match)
    throw directoryRefusal(400, 'Request_UnsupportedQuery', 'Sorting by more than one property is not supported.');
  const property = propertyNamed(match[1] ?? '', type, 'Invalid $orderby clause: ');
  return { property, descending: match[2]?.toLowerCase() === 'desc' };
}

function readExpand(text: string | undefined, type: EntityType): Expansion[] {
  if (!text?.trim()) return [];
  return text.split(/,(?![^(]*\))/).map((part) => {
    const match = /^\s*(\w+)\s*(?:\(\s*\$select=([\w,\s]*)\))?\s*$/i.exec(part);
    const found = type.navigation.find((each) => each.toLowerCase() === match?.[1]?.toLowerCase());
    if (!match || !found)
      throw noSuchProperty(match?.[1] ?? part.trim(), type, 'Parsing OData Select and Expand failed: ');
    const select = match[2]
      ?.split(',')
      .map((name) => name.trim())
      .filter(Boolean);
    return { name: found, select };
  });
}
