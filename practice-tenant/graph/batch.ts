/**
 * `POST /$batch`: up to twenty requests in one. Each is answered by itself, so that one that fails or is throttled does
 * not fail the others, except those that depend on it.
 * Source: Graph "Combine multiple HTTP requests using JSON batching".
 */
import { z } from 'zod';
import type { TenantRequest, TenantResponse } from '../http/exchange.ts';
import { reportTraffic } from '../http/traffic.ts';
import { json } from './graph-answer.ts';
import { badRequest, directoryRefusal } from './graph-error.ts';
import { readBody } from './json-body.ts';

const most = 20;

const itemSchema = z.looseObject({
  id: z.union([z.string(), z.number()]).transform(String),
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  body: z.unknown().optional(),
  dependsOn: z.array(z.union([z.string(), z.number()]).transform(String)).optional(),
});
const batchSchema = z.strictObject({ requests: z.array(itemSchema) });
type Item = z.infer<typeof itemSchema>;

interface ItemAnswer {
  readonly id: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Headers that make sense within a batch. */
const passedOn = new Set(['content-type', 'location', 'retry-after', 'odata-version', 'cache-control']);

/**
 * Answers a batch; `answer` answers one of its requests. They run one after the other, in an order in which each comes
 * behind those that it depends on.
 * @throws GraphRefusal 400 for a batch that is none: nothing of it has been done then
 */
export async function answerBatch(
  request: TenantRequest,
  answer: (request: TenantRequest) => Promise<TenantResponse>,
): Promise<TenantResponse> {
  const { requests } = readBody(request, batchSchema, 'Batch');
  check(requests);
  const done = new Map<string, ItemAnswer>();
  for (const item of inOrder(requests)) done.set(item.id.toLowerCase(), await answerItem(request, item, done, answer));
  return json({ responses: [...done.values()] });
}

/** Each behind those that it depends on; found out before the first runs. @throws GraphRefusal 400 for a circle */
function inOrder(requests: readonly Item[]): Item[] {
  const ordered: Item[] = [];
  const placed = new Set<string>();
  while (ordered.length < requests.length) {
    const ready = requests.filter(
      (item) => !placed.has(item.id.toLowerCase()) && before(item).every((id) => placed.has(id)),
    );
    if (ready.length === 0) throw invalidBatch('Requests depend on each other in a circle.');
    ordered.push(...ready);
    for (const { id } of ready) placed.add(id.toLowerCase());
  }
  return ordered;
}

function check(requests: readonly Item[]): void {
  if (requests.length === 0) throw invalidBatch('The batch request has no requests.');
  if (requests.length > most)
    throw directoryRefusal(400, 'BadRequest', `Number of batch request steps exceeds the maximum value of ${most}.`);
  const ids = new Set(requests.map(({ id }) => id.toLowerCase()));
  if (ids.size < requests.length) throw invalidBatch('Request ids must be unique in a batch.');
  for (const item of requests) {
    if (item.id === '') throw invalidBatch('A request of the batch has no id.');
    const unknown = before(item).find((id) => !ids.has(id));
    if (unknown !== undefined) throw invalidBatch(`Request '${item.id}' depends on '${unknown}', which is not there.`);
    const hasType = Object.keys(item.headers ?? {}).some((name) => name.toLowerCase() === 'content-type');
    if (item.body !== undefined && item.body !== null && !hasType)
      throw invalidBatch(`Request '${item.id}' has a body, and no Content-Type in its headers.`);
  }
}

function invalidBatch(message: string): Error {
  return directoryRefusal(400, 'BadRequest', `Invalid batch payload format. ${message}`);
}

function before(item: Item): string[] {
  return (item.dependsOn ?? []).map((id) => id.toLowerCase());
}

async function answerItem(
  outer: TenantRequest,
  item: Item,
  done: ReadonlyMap<string, ItemAnswer>,
  answer: (request: TenantRequest) => Promise<TenantResponse>,
): Promise<ItemAnswer> {
  const { id } = item;
  const hasFailed = before(item).some((other) => (done.get(other)?.status ?? 500) >= 400);
  if (hasFailed) {
    const message = 'The request depends on another request of the batch, which failed.';
    return { id, status: 424, headers: {}, body: { error: { code: 'FailedDependency', message } } };
  }
  const inner = innerRequest(outer, item);
  if (!inner) {
    const { row } = badRequest('Invalid URL, method or body of a request in the batch.');
    return { id, status: row.status, headers: {}, body: { error: { code: row.code, message: row.message } } };
  }
  const response = await answer(inner);
  reportTraffic({ request: inner, response });
  const { status, headers = {}, body } = response;
  const kept = Object.entries(headers)
    .filter(([name]) => passedOn.has(name))
    .map(([name, value]): [string, string] => [headerName(name), typeof value === 'string' ? value : value.join(', ')]);
  return {
    id,
    status,
    headers: Object.fromEntries(kept),
    ...(body === undefined ? {} : { body: bodyOf(body) }),
  };
}

/** As the documentation's samples write them. */
function headerName(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}

/** JSON as it is, anything else as base64. */
function bodyOf(body: Buffer | string | object): unknown {
  if (Buffer.isBuffer(body)) return body.toString('base64');
  return typeof body === 'string' ? Buffer.from(body).toString('base64') : body;
}

/** One request of the batch as if it had come alone; undefined when it cannot be one. */
function innerRequest(outer: TenantRequest, item: Item): TenantRequest | undefined {
  const url = URL.parse(item.url.replace(/^\/+/, ''), 'https://localhost/v1.0/');
  if (url?.host !== 'localhost') return undefined;
  let segments: string[];
  try {
    segments = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    return undefined;
  }
  // Whatever the address climbs to, it stays in this version; and no batch within a batch.
  if (segments[0] !== 'v1.0' || segments.at(-1)?.toLowerCase() === '$batch') return undefined;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(item.headers ?? {})) headers[name.toLowerCase()] = String(value);
  const { authorization } = outer.headers;
  const body = innerBody(item, headers['content-type'] ?? '');
  if (!body) return undefined;
  return {
    method: item.method.toUpperCase(),
    segments,
    query: url.searchParams,
    headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
    body,
  };
}

function innerBody({ body }: Item, contentType: string): Buffer | undefined {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (/json/i.test(contentType)) return Buffer.from(JSON.stringify(body));
  if (typeof body !== 'string' || /[^\w+/=\s-]/.test(body)) return undefined;
  return Buffer.from(body, 'base64');
}
