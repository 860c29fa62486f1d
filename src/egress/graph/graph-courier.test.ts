/** The courier against the practice tenant, over TLS, through everything that goes wrong between the two. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PracticeTenant, startPracticeTenant } from '../../../practice-tenant/tenant.ts';
import { tenantTokens } from '../../../test/harness/tenant-tokens.ts';
import { createAppCertificate } from '../../microsoft/app-certificate.sample.ts';
import { openConnections } from '../../microsoft/connections.ts';
import type { Credential } from '../../microsoft/token-source.ts';
import { delivery, eml, recipient, sender } from '../delivery.sample.ts';
import { GraphCourier, type GraphCourierOptions } from './graph-courier.ts';
import { maxMessageBytes } from './outgoing-mail.ts';

let tenant: PracticeTenant;
let couriers: GraphCourier[] = [];

beforeEach(async () => {
  tenant = await startPracticeTenant({
    profile: 'unlimited',
    users: [sender, recipient, 'ben@contoso.example', 'second@contoso.example'],
  });
});
afterEach(async () => {
  await Promise.all(couriers.map((courier) => courier.close()));
  couriers = [];
  await tenant.close();
});

interface Setup extends Partial<GraphCourierOptions> {
  readonly roles?: readonly string[];
  readonly credential?: Credential;
  readonly resource?: string;
}

function setUp(setup: Setup = {}) {
  const { app, secret } = tenant.addApp({ roles: setup.roles ?? ['Mail.Send'] });
  const connections = openConnections({ ca: tenant.caPem });
  const tokens = tenantTokens(
    tenant,
    app.clientId,
    setup.credential ?? secret,
    connections,
    setup.resource === undefined ? {} : { resource: setup.resource },
  );
  const courier = new GraphCourier({
    graph: tenant.origin,
    tokens,
    connections,
    severalSenders: false,
    readSentItems: false,
    now: Date.now,
    ...setup,
  });
  couriers.push(courier);
  return { app, courier, tokens };
}

const sendMails = () => tenant.requests('sendMail');
const answer = (status: number, code: string, more: object = {}) =>
  tenant.enqueueFault({
    endpoint: 'sendMail',
    action: { kind: 'answer', status, body: { error: { code, message: `${code} it is` } }, ...more },
  });
const cut = (when: 'before-body' | 'within-body' | 'after-body' | 'after-accepting', afterBytes = 1024) =>
  tenant.enqueueFault({ endpoint: 'sendMail', action: { kind: 'cut', when, afterBytes } });
const arrived = () => tenant.mailbox(recipient, 'inbox');
const large = () => eml('0123456789abcdef'.repeat(150_000));

describe('a message that is taken', () => {
  test('arrives with its bytes below the root header as they came', async () => {
    const { courier } = setUp();
    const bytes = eml('Grüße = =\r\n..dot\r\n\xff', 'MIME-Version: 1.0\r\nX-Odd:   kept  \r\n');
    const mail = delivery({ bytes });
    expect(await courier.send(mail)).toMatchObject({ outcome: 'sent', answer: { status: 202 }, notes: [] });
    expect(arrived()).toHaveLength(1);
    expect(Buffer.from(arrived()[0]?.raw ?? '').equals(bytes)).toBe(true);
    expect(sendMails()[0]?.clientRequestId).toBe(mail.clientRequestId);
  });

  test('of nearly the largest size arrives whole', async () => {
    const { courier } = setUp();
    const bytes = eml('x'.repeat(maxMessageBytes - 300));
    expect(bytes.length).toBeLessThanOrEqual(maxMessageBytes);
    expect(await courier.send(delivery({ bytes }))).toMatchObject({ outcome: 'sent' });
    expect(Buffer.from(arrived()[0]?.raw ?? '').equals(bytes)).toBe(true);
  });

  test('tells in its notes who was trimmed and who is blind', async () => {
    const { courier } = setUp();
    const bytes = eml('Text', 'Cc: customer@world.example\r\n');
    const result = await courier.send(delivery({ bytes, to: [recipient, 'ben@contoso.example'] }));
    expect(result).toMatchObject({ outcome: 'sent' });
    expect(result.notes.join('\n')).toContain('customer@world.example');
    expect(result.notes.join('\n')).toMatch(/blind copies: ben@contoso\.example/);
    expect(tenant.mailbox('customer@world.example')).toHaveLength(0);
    expect(tenant.mailbox('ben@contoso.example', 'inbox')).toHaveLength(1);
  });

  test('goes out by a certificate too', async () => {
    const { certificate, app } = await withCertificate();
    const { courier } = setUpFor(app.clientId, certificate);
    expect(await courier.send(delivery())).toMatchObject({ outcome: 'sent' });
  });

  test('leaves no copy in Sent Items by the JSON form', async () => {
    const { courier } = setUp();
    const result = await courier.send(delivery({ route: { form: 'json', saveToSentItems: false } }));
    expect(result).toMatchObject({ outcome: 'sent' });
    expect(arrived()).toHaveLength(1);
    expect(tenant.mailbox(sender, 'sentitems')).toHaveLength(0);
  });

  test('quoted-printable-that-graph-mangles-is-repaired-where-the-connector-asks-for-it', async () => {
    const text = 'Gesch=C3=A4ftsst=\r\n=C3=A4tte';
    const bytes = eml(
      text,
      'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n',
    );
    const repairing = await setUp({ repairsQuotedPrintable: true }).courier.send(delivery({ bytes }));
    expect(repairing.notes.join()).toContain('sent as base64');
    const leaving = await setUp().courier.send(delivery({ bytes }));
    expect(leaving.notes).toEqual([]);
    const [first, second] = arrived().map(({ raw }) => raw?.toString());
    expect(first).toContain(Buffer.from('Geschäftsstätte\r\n').toString('base64'));
    expect(second).toContain(text);
  });

  test('is sent from the system account where the route says so, and says it in the notes', async () => {
    const { courier } = setUp();
    const bytes = Buffer.from(eml().toString().replace(`<${sender}>`, '<app@elsewhere.example>'));
    const result = await courier.send(delivery({ bytes, route: { fromHeader: 'system-account' } }));
    expect(result).toMatchObject({ outcome: 'sent' });
    expect(result.notes.join()).toContain('app@elsewhere.example');
  });
});

async function withCertificate() {
  const pair = await createAppCertificate();
  const { app } = tenant.addApp({ roles: ['Mail.Send'] });
  app.addCertificate(pair.certificatePem);
  return { app, certificate: { kind: 'certificate', ...pair } as const };
}

function setUpFor(clientId: string, credential: Credential) {
  const connections = openConnections({ ca: tenant.caPem });
  const tokens = tenantTokens(tenant, clientId, credential, connections);
  const options = { graph: tenant.origin, tokens, connections, severalSenders: false, readSentItems: false };
  const courier = new GraphCourier({ ...options, now: Date.now });
  couriers.push(courier);
  return { courier };
}

describe('throttling', () => {
  test('retry-after-in-seconds-is-obeyed by the lane', async () => {
    const { courier } = setUp();
    answer(429, 'ApplicationThrottled', { retryAfterSeconds: 17 });
    expect(await courier.send(delivery())).toMatchObject({
      outcome: 'deferred',
      scope: 'lane',
      fault: 'throttled',
      retryAfterMs: 17_000,
      answer: { status: 429, code: 'ApplicationThrottled' },
    });
  });

  test('retry-after-date-is-obeyed', async () => {
    const { courier } = setUp();
    answer(429, 'TooManyRequests', { retryAfterSeconds: 60, retryAfterAs: 'date' });
    const result = await courier.send(delivery());
    if (result.outcome !== 'deferred') throw new Error(result.outcome);
    expect(result.retryAfterMs).toBeGreaterThan(55_000);
    expect(result.retryAfterMs).toBeLessThan(65_000);
  });

  test('an outage is the lane’s and keeps its Retry-After', async () => {
    const { courier } = setUp();
    answer(503, 'ServiceUnavailable', { retryAfterSeconds: 5 });
    expect(await courier.send(delivery())).toMatchObject({ outcome: 'deferred', scope: 'lane', retryAfterMs: 5_000 });
  });
});

describe('a connection that breaks', () => {
  test('timeout-after-the-last-byte-is-uncertain', async () => {
    const { courier } = setUp({ timings: { answerMs: 100 } });
    tenant.enqueueFault({ endpoint: 'sendMail', action: { kind: 'delay', ms: 60_000 } });
    expect(await courier.send(delivery())).toMatchObject({ outcome: 'uncertain', fault: 'no-answer' });
  });

  test.each(['after-body', 'after-accepting'] as const)('%s is uncertain', async (when) => {
    const { courier } = setUp();
    cut(when);
    expect(await courier.send(delivery())).toMatchObject({ outcome: 'uncertain', fault: 'no-answer' });
    expect(arrived()).toHaveLength(when === 'after-accepting' ? 1 : 0);
  });

  test('a gateway that lost the answer leaves it uncertain, whether it lies or not', async () => {
    const { courier } = setUp();
    answer(504, 'GatewayTimeout', { acceptAnyway: true });
    expect(await courier.send(delivery())).toMatchObject({ outcome: 'uncertain', fault: 'gateway-timeout' });
    expect(arrived()).toHaveLength(1);
  });

  test('nobody listening is a network fault, and certainly not sent', async () => {
    const { courier } = setUp({ graph: 'https://localhost:1' });
    expect(await courier.send(delivery())).toMatchObject({ outcome: 'deferred', scope: 'lane', fault: 'network' });
  });

  test('retry-posts-the-body-again, whole', async () => {
    const { courier } = setUp();
    const bytes = large();
    cut('after-body');
    const mail = delivery({ bytes });
    expect(await courier.send(mail)).toMatchObject({ outcome: 'uncertain' });
    expect(await courier.send(mail)).toMatchObject({ outcome: 'sent' });
    expect(Buffer.from(arrived()[0]?.raw ?? '').equals(bytes)).toBe(true);
  });

  test('a drain that breaks it off after the last byte leaves it uncertain', async () => {
    const { courier } = setUp();
    tenant.enqueueFault({ endpoint: 'sendMail', action: { kind: 'delay', ms: 60_000 } });
    const drain = new AbortController();
    const attempt = courier.send(delivery({ signal: drain.signal }));
    await tenant.takeRequest('sendMail');
    drain.abort();
    expect(await attempt).toMatchObject({ outcome: 'uncertain', fault: 'no-answer' });
  });

  test('a drain before anything went out leaves it certainly not sent', async () => {
    const { courier } = setUp();
    expect(await courier.send(delivery({ signal: AbortSignal.abort() }))).toMatchObject({ outcome: 'deferred' });
    expect(sendMails()).toHaveLength(0);
  });
});

describe('doubts and Sent Items', () => {
  test('what is found in Sent Items is sent', async () => {
    const { courier } = setUp({ readSentItems: true, roles: ['Mail.Send', 'Mail.Read'] });
    answer(504, 'GatewayTimeout', { acceptAnyway: true });
    expect(await courier.send(delivery())).toMatchObject({ outcome: 'sent' });
  });

  test('what an earlier attempt has sent is not sent a second time', async () => {
    const { courier } = setUp({ readSentItems: true, roles: ['Mail.Send', 'Mail.Read'] });
    const bytes = eml();
    await courier.send(delivery({ bytes }));
    expect(await courier.send(delivery({ bytes, message: { maybeSent: true } }))).toMatchObject({ outcome: 'sent' });
    expect(arrived()).toHaveLength(1);
  });

  test('what is not found stays uncertain', async () => {
    const { courier } = setUp({ readSentItems: true, roles: ['Mail.Send', 'Mail.Read'] });
    cut('after-body');
    expect(await courier.send(delivery())).toMatchObject({ outcome: 'uncertain' });
  });

  test('an app that may not read leaves the doubt as it is', async () => {
    const { courier } = setUp({ readSentItems: true });
    answer(504, 'GatewayTimeout');
    const result = await courier.send(delivery());
    expect(result).toMatchObject({ outcome: 'uncertain' });
    expect(result.notes.join()).toContain('unknown');
  });
});

describe('faults of the connector', () => {
  test('an expired secret is the connector’s fault and not the message’s', async () => {
    const { app, courier } = setUp();
    app.expireSecrets(Date.now() - 1000);
    const result = await courier.send(delivery());
    expect(result).toMatchObject({ outcome: 'deferred', scope: 'connector', fault: 'credential-expired' });
    expect(result.answer.code).toBe('AADSTS7000222');
    expect(result.answer.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(sendMails()).toHaveLength(0);
  });

  test('a wrong secret never shows in what is kept', async () => {
    const { courier } = setUp({ credential: { kind: 'secret', secret: 'not-the-secret-at-all' } });
    const result = await courier.send(delivery());
    expect(result).toMatchObject({ outcome: 'deferred', scope: 'connector', fault: 'credential-wrong' });
    expect(JSON.stringify(result)).not.toContain('not-the-secret');
  });

  test('withdrawn consent pauses, and consent given again is seen at once in spite of the cached token', async () => {
    const { app, courier } = setUp({ roles: [] });
    const fault = { outcome: 'deferred', scope: 'connector', fault: 'permission-missing' };
    expect(await courier.send(delivery())).toMatchObject(fault);
    app.grant('Mail.Send');
    expect(await courier.send(delivery())).toMatchObject({ outcome: 'sent' });
  });

  test('a policy that leaves the only mailbox out pauses the connector, and only the lane when there are several', async () => {
    const { app, courier } = setUp();
    const policies = [
      { clientId: app.clientId, right: 'RestrictAccess', mailboxes: ['second@contoso.example'] },
    ] as const;
    tenant.setAccessPolicies(policies);
    const fault = { outcome: 'deferred', fault: 'mailbox-not-allowed' };
    expect(await courier.send(delivery())).toMatchObject({ ...fault, scope: 'connector' });
    const several = setUp({ severalSenders: true });
    tenant.setAccessPolicies([{ ...policies[0], clientId: several.app.clientId }]);
    expect(await several.courier.send(delivery())).toMatchObject({ ...fault, scope: 'lane' });
  });

  test('a token for another audience is tried afresh once, then pauses', async () => {
    const { courier } = setUp();
    answer(401, 'InvalidAuthenticationToken');
    expect(await courier.send(delivery())).toMatchObject({ outcome: 'sent' });
    expect(tenant.requests('token')).toHaveLength(2);
    answer(401, 'InvalidAuthenticationToken', { times: 1 });
    answer(401, 'InvalidAuthenticationToken');
    expect(await courier.send(delivery())).toMatchObject({
      outcome: 'deferred',
      scope: 'connector',
      fault: 'token-refused',
    });
  });

  test('a sender that does not exist is not final', async () => {
    const { courier } = setUp();
    const result = await courier.send(delivery({ route: { sender: 'nobody@contoso.example' } }));
    expect(result).toMatchObject({ outcome: 'deferred', scope: 'connector', fault: 'mailbox-unknown' });
  });

  test('a sign-in service that is down for a moment is asked again at once, in spite of what MSAL remembers', async () => {
    const { courier } = setUp();
    tenant.enqueueFault({ endpoint: 'token', action: { kind: 'answer', status: 503, retryAfterSeconds: 120 } });
    expect(await courier.send(delivery())).toMatchObject({
      outcome: 'deferred',
      scope: 'lane',
      fault: 'token-unavailable',
      retryAfterMs: 120_000,
    });
    expect(await courier.send(delivery())).toMatchObject({ outcome: 'sent' });
  });

  test('a page of a proxy in place of a token is no crash', async () => {
    const { courier } = setUp();
    tenant.enqueueFault({ endpoint: 'token', action: { kind: 'answer', status: 403, body: '<html>Blocked</html>' } });
    expect(await courier.send(delivery())).toMatchObject({
      outcome: 'deferred',
      scope: 'connector',
      fault: 'token-unlisted',
    });
  });
});

describe('messages that can never go', () => {
  test('one over the limit fails before anything is sent', async () => {
    const { courier } = setUp();
    const result = await courier.send(delivery({ bytes: eml('x'.repeat(3_200_000)) }));
    expect(result).toMatchObject({ outcome: 'failed', fault: 'too-large' });
    expect(sendMails()).toHaveLength(0);
  });

  test('a body that cannot be read is not posted empty', async () => {
    const { courier } = setUp();
    const mail = { ...delivery(), bytes: () => Promise.reject(new Error('disk on fire')) };
    expect(await courier.send(mail)).toMatchObject({
      outcome: 'deferred',
      scope: 'message',
      fault: 'message-unreadable',
    });
    expect(sendMails()).toHaveLength(0);
  });
});
