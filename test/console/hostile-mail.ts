/** Hands mail in by SMTP, with whatever text in its subject, its names, its HTML and its file names. */
import { createTransport } from 'nodemailer';
import { consoleSystemAccount } from '../harness/with-console.ts';

/** Hands one message in. */
export async function mailWith(
  smtpPort: number,
  parts: {
    readonly subject: string;
    readonly html?: string;
    readonly text?: string;
    readonly to?: string;
    readonly name?: string;
  },
): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port: smtpPort, ignoreTLS: true });
  const { subject, html, text, name = 'Noreply', to = 'ada@contoso.example' } = parts;
  try {
    await transport.sendMail({
      from: { name, address: consoleSystemAccount },
      to: { name, address: to },
      subject,
      ...(html === undefined ? {} : { html }),
      text: text ?? subject,
      attachments: [{ filename: `${name}.txt`, content: 'x' }],
    });
  } finally {
    transport.close();
  }
}
