/**
 * Error bodies of Graph, to the letter. What refuses throws a GraphRefusal, and one place turns it into the answer.
 * Errors of the gateway and of the directory carry innerError, errors of Exchange do not.
 * Source: Graph "Microsoft Graph error responses and resource types", and answers as clients have seen them.
 */
import { randomUUID } from 'node:crypto';
import type { TenantResponse } from '../http/exchange.ts';
import { type AnswerContext, diagnosticHeaders } from './graph-answer.ts';

export interface ErrorDetail {
  readonly code: string;
  readonly message: string;
  readonly target: string;
}

interface GraphErrorRow {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Comes from the gateway or the directory, and carries innerError. */
  readonly inner: boolean;
  readonly details?: readonly ErrorDetail[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that Graph refuses. Its message is the one of the answer. */
export class GraphRefusal extends Error {
  readonly row: GraphErrorRow;
  constructor(row: GraphErrorRow) {
    super(row.message);
    this.row = row;
  }
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
  meNeedsUser: gateway(400, 'BadRequest', '/me request is only valid with delegated authentication flow.'),
  insufficientPrivileges: gateway(
    403,
    'Authorization_RequestDenied',
    'Insufficient privileges to complete the operation.',
  ),
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
  itemNotFound: exchange(404, 'ErrorItemNotFound', 'The specified object was not found in the store.'),
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
  emptyPayload: gateway(400, 'BadRequest', 'Empty Payload. JSON content expected.'),
  missingMessage: gateway(400, 'RequestBodyRead', "The parameter 'Message' in the request payload is missing."),
  unsupportedMediaType: gateway(415, 'UnsupportedMediaType', 'The content type of the request is not supported.'),
  tooLarge: gateway(413, 'RequestEntityTooLarge', 'The request is too large.'),
  unknownSegment: gateway(400, 'BadRequest', 'Resource not found for the segment.'),
  methodNotAllowed: gateway(405, 'Request_BadRequest', 'Specified HTTP method is not allowed for the request target.'),
} satisfies Record<string, GraphErrorRow>;

export type GraphErrorName = keyof typeof graphErrors;

/** A named refusal, to be thrown. */
export function refusal(name: GraphErrorName): GraphRefusal {
  return new GraphRefusal(graphErrors[name]);
}

/** A refusal of Exchange, which has no innerError. */
export function exchangeRefusal(status: number, code: string, message: string): GraphRefusal {
  return new GraphRefusal(exchange(status, code, message));
}

/** A refusal of the directory or the gateway. */
export function directoryRefusal(
  status: number,
  code: string,
  message: string,
  more: Pick<GraphErrorRow, 'details' | 'headers'> = {},
): GraphRefusal {
  return new GraphRefusal({ ...gateway(status, code, message), ...more });
}

/** 400 Request_BadRequest: what the directory says of most requests that it cannot carry out. */
export function badRequest(message: string): GraphRefusal {
  return directoryRefusal(400, 'Request_BadRequest', message);
}

export function invalidUser(user: string): GraphRefusal {
  return exchangeRefusal(404, 'ErrorInvalidUser', `The requested user '${user}' is invalid.`);
}

export function resourceNotFound(id: string): GraphRefusal {
  const message = `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`;
  return directoryRefusal(404, 'Request_ResourceNotFound', message);
}

/** A path that leads nowhere. */
export function unknownSegment(segment: string): GraphRefusal {
  return directoryRefusal(400, 'BadRequest', `Resource not found for the segment '${segment}'.`);
}

export function invalidHeaderName(name: string): GraphRefusal {
  const message = `The internet message header name '${name}' should start with 'x-' or 'X-'.`;
  return exchangeRefusal(400, 'InvalidInternetMessageHeader', message);
}

/** The answer that a refusal becomes. */
export function refusalAnswer({ row }: GraphRefusal, context: AnswerContext): TenantResponse {
  const requestId = randomUUID();
  const inner = {
    // Without a zone, as Graph writes it.
    date: new Date(context.now).toISOString().replace(/\.\d+Z$/, ''),
    'request-id': requestId,
    'client-request-id': context.clientRequestId ?? requestId,
  };
  const { code, message, details } = row;
  return {
    status: row.status,
    headers: {
      'content-type': 'application/json',
      ...diagnosticHeaders(context, requestId),
      ...row.headers,
    },
    body: { error: { code, message, ...(details ? { details } : {}), ...(row.inner ? { innerError: inner } : {}) } },
  };
}
