/** Tokens from the practice tenant, over TLS and by MSAL. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { createAppCertificate } from './app-certificate.sample.ts';
import { type Connections, openConnections } from './connections.ts';
import { TokenError } from './token-error.ts';
import { type Credential, TokenSource } from './token-source.ts';

let tenant: PracticeTenant;
let connections: Connections;
/** ms by which our clock is ahead of the world's. */
let ahead: number;

beforeEach(async () => {
  ahead = 0;
  tenant = await startPracticeTenant({ profile: 'unlimited' });
  connections = openConnections({ ca: tenant.caPem });
});
afterEach(async () => {
  await connections.destroy();
  await tenant.close();
});

function source(credential?: Credential, clientId?: string) {
  const { app, secret } = tenant.addApp({ roles: ['Mail.Send'] });
  const tokens = new TokenSource({
    login: tenant.origin,
    tenant: tenant.tenantId,
    clientId: clientId ?? app.clientId,
    credential: credential ?? { kind: 'secret', secret },
    resource: 'https://graph.microsoft.com',
    connections,
    now: () => Date.now() + ahead,
  });
  return { app, tokens };
}

const asked = () => tenant.requests('token').length;
const refusalOf = async (tokens: TokenSource) => {
  const error = await tokens.token().catch((caught: unknown) => caught);
  if (!(error instanceof TokenError)) throw new Error('no TokenError');
  return error.refusal;
};

describe('a token', () => {
  test('is asked for once, whoever wants it at the same time', async () => {
    const { tokens } = source();
    const all = await Promise.all(Array.from({ length: 20 }, () => tokens.token()));
    expect(new Set(all).size).toBe(1);
    await tokens.token();
    expect(asked()).toBe(1);
  });

  test('is renewed in the background before its end, without anybody waiting', async () => {
    const { tokens } = source();
    const first = await tokens.token();
    ahead = 55 * 60_000;
    expect(await tokens.token()).toBe(first);
    await tenant.takeRequest('token');
    await tenant.takeRequest('token');
    expect(asked()).toBe(2);
  });

  test('is not handed out in its last two minutes', async () => {
    const { tokens } = source();
    const first = await tokens.token();
    ahead = 58.5 * 60_000;
    expect(await tokens.token()).not.toBe(first);
  });

  test('whose-answer-was-long-in-coming-is-not-taken-to-last-longer', async () => {
    const { tokens } = source();
    tenant.enqueueFault({ endpoint: 'token', action: { kind: 'delay', ms: 100 } });
    const asking = tokens.token();
    await tenant.takeRequest('token');
    // Ten minutes go by between the making of the token and its answer.
    ahead = 10 * 60_000;
    const first = await asking;
    ahead = 58.5 * 60_000;
    expect(await tokens.token()).not.toBe(first);
  });

  test('that was refused is dropped, but not the one that has come since', async () => {
    const { tokens } = source();
    const first = await tokens.token();
    tokens.forget(first);
    const second = await tokens.token();
    tokens.forget(first);
    expect(await tokens.token()).toBe(second);
    expect(asked()).toBe(2);
  });

  test('comes by a certificate', async () => {
    const pair = await createAppCertificate();
    const { app } = tenant.addApp();
    app.addCertificate(pair.certificatePem);
    expect(await source({ kind: 'certificate', ...pair }, app.clientId).tokens.token()).toMatch(/^ey/);
  });
});

describe('a refusal', () => {
  test('says what Entra said: number, error, words, trace ID, status', async () => {
    const { app, tokens } = source();
    app.expireSecrets(0);
    const refusal = await refusalOf(tokens);
    expect(refusal).toMatchObject({ aadsts: 7000222, error: 'invalid_client', status: 401 });
    expect(refusal.traceId).toMatch(/^[0-9a-f-]{36}$/);
    expect(refusal.description).toContain('AADSTS7000222');
    expect(refusal.description).not.toContain('Trace ID');
  });

  test('of a certificate that the app does not hold', async () => {
    const { tokens } = source({ kind: 'certificate', ...(await createAppCertificate()) });
    expect(await refusalOf(tokens)).toMatchObject({ aadsts: 700027 });
  });

  test('does not outlive its cause by a minute, as MSAL would have it', async () => {
    const { tokens } = source();
    tenant.enqueueFault({ endpoint: 'token', action: { kind: 'answer', status: 503, retryAfterSeconds: 60 } });
    expect(await refusalOf(tokens)).toMatchObject({ status: 503, retryAfterMs: 60_000 });
    expect(await tokens.token()).toMatch(/^ey/);
  });

  test('without an answer has status 0 and a reason', async () => {
    const { tokens } = source();
    await tenant.close();
    const refusal = await refusalOf(tokens);
    expect(refusal).toMatchObject({ status: 0, aadsts: undefined });
    expect(refusal.description).toMatch(/ECONN|closed/);
    tenant = await startPracticeTenant({ profile: 'unlimited' });
  });

  test('of the certificate authority names TLS and sends no secret', async () => {
    const { app, secret } = tenant.addApp();
    const stranger = openConnections();
    const tokens = new TokenSource({
      login: tenant.origin,
      tenant: tenant.tenantId,
      clientId: app.clientId,
      credential: { kind: 'secret', secret },
      resource: 'https://graph.microsoft.com',
      connections: stranger,
      now: Date.now,
    });
    expect((await refusalOf(tokens)).description).toMatch(/certificate/i);
    expect(asked()).toBe(0);
    await stranger.destroy();
  });
});

test('a tenant or client ID that could lead the secret elsewhere is refused before anything is sent', () => {
  const shared = {
    login: tenant.origin,
    credential: { kind: 'secret', secret: 's' },
    resource: 'r',
    connections,
  } as const;
  const clientId = '72f988bf-86f1-41af-91ab-2d7cd011db47';
  expect(() => new TokenSource({ ...shared, tenant: 'evil.example/x', clientId, now: Date.now })).toThrow(RangeError);
  expect(() => new TokenSource({ ...shared, tenant: clientId, clientId: 'app', now: Date.now })).toThrow(RangeError);
});
