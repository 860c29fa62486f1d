/** For tests: a message on its way to a courier. */
import { randomUUID } from 'node:crypto';
import type { QueuedMessage } from '../domain/message.ts';
import type { Delivery } from './courier.ts';

export const sender = 'system@contoso.example';
export const recipient = 'anna@contoso.example';

export const eml = (body = 'Text', more = '') =>
  Buffer.from(
    `From: System <${sender}>\r\nTo: Anna <${recipient}>\r\nSubject: Hello\r\nMessage-ID: <${randomUUID()}@contoso.example>\r\n${more}\r\n${body}\r\n`,
  );

function bodyOf(bytes: Buffer) {
  return {
    size: bytes.length,
    bytes: async () => bytes,
    async *stream() {
      yield bytes;
    },
    async *streamFrom(offset: number) {
      yield bytes.subarray(offset);
    },
  };
}

export interface Mail {
  readonly bytes?: Buffer;
  readonly to?: readonly string[];
  readonly from?: string;
  readonly message?: Partial<QueuedMessage>;
  readonly route?: Partial<QueuedMessage['route']>;
  readonly signal?: AbortSignal;
}

export function delivery(mail: Mail = {}): Delivery {
  const bytes = mail.bytes ?? eml();
  const messageId = /^Message-ID: (.*)\r$/m.exec(bytes.toString('latin1'))?.[1] ?? '<none@contoso.example>';
  const now = Date.now();
  return {
    clientRequestId: randomUUID(),
    signal: mail.signal ?? new AbortController().signal,
    bytes: async () => bytes,
    body: async () => bodyOf(bytes),
    message: {
      id: 'm1',
      acceptedAt: now,
      expiresAt: now + 1e9,
      client: 'payroll',
      priority: 'normal',
      origin: { ingress: 'smtp', listener: 'main', remoteAddress: '192.0.2.7', tls: true },
      envelope: {
        mailFrom: mail.from ?? sender,
        recipients: (mail.to ?? [recipient]).map((address) => ({ address })),
        smtpUtf8: false,
      },
      route: {
        route: 'r',
        connector: 'main',
        sender,
        form: 'mime',
        fromHeader: 'keep',
        saveToSentItems: true,
        ...mail.route,
      },
      summary: { subject: 'Hello', messageId, from: [sender] },
      size: bytes.length,
      initialState: 'queued',
      state: 'sending',
      dueAt: now,
      countedAttempts: 0,
      attempts: 1,
      maybeSent: false,
      changedAt: now,
      ...mail.message,
    },
  };
}
