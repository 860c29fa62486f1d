/** Every answer that the reference lists has a row of its own here, and a row of the table that decides it. */
import { describe, expect, test } from 'vitest';
import { catalogue, isFaultCode } from '../domain/catalogue.ts';
import { classifyGraph, classifyToken, graphOutcomes, settleScope, tokenOutcomes } from './classify.ts';
import { findRow } from './verdict.ts';

const raop = 'Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.';

/** [situation, status, code, message, outcome, scope, fault] */
const graphAnswers = [
  ['taken', 202, undefined, undefined, 'sent', undefined, undefined],
  ['a success that sendMail does not have', 200, undefined, undefined, 'uncertain', undefined, 'unexpected-success'],
  ['another one', 204, undefined, undefined, 'uncertain', undefined, 'unexpected-success'],
  ['a redirect', 307, undefined, undefined, 'deferred', 'lane', 'unlisted-answer'],
  ['no token', 401, 'InvalidAuthenticationToken', 'Access token is empty.', 'deferred', 'connector', 'token-refused'],
  [
    'expired token',
    401,
    'InvalidAuthenticationToken',
    'Lifetime validation failed, the token is expired.',
    'deferred',
    'connector',
    'token-refused',
  ],
  [
    'wrong audience',
    401,
    'InvalidAuthenticationToken',
    'Access token validation failure. Invalid audience.',
    'deferred',
    'connector',
    'token-refused',
  ],
  [
    'no Mail.Send',
    403,
    'ErrorAccessDenied',
    'Access is denied. Check credentials and try again.',
    'deferred',
    'connector',
    'permission-missing',
  ],
  [
    'no directory role',
    403,
    'Authorization_RequestDenied',
    'Insufficient privileges to complete the operation.',
    'deferred',
    'connector',
    'permission-missing',
  ],
  ['access policy', 403, 'ErrorAccessDenied', raop, 'deferred', 'sender', 'mailbox-not-allowed'],
  [
    'access policy, shorter',
    403,
    'ErrorAccessDenied',
    'Access to OData is disabled.',
    'deferred',
    'sender',
    'mailbox-not-allowed',
  ],
  [
    'access policy, wrapped',
    403,
    'ExtensionError',
    'Operation: Create; Exception: [Status Code: Forbidden; Reason: Access to OData is disabled.]',
    'deferred',
    'sender',
    'mailbox-not-allowed',
  ],
  [
    'unknown sender',
    404,
    'ErrorInvalidUser',
    "The requested user 'x@y' is invalid.",
    'deferred',
    'sender',
    'mailbox-unknown',
  ],
  [
    'no cloud mailbox',
    404,
    'MailboxNotEnabledForRESTAPI',
    'The mailbox is either inactive, soft-deleted, or is hosted on-premise.',
    'deferred',
    'sender',
    'mailbox-not-usable',
  ],
  [
    'no such object',
    404,
    'Request_ResourceNotFound',
    "Resource 'x' does not exist",
    'deferred',
    'sender',
    'mailbox-unknown',
  ],
  [
    'draft gone',
    404,
    'ErrorItemNotFound',
    'The specified object was not found in the store.',
    'deferred',
    'message',
    'item-missing',
  ],
  [
    'bad recipient',
    400,
    'ErrorInvalidRecipients',
    'At least one recipient is not valid...',
    'failed',
    undefined,
    'recipient-refused',
  ],
  [
    'bad base64',
    400,
    'ErrorMimeContentInvalidBase64String',
    'Invalid base64 string for MIME content.',
    'deferred',
    'message',
    'request-refused',
  ],
  [
    'malformed JSON',
    400,
    'BadRequest',
    'Unable to read JSON request payload.',
    'deferred',
    'message',
    'request-refused',
  ],
  ['unreadable body', 400, 'RequestBodyRead', 'x', 'deferred', 'message', 'request-refused'],
  ['unsupported media type', 415, undefined, undefined, 'deferred', 'message', 'request-refused'],
  [
    'header not x-',
    400,
    'InvalidInternetMessageHeader',
    "should start with 'x-' or 'X-'.",
    'failed',
    undefined,
    'header-refused',
  ],
  [
    'header not x-, other spelling',
    400,
    'ErrorInvalidInternetMessageHeader',
    undefined,
    'failed',
    undefined,
    'header-refused',
  ],
  ['too many headers', 400, 'InvalidInternetMessageHeaderCollection', undefined, 'failed', undefined, 'header-refused'],
  ['too large', 413, 'RequestEntityTooLarge', undefined, 'failed', undefined, 'too-large'],
  ['too large, older', 400, 'BadRequest', 'Maximum request length exceeded.', 'failed', undefined, 'too-large'],
  [
    'over the organisation’s limit',
    400,
    'ErrorMessageSizeExceeded',
    'The message exceeds the maximum supported size.',
    'failed',
    undefined,
    'too-large',
  ],
  [
    'From not allowed',
    403,
    'ErrorSendAsDenied',
    'The user account which was used to submit this request does not have the right…',
    'deferred',
    'message',
    'send-as-denied',
  ],
  ['mailbox full', 400, 'ErrorQuotaExceeded', undefined, 'deferred', 'sender', 'mailbox-full'],
  ['storage used up', 507, undefined, undefined, 'deferred', 'sender', 'mailbox-full'],
  ['daily limit', 403, 'ErrorExceededMessageLimit', undefined, 'deferred', 'sender', 'sender-blocked'],
  ['daily limit, other status', 429, 'ErrorExceededMessageLimit', undefined, 'deferred', 'sender', 'sender-blocked'],
  ['suspended sender', 403, 'ErrorMessageSubmissionBlocked', undefined, 'deferred', 'sender', 'sender-blocked'],
  [
    'mailbox concurrency',
    429,
    'ApplicationThrottled',
    'Application is over its MailboxConcurrency limit.',
    'deferred',
    'lane',
    'throttled',
  ],
  [
    'upload volume',
    429,
    'ApplicationThrottled',
    'Application is over its IncomingBytes limit.',
    'deferred',
    'lane',
    'throttled',
  ],
  ['gateway throttle', 429, 'TooManyRequests', undefined, 'deferred', 'lane', 'throttled'],
  ['generic throttle', 429, 'activityLimitReached', undefined, 'deferred', 'lane', 'throttled'],
  ['throttle by code alone', 400, 'throttledRequest', undefined, 'deferred', 'lane', 'throttled'],
  ['bandwidth', 509, undefined, undefined, 'deferred', 'lane', 'throttled'],
  ['outage', 503, 'ServiceUnavailable', undefined, 'deferred', 'lane', 'service-unavailable'],
  ['gateway timeout', 504, undefined, undefined, 'uncertain', undefined, 'gateway-timeout'],
  ['bad gateway', 502, undefined, '<html>', 'uncertain', undefined, 'gateway-timeout'],
  ['code in other case', 403, 'errorAccessDenied', 'Access is denied.', 'deferred', 'connector', 'permission-missing'],
  ['a 403 of a proxy', 403, undefined, undefined, 'deferred', 'message', 'unlisted-answer'],
  ['unlisted', 418, 'Teapot', 'short and stout', 'deferred', 'message', 'unlisted-answer'],
  ['internal error', 500, 'InternalServerError', undefined, 'deferred', 'message', 'unlisted-answer'],
] as const;

/** Every code and bare status of the reference, so that a row that goes missing above is missed. */
const listedCodes = [
  'InvalidAuthenticationToken',
  'ErrorAccessDenied',
  'Authorization_RequestDenied',
  'ExtensionError',
  'ErrorInvalidUser',
  'MailboxNotEnabledForRESTAPI',
  'Request_ResourceNotFound',
  'ErrorItemNotFound',
  'ErrorInvalidRecipients',
  'BadRequest',
  'RequestBodyRead',
  'RequestEntityTooLarge',
  'ErrorMessageSizeExceeded',
  'ErrorQuotaExceeded',
  'ErrorExceededMessageLimit',
  'ErrorMessageSubmissionBlocked',
  'ApplicationThrottled',
  'TooManyRequests',
  'activityLimitReached',
  'throttledRequest',
  'ServiceUnavailable',
  'ErrorMimeContentInvalidBase64String',
  'InvalidInternetMessageHeader',
  'ErrorSendAsDenied',
  'ErrorInvalidInternetMessageHeader',
  'InvalidInternetMessageHeaderCollection',
];

describe('answers of Graph', () => {
  test.each(graphAnswers)('%s (%s %s)', (_situation, status, code, message, outcome, scope, fault) => {
    const verdict = classifyGraph({ status, code, message });
    expect(verdict).toEqual({ outcome, ...(scope && { scope }), ...(fault && { fault }) });
  });

  test.each(listedCodes)('%s of the reference is judged above', (code) => {
    expect(graphAnswers.some((row) => row[2] === code)).toBe(true);
  });

  test('every row of the table is what decides some answer above', () => {
    const deciding = graphAnswers.map(([, status, code, message]) => findRow(graphOutcomes, { status, code, message }));
    expect(graphOutcomes.filter((row) => !deciding.includes(row))).toEqual([]);
  });
});

/** [AADSTS number, fault, scope] */
const tokenRefusals = [
  [7000215, 'credential-wrong', 'connector'],
  [7000222, 'credential-expired', 'connector'],
  [7000218, 'credential-missing', 'connector'],
  [700025, 'credential-missing', 'connector'],
  [700016, 'app-unknown', 'connector'],
  [700011, 'app-unknown', 'connector'],
  [70001, 'app-unknown', 'connector'],
  [7000112, 'app-disabled', 'connector'],
  [90002, 'tenant-unknown', 'connector'],
  [90038, 'tenant-unknown', 'connector'],
  [700027, 'certificate-refused', 'connector'],
  [50012, 'certificate-refused', 'connector'],
  [500133, 'clock-wrong', 'connector'],
  [700024, 'clock-wrong', 'connector'],
  [700030, 'certificate-refused', 'connector'],
  [70021, 'federation-refused', 'connector'],
  [700213, 'federation-refused', 'connector'],
  [7002131, 'federation-refused', 'connector'],
  [7002137, 'federation-refused', 'connector'],
  [7002138, 'federation-refused', 'connector'],
  [7000272, 'federation-refused', 'connector'],
  [1002012, 'scope-refused', 'connector'],
  [70011, 'scope-refused', 'connector'],
  [700022, 'scope-refused', 'connector'],
  [901002, 'scope-refused', 'connector'],
  [500011, 'service-not-enabled', 'connector'],
  [650052, 'service-not-enabled', 'connector'],
  [650056, 'service-not-enabled', 'connector'],
  [650057, 'service-not-enabled', 'connector'],
  [900144, 'scope-refused', 'connector'],
  [9001023, 'tenant-unknown', 'connector'],
  [50194, 'tenant-unknown', 'connector'],
  [53003, 'sign-in-blocked', 'connector'],
  [530032, 'sign-in-blocked', 'connector'],
  [530035, 'sign-in-blocked', 'connector'],
  [50034, 'sign-in-wrong-kind', 'connector'],
  [65001, 'sign-in-wrong-kind', 'connector'],
  [50196, 'token-throttled', 'lane'],
  [90055, 'token-throttled', 'lane'],
  [90006, 'token-unavailable', 'lane'],
  [90024, 'token-unavailable', 'lane'],
  [90033, 'token-unavailable', 'lane'],
  [50049, 'login-host-unknown', 'connector'],
] as const;

describe('refusals of a token', () => {
  test.each(tokenRefusals)('AADSTS%i is %s', (aadsts, fault, scope) => {
    expect(classifyToken({ aadsts, status: 400 })).toEqual({ outcome: 'deferred', fault, scope });
  });

  test('the table lists what is tested and nothing else', () => {
    const listed = tokenOutcomes.flatMap(({ aadsts }) => aadsts);
    expect([...listed].sort()).toEqual(tokenRefusals.map(([aadsts]) => aadsts).toSorted());
  });

  test.each([
    [999999, 400, 'token-unlisted', 'connector'],
    [undefined, 401, 'token-unlisted', 'connector'],
    [undefined, 429, 'token-throttled', 'lane'],
    [undefined, 500, 'token-unavailable', 'lane'],
    [undefined, 503, 'token-unavailable', 'lane'],
    [undefined, 0, 'network', 'lane'],
  ] as const)('number %s with status %i is %s', (aadsts, status, fault, scope) => {
    expect(classifyToken({ aadsts, status })).toEqual({ outcome: 'deferred', fault, scope });
  });
});

test('every fault has a row of the catalogue that says what to do', () => {
  for (const { verdict } of [...graphOutcomes, ...tokenOutcomes])
    if ('fault' in verdict) {
      expect(isFaultCode(verdict.fault)).toBe(true);
      expect(catalogue[verdict.fault].remedy.length).toBeGreaterThan(20);
    }
});

test('the fault of one mailbox stops a connector only when it is the only one', () => {
  expect(settleScope('sender', false)).toBe('connector');
  expect(settleScope('sender', true)).toBe('lane');
  expect(settleScope('connector', true)).toBe('connector');
});
