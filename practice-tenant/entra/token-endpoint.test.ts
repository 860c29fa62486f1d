import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openTokenIssuer, type TokenIssuer } from '../../test/harness/token-issuer.ts';
import { addPassword } from '../directory/applications.ts';
import type { PracticeApp } from '../practice-app.ts';
import { type PracticeTenant, startPracticeTenant } from '../tenant.ts';

const subject = 'repo:contoso/mail:ref:refs/heads/main';
const audience = 'api://AzureADTokenExchange';
const scope = 'https://graph.microsoft.com/.default';

let tenant: PracticeTenant;
let agent: Agent;
let app: PracticeApp;
let secret: string;
let issuer: string;
let trusted: TokenIssuer;

beforeAll(async () => {
  tenant = await startPracticeTenant({ limits: { credentialDelayMs: 15_000 } });
  agent = new Agent({ connect: { ca: tenant.caPem } });
  trusted = await openTokenIssuer();
  ({ issuer } = trusted);
});
afterAll(async () => {
  trusted[Symbol.dispose]();
  await agent.close();
  await tenant.close();
});
beforeEach(() => {
  ({ app, secret } = tenant.addApp());
  const credential = { id: 'f', name: 'pipeline', issuer, subject, audiences: [audience], description: null };
  app.application.federatedIdentityCredentials.push(credential);
});

async function post(form: Record<string, string>, path = 'oauth2/v2.0/token', headers: Record<string, string> = {}) {
  const answer = await fetch(`${tenant.origin}/${tenant.tenantId}/${path}`, {
    dispatcher: agent,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: app.clientId, ...form }).toString(),
  });
  const body: Record<string, unknown> = Object(await answer.json());
  return { status: answer.status, body };
}

function assertion(claims: { iss?: string; sub?: string; aud?: string } = {}, kid = 'one'): Promise<string> {
  return trusted.assertion({ sub: subject, aud: audience, ...claims }, kid);
}
const federated = (client_assertion: string) =>
  post({
    scope,
    client_assertion,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  });

describe('a federated credential', () => {
  test('gets a token by what the issuer signed', async () => {
    const { status, body } = await federated(await assertion());
    expect(status).toBe(200);
    const check = await tenant.service.tokens.check(String(body['access_token']));
    expect(check).toMatchObject({ valid: true, claims: { appid: app.clientId, roles: ['Mail.Send'] } });
  });

  test.each<[string, { iss?: string; sub?: string; aud?: string }, string, number]>([
    ['another subject', { sub: 'repo:contoso/other' }, 'one', 700213],
    ['a subject in other capitals', { sub: subject.toUpperCase() }, 'one', 7002138],
    ['another audience', { aud: 'api://elsewhere' }, 'one', 700213],
    ['another issuer', { iss: 'http://127.0.0.1:9' }, 'one', 700213],
    ['a key that the issuer does not publish', {}, 'two', 7000272],
  ])('is refused for %s', async (_what, claims, kid, code) => {
    const { status, body } = await federated(await assertion(claims, kid));
    expect({ status, codes: body['error_codes'] }).toEqual({ status: 401, codes: [code] });
  });

  test('whose issuer does not answer is refused as such', async () => {
    const gone = {
      id: 'g',
      name: 'gone',
      issuer: 'http://127.0.0.1:9',
      subject,
      audiences: [audience],
      description: null,
    };
    app.application.federatedIdentityCredentials.push(gone);
    const { body } = await federated(await assertion({ iss: 'http://127.0.0.1:9' }));
    expect(body).toMatchObject({ error: 'invalid_client', error_codes: [7000272] });
  });
});

describe('the token endpoint', () => {
  test('of version 1 takes a resource, and writes its numbers as strings', async () => {
    const { status, body } = await post(
      { client_secret: secret, resource: 'https://graph.microsoft.com' },
      'oauth2/token',
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      expires_in: expect.stringMatching(/^\d{4}$/),
      resource: 'https://graph.microsoft.com',
    });
    expect(await post({ client_secret: secret, scope, resource: 'x' })).toMatchObject({
      body: { error_codes: [901002] },
    });
  });

  test('gives tokens that live between 60 and 90 minutes at random, or as long as the profile says', async () => {
    const lifetimes = await Promise.all(
      Array.from({ length: 20 }, async () => Number((await post({ client_secret: secret, scope })).body['expires_in'])),
    );
    expect(new Set(lifetimes).size).toBeGreaterThan(1);
    expect(Math.min(...lifetimes)).toBeGreaterThanOrEqual(3599);
    expect(Math.max(...lifetimes)).toBeLessThanOrEqual(5399);
    const spread = tenant.profile.accessTokenSpreadSeconds;
    tenant.profile.accessTokenSpreadSeconds = 0;
    const { body } = await post({ client_secret: secret, scope });
    tenant.profile.accessTokenSpreadSeconds = spread;
    const claims = JSON.parse(Buffer.from(String(body['access_token']).split('.')[1] ?? '', 'base64url').toString());
    expect([body['expires_in'], claims.exp - claims.iat]).toEqual([3599, 3599]);
  });

  test('takes no secret from a browser', async () => {
    const { body } = await post({ client_secret: secret, scope }, undefined, { origin: 'https://app.contoso.example' });
    expect(body).toMatchObject({ error: 'invalid_request', error_codes: [9002326] });
  });

  test('knows a new secret only after a while', async () => {
    const fresh = addPassword(tenant.directory, app.application, {}, tenant.clock.now(), tenant.profile);
    expect((await post({ client_secret: fresh.secretText, scope })).body).toMatchObject({ error_codes: [7000215] });
    tenant.clock.advance(16_000);
    expect((await post({ client_secret: fresh.secretText, scope })).status).toBe(200);
  });

  test('gives tokens for Exchange by its own name, and for nothing that is not there', async () => {
    expect((await post({ client_secret: secret, scope: 'https://outlook.office365.com/.default' })).status).toBe(200);
    expect((await post({ client_secret: secret, scope: 'https://nowhere.example/.default' })).body).toMatchObject({
      error_codes: [500011],
    });
  });
});
