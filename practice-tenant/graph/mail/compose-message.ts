/** Writes a message as MIME: from its properties, or by putting attachments behind MIME that came from the client. */
import { randomUUID } from 'node:crypto';
import { lazily } from '../../lazily.ts';
import type { Attachment, Draft, MessageContent } from '../../mailboxes/message-content.ts';
import { endOfHeader } from '../../mailboxes/without-bcc.ts';

const mailComposer = lazily(async () => (await import('nodemailer/lib/mail-composer')).default);

/** What is sent for a draft. MIME that came from the client stays byte by byte, but for attachments added to it. */
export async function composeDraft(draft: Draft, now: number): Promise<Buffer> {
  const { content, mime, attachments, withinMime } = draft;
  return mime ? withAttachments(mime, attachments.slice(withinMime)) : composeMessage(content, attachments, now);
}

/** @param now ms since the epoch, for the Date field */
export async function composeMessage(
  content: MessageContent,
  attachments: readonly Attachment[],
  now: number,
): Promise<Buffer> {
  const { subject, body, from, sender, to, cc, bcc, replyTo, internetMessageId, importance, headers } = content;
  const receiptTo = (sender ?? from)?.address;
  const MailComposer = await mailComposer();
  const mime = await new MailComposer({
    ...(from ? { from: { ...from } } : {}),
    ...(sender && sender.address.toLowerCase() !== from?.address.toLowerCase() ? { sender: { ...sender } } : {}),
    to: [...to],
    cc: [...cc],
    replyTo: [...replyTo],
    subject,
    date: new Date(now),
    ...(internetMessageId ? { messageId: internetMessageId } : {}),
    ...(body.contentType === 'html' ? { html: body.content } : { text: body.content }),
    headers: [
      ...headers.map(({ name, value }) => ({ key: name, value })),
      ...(importance === 'normal' ? [] : [{ key: 'Importance', value: importance }]),
      ...(content.isReadReceiptRequested && receiptTo
        ? [{ key: 'Disposition-Notification-To', value: `<${receiptTo}>` }]
        : []),
      ...(content.isDeliveryReceiptRequested && receiptTo
        ? [{ key: 'Return-Receipt-To', value: `<${receiptTo}>` }]
        : []),
    ],
    attachments: attachments.map(({ name, contentType, isInline, contentId, content: bytes, kind }) => ({
      filename: name || false,
      contentType,
      content: bytes,
      ...(kind === 'item' ? { contentTransferEncoding: '8bit' as const } : {}),
      ...(contentId ? { cid: contentId } : {}),
      ...(isInline ? { contentDisposition: 'inline' as const } : {}),
    })),
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build();
  // The composer leaves Bcc out; Sent Items shows it, and the transport takes it out of what recipients get.
  const blind = bcc.map(({ address }) => address).join(',\r\n ');
  return blind ? Buffer.concat([Buffer.from(`Bcc: ${blind}\r\n`), mime]) : mime;
}

/** The message as the first part of a multipart/mixed, the attachments behind it. Fields of the message stay on top. */
function withAttachments(mime: Buffer, attachments: readonly Attachment[]): Buffer {
  if (attachments.length === 0) return mime;
  const headerEnd = endOfHeader(mime);
  const outer: string[] = [];
  const inner: string[] = [];
  let target = outer;
  for (const line of mime.toString('latin1', 0, headerEnd).split(/\r?\n/)) {
    if (!/^[ \t]/.test(line)) target = /^(?:content-[\w-]+|mime-version)[ \t]*:/i.test(line) ? inner : outer;
    target.push(line);
  }
  const boundary = `_${randomUUID()}_`;
  const head = [
    ...outer.filter(Boolean),
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    ...inner.filter((line) => !/^mime-version[ \t]*:/i.test(line)),
  ].join('\r\n');
  return Buffer.concat([
    Buffer.from(head, 'latin1'),
    headerEnd < mime.length ? mime.subarray(headerEnd) : Buffer.from('\r\n\r\n'),
    ...attachments.flatMap((each) => [Buffer.from(partHeader(each, boundary)), partBody(each)]),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}

function partHeader({ name, contentType, isInline, contentId, kind }: Attachment, boundary: string): string {
  // RFC 5987 wants more encoded than encodeURIComponent does.
  const encodedName = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  );
  const fileName = name ? `; filename*=utf-8''${encodedName}` : '';
  return [
    `\r\n--${boundary}`,
    `Content-Type: ${contentType}`,
    `Content-Disposition: ${isInline ? 'inline' : 'attachment'}${fileName}`,
    ...(contentId ? [`Content-ID: <${contentId.replace(/[\p{Cc}<>\s]/gu, '')}>`] : []),
    `Content-Transfer-Encoding: ${kind === 'item' ? '8bit' : 'base64'}`,
    '\r\n',
  ].join('\r\n');
}

function partBody({ content, kind }: Attachment): Buffer {
  return kind === 'item' ? content : Buffer.from(content.toString('base64').replace(/.{76}/g, '$&\r\n'));
}
