/**
 * The shapes that stand in no schema of Graph: errors, lists, batches, the host of uploads, and Entra's token answers.
 * Sources: Graph "Microsoft Graph error responses and resource types", "Combine multiple HTTP requests using JSON batching",
 * "Attach large files to Outlook messages or events"; Entra "Microsoft identity platform and OAuth 2.0 …".
 */
import { z } from 'zod';
import type { TenantRequest, TenantResponse } from '../../practice-tenant/http/exchange.ts';
import { misfits } from './misfits.ts';

const innerError = z.strictObject({
  // Without a zone.
  date: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
  'request-id': z.guid(),
  'client-request-id': z.string().min(1),
});
const graphError = z.strictObject({
  error: z.strictObject({
    code: z.string().regex(/^\w+$/),
    message: z.string().min(1),
    details: z.array(z.strictObject({ code: z.string(), message: z.string(), target: z.string() })).optional(),
    innerError: innerError.optional(),
  }),
});

/** Codes of Exchange and of its limits, which come without innerError. */
const ofExchange = /^(?:Error[A-Z]|MailboxNotEnabledForRESTAPI$|InvalidInternetMessageHeader|ApplicationThrottled$)/;

/** What is wrong with an error of Graph. */
export function errorProblems({ body }: TenantResponse, isWithinBatch = false): string[] {
  const read = graphError.safeParse(body);
  if (!read.success) return sentences('error', read.error);
  const { code, innerError } = read.data.error;
  if (ofExchange.test(code)) return innerError ? [`error ${code} is one of Exchange's and has an innerError`] : [];
  return innerError || isWithinBatch ? [] : [`error ${code} has no innerError`];
}

const list = z.looseObject({
  '@odata.context': z.string().regex(/^https:\/\/[^/]+\/v1\.0\/\$metadata#\S+$/),
  '@odata.count': z.int().nonnegative().optional(),
  '@odata.nextLink': z.url().optional(),
  value: z.array(z.unknown()),
});

/** What is wrong with what stands around the members of a list. */
export function listProblems({ body }: TenantResponse): string[] {
  const read = list.safeParse(body);
  if (!read.success) return sentences('list', read.error);
  return Object.keys(read.data)
    .filter((name) => name !== 'value' && !name.startsWith('@odata.'))
    .map((name) => `list.${name} is unknown`);
}

const batch = z.strictObject({
  responses: z.array(
    z.strictObject({
      id: z.string().min(1),
      status: z.int().min(200).max(599),
      headers: z.record(z.string(), z.string()).optional(),
      body: z.unknown().optional(),
    }),
  ),
});

/** What is wrong with the answer to a batch; what stands in it is checked by itself, but for its errors. */
export function batchProblems({ body }: TenantResponse): string[] {
  const read = batch.safeParse(body);
  if (!read.success) return sentences('batch', read.error);
  return read.data.responses.flatMap(({ id, status, body }) =>
    status < 400
      ? []
      : errorProblems({ status, ...(typeof body === 'object' && body !== null ? { body } : {}) }, true).map(
          (problem) => `response ${id}: ${problem}`,
        ),
  );
}

const uploadState = z.strictObject({
  '@odata.context': z.url(),
  // The old API behind it writes this name with a capital, and ranges without an end.
  ExpirationDateTime: z.string(),
  nextExpectedRanges: z.array(z.string().regex(/^\d+$/)),
});

/** What is wrong with an answer of the host of uploads. */
export function uploadProblems({ method }: TenantRequest, response: TenantResponse): string[] {
  const { status, body, headers = {} } = response;
  if (status >= 400) return errorProblems(response);
  if (method === 'DELETE' || status === 201) {
    const hasPlace = method === 'DELETE' || typeof headers['location'] === 'string';
    return [
      ...(body === undefined ? [] : ['upload has a body at its end']),
      ...(hasPlace ? [] : ['upload has no Location']),
    ];
  }
  const read = uploadState.safeParse(body);
  if (!read.success) return sentences('upload', read.error);
  return misfits(noSchema, read.data.ExpirationDateTime, 'Edm.DateTimeOffset', 'upload.ExpirationDateTime', 'response');
}
const noSchema = { sets: {}, singletons: {}, enums: {}, types: {}, actions: {} };

const entraError = z.strictObject({
  error: z.string().regex(/^[a-z_]+$/),
  error_description: z.string().regex(/^AADSTS\d+: /),
  error_codes: z.array(z.int()).min(1),
  timestamp: z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/),
  trace_id: z.guid(),
  correlation_id: z.string().min(1),
  error_uri: z.url().optional(),
  suberror: z.string().optional(),
});
const tokenOf = (seconds: z.ZodType) =>
  z.looseObject({
    token_type: z.literal('Bearer'),
    expires_in: seconds,
    ext_expires_in: seconds,
    access_token: z.string().min(1),
    scope: z.string().optional(),
    refresh_token: z.string().optional(),
    id_token: z.string().optional(),
  });
const token2 = tokenOf(z.int().positive());
/** Version 1 writes numbers as text. */
const token1 = tokenOf(z.string().regex(/^\d+$/));
const deviceCode = z.strictObject({
  user_code: z.string().min(1),
  device_code: z.string().min(1),
  verification_uri: z.url(),
  expires_in: z.int().positive(),
  interval: z.int().positive(),
  message: z.string().min(1),
});

/** What is wrong with an answer to a program of Entra's; undefined for pages and everything else. */
export function tokenProblems({ method, segments }: TenantRequest, response: TenantResponse): string[] | undefined {
  const path = segments.slice(1).join('/').toLowerCase();
  const schema = method === 'POST' ? shapes[path] : undefined;
  if (!schema) return undefined;
  const read = (response.status >= 400 ? entraError : schema).safeParse(response.body);
  return read.success ? [] : sentences(path, read.error);
}
const shapes: Readonly<Record<string, z.ZodType>> = {
  'oauth2/v2.0/token': token2,
  'oauth2/token': token1,
  'oauth2/v2.0/devicecode': deviceCode,
};

function sentences(place: string, error: z.ZodError): string[] {
  return error.issues.map(({ path, message }) => `${[place, ...path.map(String)].join('.')}: ${message}`);
}
