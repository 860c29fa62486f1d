/**
 * What Graph really lets the app do with a mailbox. It is asked to send a message without recipients: a mailbox that the
 * app may use answers that there is nobody to send to, and one that it may not use refuses before it reads the message.
 * So nothing is sent, and what is proven is what a real message would meet.
 */
import { type Asked, askGraph } from './ask.ts';
import type { CheckContext } from './check.ts';

const withoutRecipients = JSON.stringify({
  message: { subject: 'Mailroom: a check', body: { contentType: 'Text', content: '' }, toRecipients: [] },
  saveToSentItems: false,
});

export function probe(context: CheckContext, mailbox: string): Promise<Asked> {
  return askGraph(context, {
    method: 'POST',
    path: `/v1.0/users/${encodeURIComponent(mailbox)}/sendMail`,
    headers: { 'content-type': 'application/json' },
    body: { kind: 'whole', bytes: Buffer.from(withoutRecipients) },
  });
}

/** Whether an answer to the probe means that a real message would have been taken. */
export function isAllowed(asked: Asked): boolean {
  return asked.kind === 'answered' && asked.read.judged.code?.toLowerCase() === 'errorinvalidrecipients';
}

/**
 * Whether the app may keep drafts there, and so change the mailbox: a draft is asked for with a body that is no message. A
 * mailbox in which it may finds fault with the body (400), and one in which it may not refuses before it reads that.
 */
export function probeDraft(context: CheckContext, mailbox: string): Promise<Asked> {
  return askGraph(context, {
    method: 'POST',
    path: `/v1.0/users/${encodeURIComponent(mailbox)}/messages`,
    headers: { 'content-type': 'text/plain' },
    body: { kind: 'whole', bytes: Buffer.from('#') },
  });
}

export function isDraftAllowed(asked: Asked): boolean {
  return asked.kind === 'answered' && asked.read.judged.status === 400;
}
