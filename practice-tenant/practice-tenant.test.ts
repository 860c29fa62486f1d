import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfidentialClientApplication } from '@azure/msal-node';
import fc from 'fast-check';
import * as oauth from 'oauth4webapi';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { available } from '../test/harness/available.ts';
import { temporaryFolder } from '../test/harness/temporary-folder.ts';
import { createServerCertificate } from './certificate-authority.ts';
import type { PracticeApp } from './practice-app.ts';
import { type PracticeTenant, startPracticeTenant } from './tenant.ts';

let tenant: PracticeTenant;
let agent: Agent;
let app: PracticeApp;
let secret: string;
// A minute ahead, so that a certificate made during the tests is valid already.
let time = Date.now() + 60_000;
const sender = 'noreply@contoso.example';

beforeAll(async () => {
  tenant = await startPracticeTenant({ profile: 'unlimited', users: [sender, 'ada@contoso.example'], now: () => time });
  agent = new Agent({ connect: { ca: tenant.caPem } });
});
afterAll(async () => {
  await agent.close();
  await tenant.close();
});
beforeEach(() => {
  tenant.mailboxes.clear();
  tenant.clearFaults();
  ({ app, secret } = tenant.addApp());
  tenant.setAccessPolicies([]);
  tenant.setRoleAssignments([]);
});

async function call(path: string, init: { method?: string; headers?: Record<string, string>; body?: string } = {}) {
  const answer = await fetch(`${tenant.origin}${path}`, { ...init, dispatcher: agent });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: () => JSON.parse(text) };
}

async function tokenWith(form: Record<string, string>) {
  const scope = `${tenant.origin}/.default`;
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: app.clientId,
    scope,
    ...form,
  }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return call(`/${tenant.tenantId}/oauth2/v2.0/token`, { method: 'POST', headers, body });
}

async function token(): Promise<string> {
  return (await tokenWith({ client_secret: secret })).json().access_token;
}

const mime =
  'From: noreply@contoso.example\r\nTo: ada@contoso.example\r\nBcc: bob@else.example\r\nSubject: hi\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n';

async function send(
  options: { token?: string; mailbox?: string; mime?: string; contentType?: string; body?: string } = {},
) {
  return call(`/v1.0/users/${options.mailbox ?? sender}/sendMail`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${options.token ?? (await token())}`,
      'content-type': options.contentType ?? 'text/plain',
    },
    body: options.body ?? Buffer.from(options.mime ?? mime).toString('base64'),
  });
}

describe("Microsoft's own client gets its tokens", () => {
  const network = {
    sendGetRequestAsync: (url: string) => forMsal(url),
    sendPostRequestAsync: (url: string, options?: { headers?: Record<string, string>; body?: string }) =>
      forMsal(url, { method: 'POST', ...options }),
  };
  async function forMsal(url: string, init: { method?: string; headers?: Record<string, string>; body?: string } = {}) {
    const { pathname, search } = new URL(url);
    const answer = await call(`${pathname}${search}`, init);
    return { status: answer.status, headers: {}, body: answer.json() };
  }
  const client = (credential: object) =>
    new ConfidentialClientApplication({
      auth: {
        clientId: app.clientId,
        authority: `${tenant.origin}/${tenant.tenantId}`,
        knownAuthorities: [new URL(tenant.origin).host],
        ...credential,
      },
      system: { networkClient: network },
    });
  const scopes = () => ({ scopes: [`${tenant.origin}/.default`] });

  it('with-a-secret', async () => {
    const result = await client({ clientSecret: secret }).acquireTokenByClientCredential(scopes());
    expect(result?.accessToken.split('.')).toHaveLength(3);
  });

  it.skipIf(!available('openssl'))('with-a-certificate-by-ps256-and-by-rs256', async () => {
    // MSAL signs with RSA keys alone.
    const { certificatePem, privateKeyPem } = await rsaCertificate();
    app.addCertificate(certificatePem);
    const digest = (algorithm: string) =>
      createHash(algorithm).update(new X509Certificate(certificatePem).raw).digest('hex');
    for (const thumbprint of [{ thumbprintSha256: digest('sha256') }, { thumbprint: digest('sha1') }]) {
      const credential = { clientCertificate: { ...thumbprint, privateKey: privateKeyPem } };
      expect((await client(credential).acquireTokenByClientCredential(scopes()))?.accessToken).toBeTruthy();
    }
  });

  it('not-with-a-wrong-secret', async () => {
    await expect(client({ clientSecret: 'wrong' }).acquireTokenByClientCredential(scopes())).rejects.toThrow(/7000215/);
  });

  async function rsaCertificate() {
    await using folder = await temporaryFolder();
    const [key, certificate] = [join(folder.path, 'key.pem'), join(folder.path, 'certificate.pem')];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=app'];
    execFileSync('openssl', [...request, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    return { certificatePem: readFileSync(certificate, 'utf8'), privateKeyPem: readFileSync(key, 'utf8') };
  }
});

describe('a strict OAuth client finds nothing to complain about', () => {
  it('discovery-and-client-credentials-by-oauth4webapi', async () => {
    // The client's own types are those of the global fetch; what it asks for goes through the agent that trusts the tenant.
    const customFetch = async (
      url: string,
      init: { method: string; headers: Record<string, string>; body?: unknown },
    ) => {
      const body = init.body === undefined || init.body === null ? {} : { body: String(init.body) };
      const answer = await fetch(url, { method: init.method, headers: init.headers, ...body, dispatcher: agent });
      return new Response(await answer.text(), { status: answer.status, headers: [...answer.headers] });
    };
    const options = { [oauth.customFetch]: customFetch };
    const issuer = new URL(`${tenant.origin}/${tenant.tenantId}/v2.0`);
    const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oidc', ...options });
    const server = await oauth.processDiscoveryResponse(issuer, discovered);
    const client = { client_id: app.clientId };
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      oauth.ClientSecretPost(secret),
      new URLSearchParams({ scope: `${tenant.origin}/.default` }),
      options,
    );
    expect((await oauth.processClientCredentialsResponse(server, client, response)).access_token).toBeTruthy();
  });
});

describe('what the token endpoint refuses', () => {
  it('each-refusal-has-the-code-and-status-of-entra', async () => {
    const code = async (form: Record<string, string>) => {
      const answer = await tokenWith(form);
      return [answer.status, answer.json().error, answer.json().error_codes[0]];
    };
    expect(await code({ client_secret: 'no' })).toEqual([401, 'invalid_client', 7000215]);
    expect(await code({})).toEqual([401, 'invalid_client', 7000218]);
    expect(await code({ client_secret: secret, client_id: 'nobody' })).toEqual([400, 'unauthorized_client', 700016]);
    expect(await code({ client_secret: secret, scope: 'https://other.example/.default' })).toEqual([
      400,
      'invalid_resource',
      500011,
    ]);
    expect(await code({ client_secret: secret, scope: 'Mail.Send' })).toEqual([400, 'invalid_scope', 70011]);
    expect(await code({ client_secret: secret, grant_type: '' })).toEqual([400, 'invalid_request', 900144]);
    app.disabled = true;
    expect(await code({ client_secret: secret })).toEqual([400, 'unauthorized_client', 7000112]);
    const answer = await call('/nowhere.example/oauth2/v2.0/token', {
      method: 'POST',
      body: 'grant_type=client_credentials',
    });
    expect(answer.json().error_codes).toEqual([90002]);
  });

  it('secret-that-has-expired-says-so', async () => {
    const expired = app.addSecret(time + 1000);
    time += 2000;
    expect((await tokenWith({ client_secret: expired })).json().error_codes).toEqual([7000222]);
  });
});

describe('sendMail', () => {
  it('delivers-by-the-header-and-hides-bcc', async () => {
    const answer = await send();
    expect([answer.status, answer.text, answer.headers.get('content-type')]).toEqual([202, '', null]);
    const raw = tenant.mailbox('ada@contoso.example')[0]?.raw?.toString();
    expect(raw).toBe(mime.replace('Bcc: bob@else.example\r\n', ''));
    expect(tenant.mailbox('bob@else.example')).toHaveLength(1);
    expect(tenant.mailbox(sender, 'sentitems')[0]?.raw?.toString()).toBe(mime);
  });

  it('app-without-mail-send-is-refused-at-graph-and-not-before', async () => {
    app.withdrawAll();
    const answer = await send();
    expect([answer.status, answer.json().error.code, answer.json().error.innerError]).toEqual([
      403,
      'ErrorAccessDenied',
      undefined,
    ]);
    tenant.setRoleAssignments([{ clientId: app.clientId, role: 'Application Mail.Send', mailboxes: [sender] }]);
    expect((await send()).status).toBe(202);
  });

  it('access-policy-decides-which-mailboxes-an-app-may-use', async () => {
    tenant.setAccessPolicies([{ clientId: app.clientId, right: 'RestrictAccess', mailboxes: [sender] }]);
    expect((await send()).status).toBe(202);
    const answer = await send({ mailbox: 'ada@contoso.example', mime: mime.replace('noreply', 'ada') });
    expect([answer.status, answer.json().error.message]).toEqual([403, expect.stringContaining('[RAOP]')]);
  });

  it('other-refusals-are-those-of-the-service', async () => {
    const refusal = async (options: Parameters<typeof send>[0]) => {
      const answer = await send(options);
      return [answer.status, answer.json().error.code];
    };
    expect(await refusal({ mailbox: 'nobody@contoso.example' })).toEqual([404, 'ErrorInvalidUser']);
    expect(await refusal({ body: 'not base64 !' })).toEqual([400, 'ErrorMimeContentInvalidBase64String']);
    expect(await refusal({ mime: 'Subject: nobody\r\n\r\nx' })).toEqual([400, 'ErrorInvalidRecipients']);
    expect(await refusal({ mime: mime.replace('noreply', 'boss') })).toEqual([403, 'ErrorSendAsDenied']);
    expect(await refusal({ contentType: 'application/json', body: '{' })).toEqual([400, 'BadRequest']);
    expect(await refusal({ contentType: 'image/png' })).toEqual([415, 'UnsupportedMediaType']);
    expect(await refusal({ token: 'nonsense' })).toEqual([401, 'InvalidAuthenticationToken']);
    const early = await token();
    time += 3_700_000;
    expect(await refusal({ token: early })).toEqual([401, 'InvalidAuthenticationToken']);
  });

  it('json-form-takes-names-in-any-case-and-the-string-false', async () => {
    const message = {
      Subject: 'json',
      Body: { ContentType: 'Text', Content: 'x' },
      ToRecipients: [{ EmailAddress: { Address: 'ada@contoso.example' } }],
    };
    const body = JSON.stringify({ Message: message, SaveToSentItems: 'false' });
    expect((await send({ contentType: 'application/json', body })).status).toBe(202);
    expect(tenant.mailbox('ada@contoso.example')[0]?.subject).toBe('json');
    expect(tenant.mailbox(sender, 'sentitems')).toHaveLength(0);
  });
});

describe('faults on demand', () => {
  it('throttles-with-seconds-and-with-a-date-then-recovers', async () => {
    tenant.enqueueFault({ endpoint: 'sendMail', action: { kind: 'answer', status: 429, retryAfterSeconds: 7 } });
    tenant.enqueueFault({
      endpoint: 'sendMail',
      action: { kind: 'answer', status: 429, retryAfterSeconds: 7, retryAfterAs: 'date' },
    });
    expect((await send()).headers.get('retry-after')).toBe('7');
    const date = Date.parse((await send()).headers.get('retry-after') ?? '');
    expect(Math.floor((date - time) / 1000)).toBe(7);
    expect((await send()).status).toBe(202);
  });

  it('connection-cut-after-accepting-has-delivered-and-before-has-not', async () => {
    for (const [when, delivered] of [
      ['before-body', 0],
      ['within-body', 0],
      ['after-body', 0],
      ['after-accepting', 1],
    ] as const) {
      tenant.mailboxes.clear();
      tenant.enqueueFault({ endpoint: 'sendMail', action: { kind: 'cut', when } });
      await expect(send()).rejects.toThrow();
      expect([when, tenant.mailbox('ada@contoso.example').length]).toEqual([when, delivered]);
    }
  });

  it('is-scripted-by-json-from-this-machine-alone', async () => {
    const body = JSON.stringify({ endpoint: 'sendMail', action: { kind: 'answer', status: 503 } });
    const foreign = await call('/_practice/faults', {
      method: 'POST',
      body,
      headers: { origin: 'https://evil.example' },
    });
    expect(foreign.status).toBe(403);
    expect((await call('/_practice/faults', { method: 'POST', body })).status).toBe(204);
    expect((await send()).status).toBe(503);
    expect((await call('/_practice/faults', { method: 'POST', body: '{"action":{"kind":"explode"}}' })).status).toBe(
      400,
    );
  });
});

describe('hostile input', () => {
  it('gets-a-documented-answer-and-never-a-failure-of-the-server', async () => {
    const good = await token();
    const anything = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.json());
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('sendMail', 'token', 'faults', 'path'),
        anything,
        fc.constantFrom('text/plain', 'application/json'),
        async (where, text, type) => {
          const path = {
            sendMail: `/v1.0/users/${sender}/sendMail`,
            token: `/${tenant.tenantId}/oauth2/v2.0/token`,
            faults: '/_practice/nothing',
            path: `/v1.0/${encodeURIComponent(text)}`,
          }[where];
          const authorization = `Bearer ${type === 'text/plain' ? good : encodeURIComponent(text)}`;
          const answer = await call(path, {
            method: 'POST',
            headers: { authorization, 'content-type': type },
            body: text,
          });
          expect(answer.status).toBeLessThan(500);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('blanks-in-place-of-base64-do-not-stop-the-tenant', async () => {
    const bearer = await token();
    // Quadratic in the blanks, this took a quarter of a minute; the test's own deadline is what it must not reach.
    const answer = await send({ token: bearer, body: `AAAA${' '.repeat(1_000_000)}!` });
    expect([answer.status, answer.json().error.code]).toEqual([400, 'ErrorMimeContentInvalidBase64String']);
  }, 10_000);

  it('bcc-with-a-bare-cr-in-it-is-not-shown-to-recipients', async () => {
    for (const bcc of ['Bcc: bob@else.example\rx\r\n', 'BCC:\r\n\tbob@else.example\r\n', 'bcc : bob@else.example\r\n'])
      for (const order of [
        (field: string) => mime.replace(/Bcc:.*\r\n/, field),
        (field: string) => field + mime.replace(/Bcc:.*\r\n/, ''),
      ]) {
        tenant.mailboxes.clear();
        expect((await send({ mime: order(bcc) })).status).toBe(202);
        expect(tenant.mailbox('ada@contoso.example')[0]?.raw?.toString()).toBe(mime.replace(/Bcc:.*\r\n/, ''));
      }
  });

  it('bcc-as-the-last-field-goes-without-a-trace', async () => {
    await send({
      mime: 'From: noreply@contoso.example\r\nTo: ada@contoso.example\r\nBcc: bob@else.example\r\n\r\nbody',
    });
    const raw = tenant.mailbox('ada@contoso.example')[0]?.raw?.toString();
    expect(raw).toBe('From: noreply@contoso.example\r\nTo: ada@contoso.example\r\n\r\nbody');
  });

  it('odd-address-in-json-never-becomes-somebody-else', async () => {
    for (const address of [
      'a,b@else.example',
      '<c@else.example>',
      'x(c)@else.example',
      'a;b@else.example',
      'a:b@else.example',
    ]) {
      const message = { subject: 's', body: { content: 'x' }, toRecipients: [{ emailAddress: { address } }] };
      const answer = await send({ contentType: 'application/json', body: JSON.stringify({ message }) });
      expect([address, answer.status, answer.json().error.code]).toEqual([address, 400, 'ErrorInvalidRecipients']);
    }
    expect(tenant.mailboxes.delivered()).toEqual([]);
  });

  it('page-shows-a-hostile-subject-as-text', async () => {
    await send({ mime: mime.replace('Subject: hi', 'Subject: <img src=x onerror=alert(1)>') });
    const page = await call('/');
    expect(page.text).not.toContain('<img');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});

describe('its certificate', () => {
  it('is-valid-for-names-and-addresses-of-loopback', async () => {
    const { certificatePem } = await createServerCertificate(['localhost', '127.0.0.1', '::1'], Date.now());
    const certificate = new X509Certificate(certificatePem);
    expect([certificate.checkHost('localhost'), certificate.checkIP('127.0.0.1'), certificate.checkIP('::1')]).toEqual([
      'localhost',
      '127.0.0.1',
      '::1',
    ]);
  });
});
