/**
 * Answer → outcome, as two tables: one for Graph, one for the token endpoint. The first row that fits decides; what no row
 * fits is temporary, because mail that is thrown away for an answer nobody foresaw is lost.
 *
 * Kept apart from the courier so that a new answer is a new row and nothing else.
 */
import {
  deferred,
  type FaultScope,
  failed,
  findRow,
  type JudgedAnswer,
  type OutcomeRow,
  sent,
  uncertain,
  type Verdict,
} from './verdict.ts';

/** Answers to sendMail and to what goes with it (https://learn.microsoft.com/graph/api/user-sendmail, /graph/errors). */
export const graphOutcomes: readonly OutcomeRow[] = [
  { status: [202], verdict: sent, because: 'the one documented success of sendMail' },
  {
    status: { from: 200, until: 299 },
    verdict: uncertain('unexpected-success'),
    because: 'sendMail has no such success: a proxy may have answered, or the interface changed; neither sent nor not',
  },
  {
    status: { from: 300, until: 399 },
    verdict: deferred('lane', 'unlisted-answer'),
    because: 'never followed: the token would go to wherever the redirect points',
  },
  {
    status: [401],
    verdict: deferred('connector', 'token-refused'),
    because: 'the courier has tried a fresh token already',
  },

  // The sending mailbox.
  {
    codes: ['ErrorAccessDenied'],
    message: /access to odata is disabled|RAOP/i,
    verdict: deferred('sender', 'mailbox-not-allowed'),
    because: 'a policy may still be propagating, for hours: never final',
  },
  {
    codes: ['ExtensionError'],
    message: /access to odata is disabled/i,
    verdict: deferred('sender', 'mailbox-not-allowed'),
    because: 'the same refusal, wrapped by another part of Graph',
  },
  {
    codes: ['ErrorAccessDenied', 'Authorization_RequestDenied', 'AccessDenied', 'Forbidden'],
    verdict: deferred('connector', 'permission-missing'),
    because: 'no permission of the app: every message would meet the same; consent may come or still be propagating',
  },
  {
    codes: ['ErrorInvalidUser', 'Request_ResourceNotFound', 'ErrorNonExistentMailbox'],
    verdict: deferred('sender', 'mailbox-unknown'),
    because: 'a mailbox that is missing now can be made or renamed; every message of the lane would meet the same',
  },
  {
    codes: ['MailboxNotEnabledForRESTAPI', 'MailboxNotSupportedForRESTAPI'],
    verdict: deferred('sender', 'mailbox-not-usable'),
    because: 'a licence can be given',
  },
  { codes: ['ErrorQuotaExceeded'], verdict: deferred('sender', 'mailbox-full'), because: 'space can be made' },
  { status: [507], verdict: deferred('sender', 'mailbox-full'), because: 'storage of the mailbox is used up' },
  {
    codes: ['ErrorExceededMessageLimit', 'ErrorMessageSubmissionBlocked'],
    verdict: deferred('sender', 'sender-blocked'),
    because: 'ends within a day or by an administrator; reports name 403 and 429 for it, so that the code decides',
  },

  // This one message.
  {
    codes: ['ErrorSendAsDenied'],
    verdict: deferred('message', 'send-as-denied'),
    because: 'From differs from message to message, and the right can be granted and takes an hour to apply',
  },
  {
    codes: ['ErrorInvalidRecipients'],
    verdict: failed('recipient-refused'),
    because: 'the address will not become valid',
  },
  { codes: ['ErrorMessageSizeExceeded'], verdict: failed('too-large'), because: 'it will not become smaller' },
  { status: [413], verdict: failed('too-large'), because: 'it will not become smaller' },
  {
    status: [400],
    message: /maximum request length exceeded/i,
    verdict: failed('too-large'),
    because: 'the older form of 413',
  },
  {
    codes: [
      'InvalidInternetMessageHeader',
      'ErrorInvalidInternetMessageHeader',
      'InvalidInternetMessageHeaderCollection',
      'ErrorInvalidInternetMessageHeaderCollection',
    ],
    verdict: failed('header-refused'),
    because: 'the same JSON would be made again; the way of a message is fixed at acceptance',
  },
  {
    codes: ['ErrorMimeContentInvalidBase64String', 'BadRequest', 'RequestBodyRead', 'UnsupportedMediaType'],
    verdict: deferred('message', 'request-refused'),
    because:
      'the base64 is made anew for each attempt; when it is wrong, the fault is ours or the way’s, not the sender’s',
  },
  { status: [415], verdict: deferred('message', 'request-refused'), because: 'as for a malformed request' },
  {
    codes: ['ErrorItemNotFound'],
    verdict: deferred('message', 'item-missing'),
    because: 'the next attempt makes a new draft',
  },

  // The service.
  {
    status: [429, 509],
    verdict: deferred('lane', 'throttled'),
    because: 'the limit is of the app and mailbox, not of the message',
  },
  {
    codes: ['ApplicationThrottled', 'TooManyRequests', 'activityLimitReached', 'throttledRequest'],
    verdict: deferred('lane', 'throttled'),
    because: 'documented codes of throttling, whatever the status',
  },
  { status: [503], verdict: deferred('lane', 'service-unavailable'), because: 'the service did not take the request' },
  {
    status: [502, 504],
    verdict: uncertain('gateway-timeout'),
    because: 'the gateway had passed the request on and lost the answer: the mailbox may have queued it',
  },
];

/** Judges an answer of Graph. What is not listed is temporary. */
export function classifyGraph(answer: JudgedAnswer): Verdict {
  return findRow(graphOutcomes, answer)?.verdict ?? deferred('message', 'unlisted-answer');
}

/**
 * Answers to the steps before a draft is sent (https://learn.microsoft.com/graph/outlook-large-attachments), held against
 * these rows first and against those of sendMail then. None of them sends anything, so that none is ever uncertain.
 */
export const draftOutcomes: readonly OutcomeRow[] = [
  {
    status: { from: 200, until: 299 },
    verdict: deferred('message', 'unlisted-answer'),
    because: 'another success than the step has: a proxy may have answered; the next attempt looks into the mailbox',
  },
  {
    codes: ['ErrorAccessDenied'],
    message: /access to odata is disabled|RAOP/i,
    verdict: deferred('sender', 'mailbox-not-allowed'),
    because: 'the policy, as for sendMail',
  },
  {
    codes: ['ErrorAccessDenied', 'Authorization_RequestDenied', 'AccessDenied', 'Forbidden'],
    verdict: deferred('message', 'drafts-not-allowed'),
    because:
      'Mail.ReadWrite is missing, which mail that fits into one request does not need: that must not wait for it',
  },
  {
    codes: ['ErrorAttachmentSizeLimitExceeded'],
    verdict: failed('too-large'),
    because: 'it will not become smaller',
  },
  {
    status: [502, 504],
    verdict: deferred('lane', 'service-unavailable'),
    because: 'whatever the gateway passed on has sent nothing: the next attempt looks how far it came',
  },
];

/** Judges the answer to a step that comes before a draft is sent. */
export function classifyDraftStep(answer: JudgedAnswer): Verdict {
  return findRow(draftOutcomes, answer)?.verdict ?? classifyGraph(answer);
}

/** One row of the token table: AADSTS numbers (https://learn.microsoft.com/entra/identity-platform/reference-error-codes). */
export interface TokenRow {
  readonly aadsts: readonly number[];
  readonly verdict: Verdict;
}

function connectorFault(fault: Parameters<typeof failed>[0], ...aadsts: number[]): TokenRow {
  return { aadsts, verdict: deferred('connector', fault) };
}

/** Refusals of a token. None of them is about a message, so that none is ever final. */
export const tokenOutcomes: readonly TokenRow[] = [
  connectorFault('credential-wrong', 7000215),
  connectorFault('credential-expired', 7000222),
  connectorFault('credential-missing', 7000218, 700025),
  connectorFault('app-unknown', 700016, 700011, 70001),
  connectorFault('app-disabled', 7000112),
  connectorFault('tenant-unknown', 90002, 90038, 9001023, 50194),
  connectorFault('certificate-refused', 700027, 50012, 700030),
  connectorFault('clock-wrong', 500133, 700024),
  connectorFault('federation-refused', 70021, 700213, 7002131, 7002137, 7002138, 7000272),
  connectorFault('scope-refused', 1002012, 70011, 700022, 900144, 901002),
  connectorFault('service-not-enabled', 500011, 650052, 650056, 650057),
  connectorFault('sign-in-blocked', 53003, 530032, 530035),
  connectorFault('sign-in-wrong-kind', 50034, 65001),
  connectorFault('login-host-unknown', 50049),
  { aadsts: [90055, 50196], verdict: deferred('lane', 'token-throttled') },
  { aadsts: [90006, 90024, 90033], verdict: deferred('lane', 'token-unavailable') },
];

/** A refusal of the token endpoint as the table looks at it; `status` is 0 when no answer came. */
export interface JudgedRefusal {
  readonly source?: 'managed-identity' | 'token-file' | 'certificate';
  readonly aadsts: number | undefined;
  readonly status: number;
}

/**
 * Judges why there is no token. The number decides before the status: Entra has been seen to give one with several.
 * An unlisted refusal stops the connector, which looks again by itself, rather than burning each message's attempts.
 */
export function classifyToken(refusal: JudgedRefusal): Verdict {
  // Neither is a network that comes back by itself: this machine is set up so, or it is not.
  if (refusal.source === 'token-file') return deferred('connector', 'federated-token-unreadable');
  if (refusal.source === 'certificate') return deferred('connector', 'certificate-unreadable');
  if (refusal.source === 'managed-identity' && refusal.status === 0)
    return deferred('connector', 'managed-identity-missing');
  if (refusal.source === 'managed-identity' && refusal.status < 500 && ![404, 410, 429].includes(refusal.status))
    return deferred('connector', 'managed-identity-refused');
  // Documented for the instance metadata service while it is updated.
  if (refusal.source === 'managed-identity' && [404, 410].includes(refusal.status))
    return deferred('lane', 'token-unavailable');
  const row = tokenOutcomes.find(({ aadsts }) => refusal.aadsts !== undefined && aadsts.includes(refusal.aadsts));
  if (row) return row.verdict;
  if (refusal.status === 429) return deferred('lane', 'token-throttled');
  if (refusal.status >= 500) return deferred('lane', 'token-unavailable');
  if (refusal.status === 0) return deferred('lane', 'network');
  return deferred('connector', 'token-unlisted');
}

/** Settles whom a fault of one mailbox stops; see `FaultScope`. */
export function settleScope(scope: FaultScope, severalSenders: boolean): Exclude<FaultScope, 'sender'> {
  if (scope !== 'sender') return scope;
  return severalSenders ? 'lane' : 'connector';
}
