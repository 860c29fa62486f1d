/** SMTP with OAuth against the practice tenant: over STARTTLS, with real tokens, through every reply that Exchange has. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PracticeTenant, startPracticeTenant } from '../../../practice-tenant/tenant.ts';
import { tenantTokens } from '../../../test/harness/tenant-tokens.ts';
import { openConnections } from '../../microsoft/connections.ts';
import { delivery, eml, recipient, sender } from '../delivery.sample.ts';
import type { SmtpCourier } from '../smtp/smtp-courier.ts';
import { defaultSmtpTimings } from '../smtp/smtp-link.ts';
import { exchangeCourier } from './exchange-submission.ts';

let tenant: PracticeTenant;
let couriers: SmtpCourier[] = [];

beforeEach(async () => {
  tenant = await startPracticeTenant({
    profile: 'unlimited',
    limits: { smtpConnectionsPerMailbox: 3 },
    users: [sender, recipient],
    smtpPort: 0,
  });
});
afterEach(async () => {
  await Promise.all(couriers.map((courier) => courier.close()));
  couriers = [];
  await tenant.close();
});

function setUp({ ca = tenant.caPem, roles = ['SMTP.SendAsApp'], severalSenders = false, maxMessageBytes = 35e6 } = {}) {
  const { app, secret } = tenant.addApp({ roles });
  const { exchange } = tenant.directory.state;
  exchange.smtpClientAuthenticationDisabled = false;
  exchange.servicePrincipals = [{ objectId: app.servicePrincipalId, appId: app.clientId, displayName: 'Mailroom' }];
  mailbox().fullAccess = [{ trusteeId: app.servicePrincipalId, effectiveAt: 0 }];
  const connections = openConnections({ ca: tenant.caPem });
  const tokens = tenantTokens(tenant, app.clientId, secret, connections, { resource: 'https://outlook.office365.com' });
  const courier = exchangeCourier({
    server: {
      host: 'localhost',
      port: tenant.smtpPort ?? 0,
      tls: 'starttls',
      ca: [...getCACertificates('default'), ca],
      name: 'mail.contoso.example',
      timings: defaultSmtpTimings,
    },
    tokens,
    connections,
    severalSenders,
    maxMessageBytes,
  });
  couriers.push(courier);
  return { app, courier, tokens };
}

const mailbox = () => tenant.directory.user(sender) ?? expect.fail();
const arrived = (address = recipient) => tenant.mailbox(address, 'inbox');
const replies = (stage: 'connect' | 'auth' | 'data', text: string, times = 1) =>
  tenant.enqueueFault({ endpoint: 'smtp', pathContains: stage, times, action: { kind: 'reply', stage, text } });
const logins = () => tenant.requests('token').length;

describe('mail by SMTP with OAuth', () => {
  test('the envelope decides, and the header stays whole but for Bcc', async () => {
    const { courier } = setUp();
    const bytes = eml(
      '.a dot\r\n..two\r\nGrüße',
      'Cc: stranger@elsewhere.example\r\nBcc: secret@elsewhere.example\r\n',
    );
    const end = await courier.send(delivery({ bytes, to: [recipient, 'blind@elsewhere.example'] }));
    expect(end).toMatchObject({ outcome: 'sent', answer: { status: 250 }, notes: ['Bcc was taken out of the header'] });
    const wanted = Buffer.from(bytes.toString('latin1').replace(/^Bcc:.*\r\n/m, ''), 'latin1');
    expect(Buffer.from(arrived()[0]?.raw ?? '').equals(wanted)).toBe(true);
    expect(arrived('blind@elsewhere.example')).toHaveLength(1);
    expect(arrived('stranger@elsewhere.example')).toHaveLength(0);
    expect(arrived('secret@elsewhere.example')).toHaveLength(0);
  });

  test('mail-of-the-corpus-arrives-byte-identical', async () => {
    const { courier } = setUp();
    const corpus = join(import.meta.dirname, '..', '..', '..', 'test', 'corpus');
    let same = 0;
    for (const name of globSync('**/*.eml', { cwd: corpus })) {
      // Sent by the mailbox itself, so that Exchange has nothing against it.
      const text = readFileSync(join(corpus, name), 'latin1').replace(/^From:.*(?:\r\n[ \t].*)*/im, `From: ${sender}`);
      const bytes = Buffer.from(text, 'latin1');
      // By SMTP a line ends in CR LF and nothing else, and Bcc is for nobody to read.
      if (/(?<!\r)\n|\r(?!\n)/.test(text) || !text.endsWith('\r\n') || /^(?:resent-)?bcc:/im.test(text)) continue;
      tenant.mailboxes.clear();
      const end = await courier.send(delivery({ bytes }));
      // With two fields From, or none that can be read, it is refused.
      if (end.outcome !== 'sent') expect({ name, ...end }).toMatchObject({ fault: 'send-as-denied' });
      else {
        expect({ name, same: Buffer.from(arrived()[0]?.raw ?? '').equals(bytes) }).toEqual({ name, same: true });
        same += 1;
      }
    }
    expect(same).toBeGreaterThan(20);
  });

  test('a connection is used again, and three stand beside each other', async () => {
    const { courier } = setUp();
    await Promise.all([1, 2, 3].map(() => courier.send(delivery())));
    const ends = await Promise.all([1, 2, 3].map(() => courier.send(delivery())));
    expect(ends.map(({ outcome }) => outcome)).toEqual(['sent', 'sent', 'sent']);
    expect(arrived()).toHaveLength(6);
    expect(logins()).toBe(1);
  });

  test('connection-that-was-closed-while-it-waited-costs-no-attempt', async () => {
    const { courier } = setUp();
    await courier.send(delivery());
    replies('data', '421 4.4.2 Connection dropped due to ConnectionAborted');
    // At the end of the data it is no stale connection any more: deferred, and the lane waits.
    expect(await courier.send(delivery())).toMatchObject({ outcome: 'deferred', scope: 'lane' });
    expect(await courier.send(delivery())).toMatchObject({ outcome: 'sent' });
  });

  test('a token that was revoked is tried once more as a fresh one', async () => {
    const { courier } = setUp();
    replies('auth', '535 5.7.3 Authentication unsuccessful [PRACTICE]');
    expect(await courier.send(delivery())).toMatchObject({ outcome: 'sent' });
    expect(logins()).toBe(2);
    expect(arrived()).toHaveLength(1);
  });

  test('answer-lost-after-the-last-byte-is-uncertain', async () => {
    const { courier } = setUp();
    replies('data', 'drop');
    expect(await courier.send(delivery())).toMatchObject({ outcome: 'uncertain', fault: 'no-answer' });
    expect(arrived()).toHaveLength(1);
  });

  test('a certificate that nobody vouches for stops the connector, and nothing goes out', async () => {
    const { createAppCertificate } = await import('../../microsoft/app-certificate.sample.ts');
    const { courier } = setUp({ ca: (await createAppCertificate()).certificatePem });
    const end = await courier.send(delivery());
    expect(end).toMatchObject({ outcome: 'deferred', scope: 'connector', fault: 'smtp-tls-failed' });
    expect(arrived()).toHaveLength(0);
  });

  test('an app without right on the mailbox, and a switch that is off, say so', async () => {
    const { courier } = setUp();
    mailbox().fullAccess = [];
    expect(await courier.send(delivery())).toMatchObject({ scope: 'connector', fault: 'smtp-mailbox-right' });
    mailbox().smtpClientAuthenticationDisabled = true;
    const { courier: second } = setUp({ severalSenders: true });
    expect(await second.send(delivery())).toMatchObject({ scope: 'lane', fault: 'smtp-auth-disabled' });
  });

  test('another sender is refused for this message alone', async () => {
    const { courier } = setUp();
    const end = await courier.send(delivery({ from: 'ceo@contoso.example' }));
    expect(end).toMatchObject({
      outcome: 'deferred',
      scope: 'message',
      fault: 'send-as-denied',
      answer: { code: '5.7.60' },
    });
  });

  test('what the server announces is its limit from then on, and a message beyond it fails at once', async () => {
    const { courier } = setUp({ maxMessageBytes: 1e9 });
    await courier.send(delivery());
    expect(courier.maxMessageBytes).toBe(157_286_400);
    mailbox().maxSendBytes = 1000;
    const end = await courier.send(delivery({ bytes: eml('x'.repeat(2000)) }));
    expect(end).toMatchObject({ outcome: 'failed', fault: 'too-large', answer: { status: 552 } });
  });

  test('broken off by a shutdown, a message that was not out is not sent', async () => {
    const { courier } = setUp();
    const stop = new AbortController();
    stop.abort();
    expect(await courier.send(delivery({ signal: stop.signal }))).toMatchObject({
      outcome: 'deferred',
      fault: 'network',
    });
    expect(arrived()).toHaveLength(0);
  });
});
