import 'reflect-metadata';
import { createHash, generateKeyPairSync, randomUUID, webcrypto } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { X509CertificateGenerator } from '@peculiar/x509';
import { SignJWT } from 'jose';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PracticeTenant, startPracticeTenant } from '../tenant.ts';
import { aadstsCodes, aadstsOf } from './entra-error.ts';
import { onDemandRows } from './on-demand-rows.ts';

const scope = 'https://graph.microsoft.com/.default';
const redirect = 'https://ecase.contoso.example/back';
const bearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const device = 'urn:ietf:params:oauth:grant-type:device_code';
const reference = join(import.meta.dirname, '../../../shared/reference/microsoft365.md');

let tenant: PracticeTenant;
let agent: Agent;

beforeAll(async () => {
  tenant = await startPracticeTenant({ profile: 'unlimited', elsewhere: { 'fabrikam.us': 'us-gov' } });
  tenant.addUser('ada@contoso.example');
  agent = new Agent({ connect: { ca: tenant.caPem } });
});
afterAll(async () => {
  await agent.close();
  await tenant.close();
});

type Form = Readonly<Record<string, string>>;

async function post(form: Form, path = `${tenant.tenantId}/oauth2/v2.0/token`, headers: Form = {}) {
  const answer = await fetch(`${tenant.origin}/${path}`, {
    dispatcher: agent,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
  });
  const body: Record<string, unknown> = Object(await answer.json());
  return { status: answer.status, headers: answer.headers, body };
}

/** A new app with its secret, and what asks for a token with it. */
function client(options: Parameters<PracticeTenant['addApp']>[0] = {}) {
  const { app, secret } = tenant.addApp({ redirectUris: [redirect], ...options });
  const asks = { grant_type: 'client_credentials', client_id: app.clientId, client_secret: secret, scope };
  return { app, asks, without: { grant_type: 'client_credentials', client_id: app.clientId, scope } };
}

/** A code that somebody was given at the sign-in page. */
function codeFor(clientId: string, wishes: { challenge?: string; scopes?: readonly string[]; userId?: string } = {}) {
  const { challenge, scopes = ['User.Read'], userId } = wishes;
  const code = tenant.service.grants.addCode({
    tenantId: tenant.tenantId,
    clientId,
    userId: userId ?? tenant.directory.user('ada@contoso.example')?.id ?? '',
    scopes: [...scopes],
    redirectUri: redirect,
    challenge: challenge === undefined ? undefined : { method: 'plain', value: challenge },
    nonce: undefined,
  });
  return { grant_type: 'authorization_code', client_id: clientId, code, redirect_uri: redirect };
}

async function assertionOf(clientId: string, claims: Record<string, unknown>, subject = clientId, minutes = 5) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const at = Math.floor(tenant.clock.now() / 1000);
  return new SignJWT({
    iss: clientId,
    sub: subject,
    aud: `${tenant.origin}/${tenant.tenantId}/oauth2/v2.0/token`,
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', x5t: 'nobody' })
    .setNotBefore(at)
    .setExpirationTime(at + minutes * 60)
    .sign(privateKey);
}

const withAssertion = (asks: Form, assertion: string) => ({
  ...asks,
  client_assertion_type: bearer,
  client_assertion: assertion,
});

async function deviceGrant(): Promise<{ readonly asks: Form; readonly code: string }> {
  const { app } = client({ publicClient: true });
  const { body } = await post(
    { client_id: app.clientId, scope: 'User.Read' },
    `${tenant.tenantId}/oauth2/v2.0/devicecode`,
  );
  const code = String(body['device_code']);
  return { code, asks: { grant_type: device, client_id: app.clientId, device_code: code } };
}

/** Each code with its `error` and status, by a request that really leads to it. */
const rows: readonly (readonly [code: number, error: string, status: number, ask: () => ReturnType<typeof post>])[] = [
  [7000215, 'invalid_client', 401, () => post({ ...client().asks, client_secret: randomUUID() })],
  [
    7000222,
    'invalid_client',
    401,
    () => {
      const { app, asks } = client();
      app.expireSecrets(tenant.clock.now() - 1);
      return post(asks);
    },
  ],
  [7000218, 'invalid_client', 401, () => post(client().without)],
  [700016, 'unauthorized_client', 400, () => post({ ...client().asks, client_id: randomUUID() })],
  [
    7000112,
    'unauthorized_client',
    400,
    () => {
      const { app, asks } = client();
      app.disabled = true;
      return post(asks);
    },
  ],
  [90002, 'invalid_request', 400, () => post(client().asks, 'nowhere.example/oauth2/v2.0/token')],
  [90038, 'invalid_request', 400, () => post(client().asks, 'Fabrikam.US/oauth2/v2.0/token')],
  [
    700027,
    'invalid_client',
    401,
    async () => {
      const { app, without } = client();
      return post(withAssertion(without, await assertionOf(app.clientId, {})));
    },
  ],
  [50012, 'invalid_client', 401, () => post(withAssertion(client().without, 'no.jwt.at-all'))],
  [
    700213,
    'invalid_client',
    401,
    async () => post(withAssertion(client().without, await assertionOf('https://issuer.example', {}, 'repo:a'))),
  ],
  [
    7002138,
    'invalid_client',
    401,
    async () => {
      const { app, without } = client();
      federate(app.application.federatedIdentityCredentials, 'https://issuer.example', 'Repo:A');
      return post(withAssertion(without, await assertionOf('https://issuer.example', { aud: audience }, 'repo:a')));
    },
  ],
  [
    7000272,
    'invalid_client',
    401,
    async () => {
      const { app, without } = client();
      federate(app.application.federatedIdentityCredentials, 'http://127.0.0.1:9', 'repo:a');
      return post(withAssertion(without, await assertionOf('http://127.0.0.1:9', { aud: audience }, 'repo:a')));
    },
  ],
  [1002012, 'invalid_scope', 400, () => post({ ...client().asks, scope: 'https://graph.microsoft.com/Mail.Send' })],
  [70011, 'invalid_scope', 400, () => post({ ...client().asks, scope: 'Mail.Send' })],
  [
    700022,
    'invalid_scope',
    400,
    () => post({ ...client().asks, scope: `${scope} https://outlook.office365.com/.default` }),
  ],
  [500011, 'invalid_resource', 400, () => post({ ...client().asks, scope: 'https://nowhere.example/.default' })],
  [900144, 'invalid_request', 400, () => post({ grant_type: 'client_credentials' })],
  [9001023, 'invalid_request', 400, () => post(client().asks, 'common/oauth2/v2.0/token')],
  [70003, 'unsupported_grant_type', 400, () => post({ ...client().asks, grant_type: 'password' })],
  [9002326, 'invalid_request', 400, () => post(client().asks, undefined, { origin: 'https://spa.example' })],
  [901002, 'invalid_request', 400, () => post({ ...client().asks, resource: 'https://graph.microsoft.com' })],
  [
    700025,
    'invalid_client',
    401,
    () => {
      const { app, asks } = client();
      app.application.publicClient.redirectUris.push(redirect);
      return post({ ...asks, ...codeFor(app.clientId) });
    },
  ],
  [
    54005,
    'invalid_grant',
    400,
    async () => {
      const { app, asks } = client();
      const form = { ...asks, scope: 'openid', ...codeFor(app.clientId, { scopes: ['openid'] }) };
      expect((await post(form)).status).toBe(200);
      return post(form);
    },
  ],
  [
    70008,
    'invalid_grant',
    400,
    () => {
      const { app, asks } = client();
      const form = { ...asks, ...codeFor(app.clientId) };
      tenant.clock.advance(3_600_000);
      return post(form);
    },
  ],
  [70000, 'invalid_grant', 400, () => post({ ...client().asks, grant_type: 'refresh_token', refresh_token: 'x' })],
  [
    501481,
    'invalid_grant',
    400,
    () => {
      const { app, asks } = client();
      return post({ ...asks, ...codeFor(app.clientId, { challenge: 'right' }), code_verifier: 'wrong' });
    },
  ],
  [
    50011,
    'invalid_request',
    400,
    () => {
      const { app, asks } = client();
      return post({ ...asks, ...codeFor(app.clientId), redirect_uri: 'https://elsewhere.example' });
    },
  ],
  [
    65001,
    'invalid_grant',
    400,
    () => {
      const { app, asks } = client();
      return post({ ...asks, ...codeFor(app.clientId), scope: 'User.Read' });
    },
  ],
  [
    50057,
    'invalid_grant',
    400,
    () => {
      const { app, asks } = client();
      const { id } = tenant.addUser(`${randomUUID()}@contoso.example`, { accountEnabled: false });
      return post({ ...asks, ...codeFor(app.clientId, { userId: id }) });
    },
  ],
  [70016, 'authorization_pending', 400, async () => post((await deviceGrant()).asks)],
  [70018, 'bad_verification_code', 400, async () => post({ ...(await deviceGrant()).asks, device_code: 'x' })],
  [
    70019,
    'expired_token',
    400,
    async () => {
      const { asks } = await deviceGrant();
      tenant.clock.advance(3_600_000);
      return post(asks);
    },
  ],
  [
    70020,
    'authorization_declined',
    400,
    async () => {
      const { asks, code } = await deviceGrant();
      const grant = tenant.service.grants.device(code) ?? expect.fail();
      grant.state = { kind: 'declined' };
      return post(asks);
    },
  ],
  [
    50049,
    'invalid_instance',
    400,
    async () => {
      const asked = encodeURIComponent('https://evil.example/common/oauth2/v2.0/authorize');
      const url = `${tenant.origin}/common/discovery/instance?api-version=1.1&authorization_endpoint=${asked}`;
      const answer = await fetch(url, { dispatcher: agent });
      return { status: answer.status, headers: answer.headers, body: Object(await answer.json()) };
    },
  ],
];

const exponent = new Uint8Array([1, 0, 1]);
const audience = 'api://AzureADTokenExchange';

function federate(
  credentials: {
    id: string;
    name: string;
    issuer: string;
    subject: string;
    audiences: string[];
    description: null | string;
  }[],
  issuer: string,
  subject: string,
): void {
  credentials.push({ id: randomUUID(), name: 'f', issuer, subject, audiences: [audience], description: null });
}

function expectRefusal(answer: Awaited<ReturnType<typeof post>>, code: number, error: string, status: number): void {
  expect({ code: answer.body['error_codes'], error: answer.body['error'], status: answer.status }).toEqual({
    code: [code],
    error,
    status,
  });
  const { error_description, trace_id, correlation_id, timestamp, error_uri } = answer.body;
  expect(error_description).toMatch(new RegExp(`^AADSTS${code}: \\S`));
  expect(String(error_description)).toContain(
    `Trace ID: ${trace_id} Correlation ID: ${correlation_id} Timestamp: ${timestamp}`,
  );
  expect(timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
  expect(error_uri).toBe(`https://login.microsoftonline.com/error?code=${code}`);
  expect(answer.headers.get('x-ms-request-id')).toBe(trace_id);
}

describe('a refusal of Entra, by what leads to it', () => {
  test.each(rows)('AADSTS%d is %s with %d', async (code, error, status, ask) => {
    expectRefusal(await ask(), code, error, status);
  });

  test('AADSTS700024 names the times, so that a wrong clock can be seen', async () => {
    // The tests before have moved it.
    tenant.clock.advance(-tenant.clock.offsetMs);
    const { app, without } = client();
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: exponent };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name: 'CN=app',
      keys,
      signingAlgorithm: algorithm,
    });
    app.addCertificate(certificate.toString('pem'));
    const at = Math.floor(tenant.clock.now() / 1000);
    const x5t = createHash('sha1').update(Buffer.from(certificate.rawData)).digest('base64url');
    const ofHours = (from: number, to: number) =>
      new SignJWT({
        iss: app.clientId,
        sub: app.clientId,
        aud: `${tenant.origin}/${tenant.tenantId}/oauth2/v2.0/token`,
      })
        .setProtectedHeader({ alg: 'RS256', x5t })
        .setNotBefore(at + from * 3600)
        .setExpirationTime(at + to * 3600)
        .sign(keys.privateKey);
    expect((await post(withAssertion(without, await ofHours(0, 1)))).status).toBe(200);
    expectRefusal(await post(withAssertion(without, await ofHours(2, 3))), 700024, 'invalid_client', 401);
    const answer = await post(withAssertion(without, await ofHours(-3, -2)));
    expectRefusal(answer, 700024, 'invalid_client', 401);
    expect(answer.body['error_description']).toMatch(
      /Current time: \S+Z, assertion valid from \S+Z, expiry time of assertion/,
    );
    // A client goes by its machine's clock, which is not wrong because the tenant's time was moved.
    tenant.clock.advance(2 * 3_600_000);
    expect((await post(withAssertion(without, await ofHours(0, 1)))).status).toBe(200);
    expect((await post(withAssertion(without, await ofHours(2, 3)))).status).toBe(200);
    expectRefusal(await post(withAssertion(without, await ofHours(4, 5))), 700024, 'invalid_client', 401);
    tenant.clock.advance(-2 * 3_600_000);
  });

  test.each(Object.entries(onDemandRows))('AADSTS%s is given where a fault asks for it', async (code, row) => {
    tenant.enqueueFault({ endpoint: 'token', action: { kind: 'entra', code: aadstsOf(Number(code)) } });
    const correlation = randomUUID();
    const answer = await post({ ...client().asks, 'client-request-id': correlation });
    expectRefusal(answer, Number(code), row.error, row.status);
    expect(answer.body['correlation_id']).toBe(correlation);
    expect(answer.headers.has('retry-after')).toBe(row.status === 429 || row.status === 503);
  });

  test('no code is left that nothing leads to', () => {
    const reached = [...rows.map(([code]) => code), 700024, ...Object.keys(onDemandRows).map(Number)];
    expect([...reached].sort()).toEqual([...aadstsCodes].sort());
  });

  test.skipIf(!existsSync(reference))('every code of the reference has a row', () => {
    const [, table = ''] = /## 1\.([\s\S]*?)\n## 2\./.exec(readFileSync(reference, 'utf8')) ?? [];
    const codes = [...table.matchAll(/^\| ([\d][^|]*) \|/gm)].flatMap(([, cell = '']) => cell.match(/\d{5,7}/g) ?? []);
    const also = ['90006', '90024', '90033'];
    expect([...codes, ...also].filter((code) => !aadstsCodes.map(String).includes(code))).toEqual([]);
    expect(codes.length).toBeGreaterThan(35);
  });
});
