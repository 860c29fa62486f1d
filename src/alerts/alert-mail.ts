/** An alert as a mail: plain text, short, the same Message-ID at every attempt. */
import type { ToldAlert } from './alert-way.ts';
import { footer } from './webhook-forms.ts';

export interface AlertMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Without angle brackets. */
  readonly messageId: string;
  readonly subject: string;
  readonly bytes: Buffer;
}

/** @param way the name of the way out: two ways are two mails */
export async function alertMail(told: ToldAlert, way: string, from: string, to: readonly string[]): Promise<AlertMail> {
  const { id, at, host, text, link, again } = told;
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const messageId = `${id}.${way}@${domain}`;
  const subject = `[Mailroom] ${text.title}`;
  const lines = [
    text.sentence,
    ...(text.remedy === undefined ? [] : ['', `What to do: ${text.remedy}`]),
    ...(link === undefined ? [] : ['', `Look: ${link}`]),
    ...(again === undefined
      ? []
      : ['', `${again.more} more like it were kept back since ${new Date(again.since).toISOString()}.`]),
    '',
    `-- `,
    `Mailroom on ${footer({ ...told, host })}`,
    '',
  ];
  // Read when there is something to tell: most servers have nothing to tell for weeks.
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const composer = new MailComposer({
    from: { name: 'Mailroom', address: from },
    to: [...to],
    subject,
    date: new Date(at),
    messageId: `<${messageId}>`,
    text: lines.join('\r\n'),
    // RFC 3834: nobody's out-of-office should answer.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Mailroom-Alert': told.alert.kind },
    ...(text.severity === 'critical' ? { priority: 'high' } : {}),
    textEncoding: 'base64',
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return { from, to, messageId, subject, bytes: await composer.compile().build() };
}
