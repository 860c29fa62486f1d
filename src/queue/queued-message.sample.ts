/** For tests: a message as the queue sees it. */
import type { QueuedMessage } from '../domain/message.ts';

let serial = 0;

export function queuedMessage(parts: Partial<QueuedMessage> = {}): QueuedMessage {
  serial += 1;
  const id = `m${serial}`;
  return {
    id,
    acceptedAt: 0,
    expiresAt: 1_000_000_000,
    client: 'payroll',
    priority: 'normal',
    origin: { ingress: 'smtp', listener: 'main', remoteAddress: '192.0.2.7', tls: true },
    envelope: { mailFrom: 'a@contoso.example', recipients: [{ address: 'b@contoso.example' }], smtpUtf8: false },
    route: {
      route: 'default',
      connector: 'main',
      sender: 'system@contoso.example',
      form: 'mime',
      fromHeader: 'keep',
      saveToSentItems: true,
    },
    summary: { subject: 'Hello', messageId: `<${id}@contoso.example>`, from: ['a@contoso.example'] },
    size: 1_000,
    initialState: 'queued',
    state: 'queued',
    dueAt: 0,
    countedAttempts: 0,
    attempts: 0,
    maybeSent: false,
    changedAt: 0,
    ...parts,
  };
}
