/**
 * Error bodies of Graph, to the letter: gateway and directory errors carry innerError, errors of Exchange do not.
 * Source: Graph "Microsoft Graph error responses", and answers as clients have seen them.
 */
import { randomUUID } from 'node:crypto';
import type { TenantResponse } from '../http/exchange.ts';

interface GraphErrorRow {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Comes from the gateway or the directory, and carries innerError. */
  readonly inner: boolean;
}

const exchange = (status: number, code: string, message: string): GraphErrorRow => ({
  status,
  code,
  message,
  inner: false,
});
const gateway = (status: number, code: string, message: string): GraphErrorRow => ({
  status,
  code,
  message,
  inner: true,
});

export const graphErrors = {
  tokenMissing: gateway(401, 'InvalidAuthenticationToken', 'Access token is empty.'),
  tokenExpired: gateway(401, 'InvalidAuthenticationToken', 'Lifetime validation failed, the token is expired.'),
  tokenMalformed: gateway(401, 'InvalidAuthenticationToken', 'CompactToken parsing failed with error code: 80049217'),
  wrongAudience: gateway(401, 'InvalidAuthenticationToken', 'Access token validation failure. Invalid audience.'),
  accessDenied: exchange(403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.'),
  blockedByPolicy: exchange(
    403,
    'ErrorAccessDenied',
    'Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.',
  ),
  sendAsDenied: exchange(
    403,
    'ErrorSendAsDenied',
    'The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account., Cannot submit message.',
  ),
  mailboxNotEnabled: exchange(
    404,
    'MailboxNotEnabledForRESTAPI',
    'The mailbox is either inactive, soft-deleted, or is hosted on-premise.',
  ),
  invalidBase64: exchange(400, 'ErrorMimeContentInvalidBase64String', 'Invalid base64 string for MIME content.'),
  invalidRecipients: exchange(
    400,
    'ErrorInvalidRecipients',
    'At least one recipient is not valid., Recipient is not resolved or not valid.',
  ),
  tooManyHeaders: exchange(
    400,
    'InvalidInternetMessageHeaderCollection',
    'Maximum number of headers in one message should be less than or equal to 5.',
  ),
  badRequest: gateway(
    400,
    'BadRequest',
    'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
  ),
  missingMessage: gateway(400, 'RequestBodyRead', "The parameter 'Message' in the request payload is missing."),
  unsupportedMediaType: gateway(415, 'UnsupportedMediaType', 'The content type of the request is not supported.'),
  tooLarge: gateway(413, 'RequestEntityTooLarge', 'The request is too large.'),
  unknownSegment: gateway(400, 'BadRequest', 'Resource not found for the segment.'),
  methodNotAllowed: gateway(405, 'Request_BadRequest', 'Specified HTTP method is not allowed for the request target.'),
} satisfies Record<string, GraphErrorRow>;

export type GraphErrorName = keyof typeof graphErrors;

/** The answer for a named error. */
export function graphError(name: GraphErrorName, now: number, clientRequestId?: string): TenantResponse {
  return write(graphErrors[name], now, clientRequestId);
}

export function invalidUser(user: string, now: number): TenantResponse {
  return write(exchange(404, 'ErrorInvalidUser', `The requested user '${user}' is invalid.`), now);
}

export function resourceNotFound(id: string, now: number, clientRequestId?: string): TenantResponse {
  const message = `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`;
  return write(gateway(404, 'Request_ResourceNotFound', message), now, clientRequestId);
}

export function invalidHeaderName(name: string, now: number): TenantResponse {
  const message = `The internet message header name '${name}' should start with 'x-' or 'X-'.`;
  return write(exchange(400, 'InvalidInternetMessageHeader', message), now);
}

function write(row: GraphErrorRow, now: number, clientRequestId?: string): TenantResponse {
  const requestId = randomUUID();
  const inner = {
    date: new Date(now).toISOString().replace(/\.\d+Z$/, ''),
    'request-id': requestId,
    'client-request-id': clientRequestId ?? requestId,
  };
  return {
    status: row.status,
    headers: { 'request-id': requestId },
    body: { error: { code: row.code, message: row.message, ...(row.inner ? { innerError: inner } : {}) } },
  };
}
