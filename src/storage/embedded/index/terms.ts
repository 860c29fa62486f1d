/** What a message can be found by: the addresses of its envelope, and its Message-ID. */
import type { AcceptedMessage } from '../../../domain/message.ts';

/** The domain in lower case; the local part as it is (RFC 5321 §2.4). */
export function addressTerm(address: string): string {
  const at = address.lastIndexOf('@');
  return `a:${address.slice(0, at + 1)}${address.slice(at + 1).toLowerCase()}`;
}

export function messageIdTerm(messageId: string): string {
  return `m:${messageId.trim().replace(/^</, '').replace(/>$/, '')}`;
}

/** Each once. */
export function termsOf(message: AcceptedMessage): Set<string> {
  const terms = new Set<string>([messageIdTerm(message.summary.messageId)]);
  if (message.envelope.mailFrom !== '') terms.add(addressTerm(message.envelope.mailFrom));
  for (const recipient of message.envelope.recipients) terms.add(addressTerm(recipient.address));
  return terms;
}
