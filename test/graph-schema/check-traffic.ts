/**
 * Holds one request and its answer against Microsoft's description of Graph: where the path leads, what may be sent there,
 * and what comes back. A request that the tenant refused may have been as wrong as it likes; its answer may not.
 */
import { graphPath } from '../../practice-tenant/graph/graph-path.ts';
import type { TenantRequest, TenantResponse } from '../../practice-tenant/http/exchange.ts';
import type { Traffic } from '../../practice-tenant/http/traffic.ts';
import { batchProblems, errorProblems, listProblems, tokenProblems, uploadProblems } from './envelopes.ts';
import { isRecord, misfits, parameterMisfits } from './misfits.ts';
import { type Place, placeOf } from './place.ts';
import { type GraphSchema, isA } from './schema.ts';

/** What does not fit, in sentences; undefined for what Microsoft publishes no description of (pages, Exchange's cmdlets). */
export function trafficProblems(schema: GraphSchema, traffic: Traffic): string[] | undefined {
  const { request, response } = traffic;
  const [first = '', second = ''] = request.segments.map((segment) => segment.toLowerCase());
  if (first === 'v1.0') return graphProblems(schema, traffic);
  if (first === 'api' && second === 'v2.0') return uploadProblems(request, response);
  return tokenProblems(request, response);
}

function graphProblems(schema: GraphSchema, { request, response }: Traffic): string[] {
  const { status } = response;
  if (status >= 400) return errorProblems(response);
  const place = placeOf(schema, graphPath(request.segments));
  if (!place) return [`${request.segments.join('/')} leads nowhere, and was answered ${status}`];
  return [...requestProblems(schema, request, place), ...responseProblems(schema, request, response, place)];
}

function requestProblems(schema: GraphSchema, request: TenantRequest, place: Place): string[] {
  const { method } = request;
  if (method === 'GET' || method === 'DELETE') return [];
  if (place.kind === 'action' && Object.keys(place.operation.parameters).length === 0) return [];
  const type = String(request.headers['content-type'] ?? '');
  if (/^text\/plain/i.test(type)) return mimeProblems(request, place);
  let body: unknown;
  try {
    body = JSON.parse(request.body.toString('utf8'));
  } catch {
    return ['request is no JSON, and was not refused'];
  }
  switch (place.kind) {
    case 'list':
    case 'entity':
      return misfits(schema, body, place.type, 'request', 'request');
    case 'action':
      return parameterMisfits(schema, body, place.operation.parameters, 'request');
    case 'reference':
      return isRecord(body) && typeof body['@odata.id'] === 'string' ? [] : ['request has no @odata.id'];
    case 'batch':
      return isRecord(body) && Array.isArray(body['requests']) ? [] : ['request is no batch'];
    case 'property':
    case 'value':
    case 'count':
      return [`request is a ${method} of a ${place.kind}, and was not refused`];
  }
}

/** MIME comes as base64, for a message that is sent or begun. */
function mimeProblems(request: TenantRequest, place: Place): string[] {
  const takesMime =
    (place.kind === 'action' && place.name === 'sendMail') || (place.kind === 'list' && place.type === 'message');
  if (!takesMime) return ['request is text where JSON is wanted, and was not refused'];
  return /^[\s\w+/-]*={0,2}\s*$/.test(request.body.toString('latin1')) ? [] : ['request is no base64'];
}

/** Actions that answer otherwise than by 204, or 200 with what they return. Source: the page of each. */
const statusOfAction: Readonly<Record<string, number>> = { sendMail: 202, send: 202, createUploadSession: 201 };

function responseProblems(
  schema: GraphSchema,
  { method, query }: TenantRequest,
  response: TenantResponse,
  place: Place,
): string[] {
  const { status } = response;
  const wanted = (...statuses: number[]) =>
    statuses.includes(status)
      ? []
      : [`response to ${method} of a ${place.kind} is ${status}, not ${statuses.join(' or ')}`];
  const entity = (type: string) => entityProblems(schema, query, response, type);
  switch (place.kind) {
    case 'list':
      if (method === 'POST') return [...wanted(201), ...entity(place.type)];
      return [...wanted(200), ...listProblems(response), ...membersProblems(schema, query, response, place.type)];
    case 'entity':
      if (method === 'DELETE') return [...wanted(204), ...emptyProblems(response)];
      if (method === 'PATCH' && status === 204) return emptyProblems(response);
      return [...wanted(200), ...entity(place.type)];
    case 'property':
      return [
        ...wanted(200),
        ...(isRecord(response.body)
          ? misfits(schema, response.body['value'], place.word, 'response.value', 'response')
          : ['response is no JSON object']),
      ];
    case 'action': {
      const { returns } = place.operation;
      const status = statusOfAction[place.name];
      if (returns === undefined) return [...wanted(status ?? 204), ...emptyProblems(response)];
      return [...wanted(status ?? 200), ...contextProblems(response), ...bodyProblems(schema, response, returns)];
    }
    case 'reference':
      return method === 'GET'
        ? [...wanted(200), ...listProblems(response)]
        : [...wanted(204), ...emptyProblems(response)];
    case 'count':
      return [
        ...wanted(200),
        ...(typeof response.body === 'string' && /^\d+$/.test(response.body) ? [] : ['response is no number']),
      ];
    case 'value':
      return [...wanted(200), ...(response.body === undefined ? ['response is empty'] : [])];
    case 'batch':
      return [...wanted(200), ...batchProblems(response)];
  }
}

function bodyProblems(schema: GraphSchema, { body }: TenantResponse, word: string): string[] {
  return misfits(schema, body ?? null, word, 'response', 'response');
}

function entityProblems(schema: GraphSchema, query: URLSearchParams, response: TenantResponse, type: string): string[] {
  return [
    ...contextProblems(response),
    ...bodyProblems(schema, response, type),
    ...selectionProblems(schema, query, response.body, type, 'response'),
  ];
}

function membersProblems(
  schema: GraphSchema,
  query: URLSearchParams,
  { body }: TenantResponse,
  type: string,
): string[] {
  const members: unknown = isRecord(body) ? body['value'] : undefined;
  if (!Array.isArray(members)) return [];
  return members.flatMap((each: unknown, index) => {
    const place = `response.value[${index}]`;
    return [...misfits(schema, each, type, place, 'response'), ...selectionProblems(schema, query, each, type, place)];
  });
}

/** With $select nothing comes that was not asked for; without it, an entity says which it is. */
function selectionProblems(
  schema: GraphSchema,
  query: URLSearchParams,
  value: unknown,
  type: string,
  place: string,
): string[] {
  if (!isRecord(value)) return [];
  const selected = query.get('$select') ?? '';
  // A list of no names selects everything, as `*` does.
  if (!/[^\s,]/.test(selected) || selected.includes('*'))
    return !isA(schema, type, 'entity') || typeof value['id'] === 'string' ? [] : [`${place}.id is missing`];
  const asked = `${selected},${(query.get('$expand') ?? '').replaceAll(/\([^)]*\)/g, '')},id`;
  const names = new Set(asked.split(',').map((name) => (name.trim().split('/')[0] ?? '').toLowerCase()));
  return Object.keys(value)
    .filter((name) => !name.includes('@') && !names.has(name.toLowerCase()))
    .map((name) => `${place}.${name} was not selected`);
}

function contextProblems({ body }: TenantResponse): string[] {
  const context = isRecord(body) ? body['@odata.context'] : undefined;
  return typeof context === 'string' && /^https:\/\/[^/]+\/v1\.0\/\$metadata#\S+$/.test(context)
    ? []
    : ['response has no @odata.context'];
}

/** Clients of Graph stumble over an empty body that is called JSON. */
function emptyProblems({ body, headers = {} }: TenantResponse): string[] {
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  return [
    ...(body === undefined ? [] : ['response has a body']),
    ...(hasType ? ['response is empty and has a Content-Type'] : []),
  ];
}
