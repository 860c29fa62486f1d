/**
 * Makes MIME of a JSON message. Bcc never becomes part of it: blind recipients stand in the envelope alone.
 */
import type { Readable } from 'node:stream';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Envelope } from '../../domain/envelope.ts';
import { canonicalAddress } from '../../mime/addresses.ts';
import type { JsonMessage } from './message-schemas.ts';
import type { SpooledContents } from './spooled-content.ts';

/**
 * The message as a stream of bytes with CR LF line ends.
 * @param spool has the contents that are on the disk.
 */
export function composeMessage(message: JsonMessage, spool?: SpooledContents): Readable {
  const composer = new MailComposer({
    from: message.from,
    to: [...message.to],
    cc: [...message.cc],
    replyTo: [...message.replyTo],
    subject: message.subject,
    ...(message.text === undefined ? {} : { text: lines(message.text) }),
    ...(message.html === undefined ? {} : { html: lines(message.html) }),
    // Values go through the library's encoder: it folds, encodes what is not ASCII, and lets no line end through.
    headers: Object.entries(message.headers).map(([key, value]) => ({ key, value })),
    attachments: message.attachments.map(({ filename, contentType, content, contentId, inline }) => ({
      filename,
      contentType,
      content: spool?.get(content)?.read() ?? Buffer.from(content, 'base64'),
      ...(contentId === undefined ? {} : { cid: contentId }),
      contentDisposition: inline ? 'inline' : 'attachment',
    })),
    // Graph has been seen to mangle quoted-printable with a soft line break before `=XX`.
    textEncoding: 'base64',
    newline: 'windows',
    // A client must never make Mailroom read a file or call a URL for it.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().createReadStream();
}

function lines(text: string): string {
  return text.replace(/\r\n?|\n/g, '\r\n');
}

/** Who gets it: to, cc and bcc, nobody twice. */
export function envelopeOf({ from, to, cc, bcc }: JsonMessage): Envelope {
  return envelopeFor(
    from.address,
    [...to, ...cc, ...bcc].map(({ address }) => address),
  );
}

/** An envelope of plain addresses. */
export function envelopeFor(mailFrom: string, addresses: readonly string[]): Envelope {
  const unique = new Map<string, string>();
  for (const address of addresses) {
    const key = canonicalAddress(address);
    if (!unique.has(key)) unique.set(key, address);
  }
  const recipients = [...unique.values()].map((address) => ({ address }));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the question is whether anything but ASCII is there.
  const smtpUtf8 = [mailFrom, ...unique.values()].some((address) => !/^[\x00-\x7f]*$/.test(address));
  return { mailFrom, recipients, smtpUtf8 };
}
