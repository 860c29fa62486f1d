/** What a message can be found by: the addresses of its envelope, and its Message-ID. */
import type { AcceptedMessage } from '../../../domain/message.ts';

/** In lower case: a local part may tell cases apart (RFC 5321 §2.4), but whoever looks for a message does not. */
export function addressTerm(address: string): string {
  return `a:${address.toLowerCase()}`;
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
