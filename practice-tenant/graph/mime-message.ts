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

/** Line by line, so that no byte within a Bcc (a bare CR, say) can keep it in what recipients read. */
function withoutBcc(raw: Buffer, headerEnd: number): Buffer {
  const lines = raw.toString('latin1', 0, headerEnd).split('\n');
  let inBcc = false;
  const kept = lines.filter((line) => {
    inBcc = /^[ \t]/.test(line) ? inBcc : /^(?:resent-)?bcc[ \t]*:/i.test(line);
    return !inBcc;
  });
  const header = kept.join('\n');
  const rest = raw.subarray(headerEnd);
  // When the last field went, the line end before the empty line is still that of the field before it.
  const text = inBcc && kept.length > 0 ? header.replace(/\r$/, '') : header;
  return Buffer.concat([Buffer.from(text, 'latin1'), kept.length > 0 ? rest : rest.subarray(rest[0] === 13 ? 2 : 1)]);
}
