/** Every reply that the reference lists has a row of its own here. */
import { describe, expect, test } from 'vitest';
import { isFaultCode } from '../domain/catalogue.ts';
import { classifySmtp, exchangeReplies, smtpReplies } from './classify-smtp.ts';
import { readReply, type SmtpStage } from './smtp/smtp-reply.ts';

/** [stage, reply, outcome, scope, fault] of Exchange Online */
const exchange = [
  ['auth', '535 5.7.3 Authentication unsuccessful [SN2PR00CA0018]', 'deferred', 'sender', 'smtp-login-refused'],
  [
    'auth',
    '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled',
    'deferred',
    'connector',
    'smtp-auth-disabled',
  ],
  [
    'auth',
    '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.',
    'deferred',
    'sender',
    'smtp-auth-disabled',
  ],
  [
    'auth',
    '535 5.7.139 Authentication unsuccessful, user is locked by your organization’s security defaults policy.',
    'deferred',
    'connector',
    'sign-in-blocked',
  ],
  [
    'auth',
    '550 5.7.30 Basic authentication is not supported for Client Submission.',
    'deferred',
    'connector',
    'smtp-login-refused',
  ],
  [
    'auth',
    '432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending',
    'deferred',
    'lane',
    'throttled',
  ],
  ['message', '432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded', 'deferred', 'lane', 'throttled'],
  ['mail', '530 5.7.57 Client not authenticated to send mail.', 'deferred', 'sender', 'smtp-login-refused'],
  [
    'mail',
    '550 5.7.60 SMTP; Client does not have permissions to send as this sender',
    'deferred',
    'message',
    'send-as-denied',
  ],
  [
    'message',
    '430 4.2.0 STOREDRV; mailbox logon failure; MapiExceptionLogonFailed',
    'deferred',
    'sender',
    'smtp-mailbox-right',
  ],
  [
    'message',
    '554 5.2.252 SendAsDenied; a not allowed to send as b; STOREDRV',
    'deferred',
    'message',
    'send-as-denied',
  ],
  ['message', '554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException', 'deferred', 'message', 'send-as-denied'],
  [
    'message',
    '554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException',
    'deferred',
    'sender',
    'mailbox-full',
  ],
  [
    'message',
    '554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException',
    'deferred',
    'sender',
    'sender-blocked',
  ],
  [
    'message',
    '550 5.1.90 Your message can’t be sent because you’ve reached your daily limit',
    'deferred',
    'sender',
    'sender-blocked',
  ],
  [
    'message',
    '550 5.7.233 Your message can’t be sent because your tenant exceeded its daily limit',
    'deferred',
    'sender',
    'sender-blocked',
  ],
  ['mail', '421 4.4.2 Connection dropped due to ConnectionAborted', 'deferred', 'lane', 'service-unavailable'],
  ['mail', '451 4.7.500 Server busy. Please try again later', 'deferred', 'lane', 'service-unavailable'],
  ['mail', '552 5.3.4 Message size exceeds fixed maximum message size', 'failed', undefined, 'too-large'],
  ['recipient', '452 4.5.3 Too many recipients', 'deferred', 'message', 'recipient-deferred'],
] as const;

const anyServer = [
  ['connect', '554 No SMTP service here', 'deferred', 'connector', 'smtp-server-refuses'],
  ['connect', '450 4.7.1 Try later', 'deferred', 'lane', 'service-unavailable'],
  ['auth', '535 5.7.8 Authentication credentials invalid', 'deferred', 'connector', 'smtp-login-refused'],
  ['auth', '454 4.7.0 Temporary authentication failure', 'deferred', 'lane', 'service-unavailable'],
  ['mail', '530 5.7.0 Authentication required', 'deferred', 'connector', 'smtp-login-refused'],
  ['mail', '553 5.1.8 Sender address rejected', 'failed', undefined, 'message-refused'],
  ['recipient', '550 5.1.1 No such user', 'failed', undefined, 'recipient-refused'],
  ['recipient', '552 5.2.2 Mailbox full', 'failed', undefined, 'recipient-refused'],
  ['message', '554 5.7.1 Spam', 'failed', undefined, 'message-refused'],
  ['message', '451 4.3.0 Try again later', 'deferred', 'message', 'smtp-deferred'],
  ['message', '250 2.0.0 but not where one was expected', 'deferred', 'message', 'unlisted-answer'],
] as const;

function judged(stage: SmtpStage, text: string, isExchange: boolean) {
  const reply = readReply(stage, text) ?? expect.fail();
  const verdict = classifySmtp(reply, isExchange);
  return [
    verdict.outcome,
    verdict.outcome === 'deferred' ? verdict.scope : undefined,
    verdict.outcome === 'sent' ? undefined : verdict.fault,
  ];
}

describe('replies', () => {
  test.each(exchange)('of Exchange at %s: %s', (stage, text, ...wanted) =>
    expect(judged(stage, text, true)).toEqual(wanted),
  );
  test.each(anyServer)('of a smart host at %s: %s', (stage, text, ...wanted) =>
    expect(judged(stage, text, false)).toEqual(wanted),
  );

  test('every row has a fault of the catalogue, and none is reached in vain', () => {
    for (const { verdict, because } of [...exchangeReplies, ...smtpReplies]) {
      expect(because.length).toBeGreaterThan(5);
      expect(verdict.outcome !== 'sent' && isFaultCode(verdict.fault)).toBe(true);
    }
  });

  test('a reply of several lines is read as one', () => {
    expect(readReply('message', '550-5.1.1 No such\r\n550 5.1.1 user')).toEqual({
      stage: 'message',
      code: 550,
      enhanced: '5.1.1',
      text: 'No such user',
    });
    expect(readReply('message', 'nonsense')).toBeUndefined();
  });
});
