/**
 * Reads a raw message as the service does: recipients are those of its header, and Bcc is taken out of what they get.
 * Addresses are read by a library that is not the product's, so that the product cannot be its own judge.
 */
import PostalMime, { type Email } from 'postal-mime';

export interface ReadMessage {
  readonly recipients: readonly string[];
  readonly from: string | undefined;
  readonly internetMessageId: string;
  readonly subject: string;
  /** The message without its Bcc fields; every other byte as it came. */
  readonly withoutBcc: Buffer;
}

export async function readMessage(raw: Buffer): Promise<ReadMessage> {
  const headerEnd = endOfHeader(raw);
  const header = raw.subarray(0, headerEnd);
  const email = await PostalMime.parse(Buffer.concat([header, Buffer.from('\r\n\r\n')]));
  const recipients = new Map<string, string>();
  for (const list of [email.to, email.cc, email.bcc])
    for (const address of addresses(list))
      if (!recipients.has(address.toLowerCase())) recipients.set(address.toLowerCase(), address);
  return {
    recipients: [...recipients.values()],
    from: addresses(email.from ? [email.from] : [])[0],
    internetMessageId: email.messageId ?? '',
    subject: email.subject ?? '',
    withoutBcc:
      email.bcc || /^(?:resent-)?bcc[ \t]*:/im.test(header.toString('latin1')) ? withoutBcc(raw, headerEnd) : raw,
  };
}

export function addresses(list: Email['to']): string[] {
  return (list ?? [])
    .flatMap((entry) => entry.group ?? [entry])
    .flatMap((entry) => (entry.address?.includes('@') ? [entry.address] : []));
}

function endOfHeader(raw: Buffer): number {
  const crlf = raw.indexOf('\r\n\r\n');
  const lf = raw.indexOf('\n\n');
  const ends = [crlf, lf].filter((end) => end !== -1);
  return ends.length > 0 ? Math.min(...ends) : raw.length;
}

function withoutBcc(raw: Buffer, headerEnd: number): Buffer {
  const header = raw.toString('latin1', 0, headerEnd);
  // The line end before the empty line belongs to the last field.
  const kept = `${header}\r\n`.replace(/^(?:resent-)?bcc[ \t]*:.*(?:\r?\n[ \t].*)*\r?\n/gim, '');
  return Buffer.concat([
    Buffer.from(kept.slice(0, kept.endsWith('\r\n') ? -2 : kept.length), 'latin1'),
    raw.subarray(headerEnd),
  ]);
}
