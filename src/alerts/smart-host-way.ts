/** Tells alerts by mail over a smart host of its own: nothing of Microsoft's, and nothing of the queue, is needed for it. */
import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import type { Transporter } from 'nodemailer';
import type { SentMessageInfo } from 'nodemailer/lib/smtp-transport';
import { alertMail } from './alert-mail.ts';
import type { AlertWay, ToldAlert, WayAnswer } from './alert-way.ts';

export interface SmartHostOptions extends Pick<AlertWay, 'name' | 'events' | 'quietMs'> {
  readonly host: string;
  readonly port: number;
  readonly tls: 'starttls' | 'implicit' | 'none';
  readonly login?: string;
  readonly password?: string;
  readonly caFile?: string;
  readonly from: string;
  readonly to: readonly string[];
}

const deadlineMs = 20_000;

/** @throws the system's error when the CA file cannot be read */
export function smartHostWay(options: SmartHostOptions): AlertWay {
  const { name, events, quietMs, host, port, tls, login, password, caFile, from, to } = options;
  const settings = {
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(login === undefined ? {} : { auth: { user: login, pass: password ?? '' } }),
    ...(caFile === undefined ? {} : { tls: { ca: [...getCACertificates('default'), readFileSync(caFile, 'utf8')] } }),
    connectionTimeout: deadlineMs,
    greetingTimeout: deadlineMs,
    socketTimeout: deadlineMs,
    logger: false,
  };
  let transport: Transporter<SentMessageInfo> | undefined;
  return {
    name,
    kind: 'smtp',
    events,
    quietMs,
    async send(told: ToldAlert): Promise<WayAnswer> {
      const mail = await alertMail(told, name, from, to);
      try {
        // Read when there is something to tell: most servers have nothing to tell for weeks.
        transport ??= (await import('nodemailer')).createTransport(settings);
        const { response, rejected } = await transport.sendMail({
          envelope: { from, to: [...to] },
          raw: mail.bytes,
        });
        const left = rejected.length === 0 ? '' : `; not taken: ${rejected.join(', ')}`;
        return { taken: true, answer: `${response}${left}`.slice(0, 300) };
      } catch (error) {
        return { taken: false, why: reasonOf(error, password) };
      }
    },
    close() {
      transport?.close();
      return Promise.resolve();
    },
  };
}

/** A server may repeat what it was told, base64 or not. */
function reasonOf(error: unknown, password: string | undefined): string {
  const words = error instanceof Error ? error.message : String(error);
  const secrets = password === undefined ? [] : [password, Buffer.from(password).toString('base64')];
  return secrets.reduce((text, secret) => text.replaceAll(secret, '[secret]'), words).slice(0, 300);
}
