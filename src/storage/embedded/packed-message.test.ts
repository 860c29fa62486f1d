import { expect, test } from 'vitest';
import type { Envelope, Recipient } from '../../domain/envelope.ts';
import type { AcceptedMessage, HeaderSummary, Origin, RouteDecision } from '../../domain/message.ts';
import { packAccepted, unpackAccepted } from './packed-message.ts';
import type { AcceptedRecord } from './records.ts';

/** A field that a type gets has to be filled in here, and then comes back only when it is packed. */
type Everything = Required<AcceptedMessage> & {
  readonly origin: Required<Origin>;
  readonly envelope: Required<Envelope> & { readonly recipients: readonly Required<Recipient>[] };
  readonly route: Required<RouteDecision>;
  readonly summary: Required<HeaderSummary>;
};

const everything: Everything = {
  id: '01m6f4yh00abcdefghjkmnpq',
  acceptedAt: 1_793_620_800_000,
  expiresAt: 1_793_793_600_000,
  client: 'payroll',
  priority: 'high',
  origin: { ingress: 'smtp', listener: 'main', remoteAddress: '192.0.2.7', tls: true, helo: 'scanner.contoso.example' },
  envelope: {
    mailFrom: 'bounces@contoso.example',
    recipients: [
      { address: 'anna@contoso.example', notify: ['success'], originalRecipient: 'rfc822;anna@contoso.example' },
    ],
    returnContent: 'headers',
    envelopeId: 'QQ314159',
    smtpUtf8: true,
  },
  route: {
    route: 'bulk',
    connector: 'main',
    sender: 'system@contoso.example',
    form: 'json',
    fromHeader: 'system-account',
    saveToSentItems: false,
    fallBack: { ways: [{ connector: 'second', sender: 'other@contoso.example' }], afterMs: 60_000 },
  },
  summary: {
    subject: 'Ihre „Rechnung“',
    messageId: '<1@contoso.example>',
    from: ['anna@contoso.example', 'bert@contoso.example'],
    conversation: '<0@contoso.example>',
  },
  size: 1234,
  initialState: 'held',
  redaction: { rule: 'payslips', deletes: true },
  idempotency: { key: 'key-1', requestHash: 'hash' },
};

const plain: AcceptedMessage = {
  id: everything.id,
  acceptedAt: 1,
  expiresAt: 2,
  client: 'printer',
  priority: 'normal',
  size: 0,
  origin: { ingress: 'notice', listener: '', remoteAddress: '', tls: false },
  envelope: { mailFrom: '', recipients: [{ address: 'a@contoso.example' }], smtpUtf8: false },
  route: {
    route: 'default',
    connector: 'main',
    sender: 's@contoso.example',
    form: 'mime',
    fromHeader: 'keep',
    saveToSentItems: true,
  },
  summary: { subject: '', messageId: '<2@contoso.example>', from: [] },
  initialState: 'queued',
};

test.each<[string, AcceptedRecord]>([
  ['with everything that a message can have', { message: everything, file: { name: 'a.eml', size: 9, sum: 'c3Vt' } }],
  ['with no more than it must have', { message: plain }],
  ['whose From is its reverse path', { message: { ...plain, summary: { ...plain.summary, from: [''] } } }],
])('a message %s comes back from the journal as it was', (_what, record) => {
  expect(unpackAccepted(JSON.parse(JSON.stringify(packAccepted(record))))).toEqual(record);
});

test('the usual message takes less than half of what it takes with names', () => {
  const named = JSON.stringify({ message: plain }).length;
  expect(JSON.stringify(packAccepted({ message: plain })).length).toBeLessThan(named / 2);
});
