/** Answers with one object or a list of them as the query options ask: filtered, sorted, in pages, with what was selected. */
import type { TenantResponse } from '../../http/exchange.ts';
import { json } from '../graph-answer.ts';
import { type GraphCall, graphUrl } from '../graph-call.ts';
import { directoryRefusal } from '../graph-error.ts';
import { type JsonObject, matches } from './filter.ts';
import { type EntityType, type QueryOptions, readQuery } from './query-options.ts';

/** A list that can be queried. The objects are whole, as they are with every property selected. */
export interface Queried {
  readonly type: EntityType;
  /** Behind `$metadata#`: `users`, or `servicePrincipals('…')/appRoleAssignments`. */
  readonly context: string;
  /** What stands behind a navigation property of an object, for $expand. */
  readonly expand?: (item: JsonObject, navigation: string) => readonly JsonObject[];
}

/** 200 with the objects that pass, at most a page of them. @throws GraphRefusal 400 */
export function answerList(call: GraphCall, queried: Queried, items: readonly JsonObject[]): TenantResponse {
  const query = readQuery(call.request, queried.type);
  const { filter, orderBy } = query;
  const passing = filter ? items.filter((item) => matches(item, filter)) : [...items];
  if (orderBy) {
    const by = (item: JsonObject) => String(item[orderBy.property] ?? '').toLowerCase();
    passing.sort((a, b) => by(a).localeCompare(by(b)) * (orderBy.descending ? -1 : 1));
  }
  const start = startOf(query, passing);
  const page = passing.slice(start, start + query.top);
  const last = page.at(-1);
  const hasMore = start + query.top < passing.length;
  return json({
    '@odata.context': contextOf(call, queried, query),
    ...(query.count ? { '@odata.count': passing.length } : {}),
    ...(hasMore && last ? { '@odata.nextLink': nextLink(call, String(last['id'])) } : {}),
    value: page.map((item) => written(item, queried, query)),
  });
}

/** 200 (or 201) with one object. @throws GraphRefusal 400 */
export function answerEntity(
  call: GraphCall,
  queried: Queried,
  item: JsonObject,
  created?: { readonly location: string },
): TenantResponse {
  const query = readQuery(call.request, queried.type);
  const body = { '@odata.context': `${contextOf(call, queried, query)}/$entity`, ...written(item, queried, query) };
  return created ? json(body, 201, { location: graphUrl(call, created.location) }) : json(body);
}

/** `…/$count`: a number as plain text. @throws GraphRefusal 400 without the header that it takes */
export function answerCount(call: GraphCall, queried: Queried, items: readonly JsonObject[]): TenantResponse {
  const { filter } = readQuery(call.request, queried.type);
  if (call.request.headers['consistencylevel'] === undefined)
    throw directoryRefusal(400, 'Request_BadRequest', '$count is not currently supported.');
  const passing = filter ? items.filter((item) => matches(item, filter)) : items;
  return {
    status: 200,
    headers: { 'content-type': 'text/plain', 'odata-version': '4.0' },
    body: String(passing.length),
  };
}

function written(item: JsonObject, { type, expand }: Queried, query: QueryOptions): JsonObject {
  const names = query.select ?? type.defaults;
  const annotations = Object.entries(item).filter(([name]) => name.startsWith('@'));
  const chosen = names
    ? [...annotations, ...names.map((name): [string, unknown] => [name, item[name] ?? null])]
    : Object.entries(item);
  const expanded = query.expand.map(({ name, select }): [string, unknown] => {
    const found = expand?.(item, name) ?? [];
    return [name, select ? found.map((each) => only(each, select)) : found];
  });
  return Object.fromEntries([...chosen, ...expanded]);
}

function only(item: JsonObject, select: readonly string[]): JsonObject {
  const wanted = new Set(select.map((name) => name.toLowerCase()));
  return Object.fromEntries(
    Object.entries(item).filter(([name]) => name.startsWith('@') || wanted.has(name.toLowerCase())),
  );
}

function contextOf(call: GraphCall, { context }: Queried, { select, expand }: QueryOptions): string {
  const names = [...(select ?? []), ...expand.map(({ name }) => `${name}()`)];
  return graphUrl(call, `$metadata#${context}${names.length > 0 ? `(${names.join(',')})` : ''}`);
}

/** A page begins behind the last object of the one before, so that nothing is left out when others come or go. */
function startOf({ skipToken }: QueryOptions, items: readonly JsonObject[]): number {
  if (skipToken === undefined) return 0;
  const id = Buffer.from(skipToken, 'base64url').toString();
  const at = items.findIndex((item) => item['id'] === id);
  if (at !== -1) return at + 1;
  throw directoryRefusal(
    400,
    'Directory_ExpiredPageToken',
    'The specified page token value has expired and can no longer be included in your request.',
  );
}

function nextLink(call: GraphCall, lastId: string): string {
  const query = new URLSearchParams(call.request.query);
  query.set('$skiptoken', Buffer.from(lastId).toString('base64url'));
  const path = call.request.segments.slice(1).map(encodeURIComponent).join('/');
  return graphUrl(call, `${path}?${query.toString().replaceAll('%24', '$')}`);
}
