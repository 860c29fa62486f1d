/** Whatever a stranger sends, every endpoint answers with a refusal of its own: no failure of the server, no silence. */
import fc from 'fast-check';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from './portal/portal-under-test.sample.ts';
import { type PracticeTenant, startPracticeTenant } from './tenant.ts';

const sender = 'noreply@contoso.example';
const admin = 'admin@contoso.example';
const deadlineMs = 30_000;

let tenant: PracticeTenant;
let agent: Agent;
let bearer: string;
let exchangeBearer: string;

beforeAll(async () => {
  tenant = await startPracticeTenant({ profile: 'unlimited', users: [sender] });
  tenant.addUser(admin, { directoryRoles: ['Global Administrator'] });
  agent = new Agent({ connect: { ca: tenant.caPem } });
  const { app, secret } = tenant.addApp({ roles: ['Mail.Send', 'Mail.ReadWrite', 'Exchange.ManageAsApp'] });
  app.servicePrincipal.directoryRoles.push('Exchange Administrator');
  const token = async (scope: string) => {
    const form = { grant_type: 'client_credentials', client_id: app.clientId, client_secret: secret, scope };
    const answer = await ask(`/${tenant.tenantId}/oauth2/v2.0/token`, 'POST', new URLSearchParams(form).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
    });
    return String(Object(JSON.parse(answer.text)).access_token);
  };
  bearer = `Bearer ${await token('https://graph.microsoft.com/.default')}`;
  exchangeBearer = `Bearer ${await token('https://outlook.office365.com/.default')}`;
});
afterAll(async () => {
  await agent.close();
  await tenant.close();
});

async function ask(path: string, method: string, body?: string | Buffer, headers: Record<string, string> = {}) {
  const url = path.startsWith('https:') ? path : `${tenant.origin}${path}`;
  const answer = await fetch(url, {
    dispatcher: agent,
    method,
    headers,
    redirect: 'manual',
    signal: AbortSignal.timeout(deadlineMs),
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.status, text: await answer.text() };
}

/** An error that names itself, as Graph, Entra and Exchange write it. */
function expectRefusal({ status, text }: { status: number; text: string }, seen: unknown): void {
  expect([status, seen]).toEqual([expect.toSatisfy((each: number) => each < 500), seen]);
  if (status >= 400 && text.startsWith('{')) expect(JSON.parse(text)).toHaveProperty('error');
}

const json = { 'content-type': 'application/json' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const names = [
  'grant_type',
  'client_id',
  'client_secret',
  'scope',
  'code',
  'redirect_uri',
  'code_verifier',
  'device_code',
];
const grants = ['client_credentials', 'authorization_code', 'refresh_token', 'device_code', 'password', ''];
const anyForm = fc.dictionary(fc.constantFrom(...names, 'resource', 'client_assertion', 'response_type'), fc.string());
const part = fc.oneof(
  fc.string(),
  fc.json().map((text) => Buffer.from(text).toString('base64url')),
  fc.constantFrom('eyJhbGciOiJub25lIn0', 'eyJhbGciOiJSUzI1NiIsIng1dCI6W119', 'eyJleHAiOjFlNDAwfQ', ''),
);
const anyJwt = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.'));
/** JSON with the right names and wrong values, and what is no JSON at all. */
const almostJson = (keys: readonly string[]) =>
  fc.oneof(
    fc.string(),
    fc.json(),
    fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 3 })).map((value) => JSON.stringify(value)),
  );
const runs = { numRuns: 120, seed: 2026 };

describe('hostile input', () => {
  it('at-the-token-endpoint', async () => {
    const grant = fc.constantFrom(...grants, 'urn:ietf:params:oauth:grant-type:device_code');
    const path = fc.constantFrom('token', 'v2.0/token', 'v2.0/devicecode');
    await fc.assert(
      fc.asyncProperty(grant, anyForm, anyJwt, path, async (grant_type, fields, client_assertion, where) => {
        const { clientId } = tenant.addApp().app;
        const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
        const asked = { client_id: clientId, client_assertion_type: type, client_assertion, ...fields, grant_type };
        const body = new URLSearchParams(asked).toString();
        const answer = await ask(`/${tenant.tenantId}/oauth2/${where}`, 'POST', body, form);
        expectRefusal(answer, asked);
      }),
      runs,
    );
  });

  it('as-a-bearer-token', async () => {
    await fc.assert(
      fc.asyncProperty(anyJwt, async (token) => {
        const printable = token.replace(/[^\x20-\x7e]/g, '');
        const answer = await ask('/v1.0/organization', 'GET', undefined, { authorization: `Bearer ${printable}` });
        expect([answer.status, Object(JSON.parse(answer.text)).error.code]).toEqual([
          401,
          'InvalidAuthenticationToken',
        ]);
      }),
      runs,
    );
  });

  it('as-json-for-graph', async () => {
    const keys = ['message', 'saveToSentItems', 'requests', 'AttachmentItem', 'displayName', 'subject', 'toRecipients'];
    const path = fc.constantFrom(
      `/v1.0/users/${sender}/sendMail`,
      `/v1.0/users/${sender}/messages`,
      '/v1.0/$batch',
      '/v1.0/applications',
      '/v1.0/servicePrincipals',
    );
    await fc.assert(
      fc.asyncProperty(path, almostJson([...keys, 'body', 'passwordCredential', 'appId']), async (where, body) => {
        expectRefusal(await ask(where, 'POST', body, { ...json, authorization: bearer }), [where, body]);
      }),
      runs,
    );
  });

  it('as-addresses-and-queries-within-a-batch', async () => {
    const url = fc.oneof(
      fc.string(),
      fc.constantFrom('%E0%A4%A', '/../..', '//x/y', '/users/%00', '/$batch', '/me?$top=%'),
    );
    await fc.assert(
      fc.asyncProperty(url, fc.constantFrom('GET', 'POST', 'OPTIONS', '\0'), async (inner, method) => {
        const body = JSON.stringify({ requests: [{ id: '1', method, url: inner }] });
        const answer = await ask('/v1.0/$batch', 'POST', body, { ...json, authorization: bearer });
        expectRefusal(answer, body);
        if (answer.status === 200) expect(JSON.parse(answer.text).responses[0].status).toBeLessThan(500);
      }),
      runs,
    );
  });

  it('as-queries-of-odata', async () => {
    const option = fc.constantFrom('$filter', '$select', '$top', '$skip', '$orderby', '$count', '$expand', '$search');
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom("subject eq '", '((((', 'not not not', "a/any(b:b eq '')", '-1', '1e9'),
    );
    const path = fc.constantFrom('/v1.0/users', '/v1.0/applications', `/v1.0/users/${sender}/messages`);
    await fc.assert(
      fc.asyncProperty(path, option, value, async (where, name, text) => {
        const url = `${where}?${name}=${encodeURIComponent(text.toWellFormed())}`;
        expectRefusal(await ask(url, 'GET', undefined, { authorization: bearer }), url);
      }),
      runs,
    );
  });

  it('as-base64-and-mime', async () => {
    const line = fc.constantFrom(
      'From: a',
      'To: <',
      'Subject: =?utf-8?B?=?=',
      'Content-Type: multipart/mixed; boundary=',
      '--',
      '',
    );
    const mime = fc.array(fc.oneof(line, fc.string()), { maxLength: 12 }).map((lines) => lines.join('\r\n'));
    const body = fc.oneof(
      fc.string(),
      mime.map((text) => Buffer.from(text).toString('base64')),
    );
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        const headers = { 'content-type': 'text/plain', authorization: bearer };
        expectRefusal(await ask(`/v1.0/users/${sender}/sendMail`, 'POST', text, headers), text);
      }),
      runs,
    );
  });

  it('as-ranges-of-an-upload', async () => {
    const authorised = { ...json, authorization: bearer };
    const draft = await ask(`/v1.0/users/${sender}/messages`, 'POST', '{"subject":"x"}', authorised);
    const path = `/v1.0/users/${sender}/messages/${JSON.parse(draft.text).id}/attachments/createUploadSession`;
    const wish = { AttachmentItem: { attachmentType: 'file', name: 'a', size: 3 * 1024 * 1024 } };
    const { uploadUrl } = JSON.parse((await ask(path, 'POST', JSON.stringify(wish), authorised)).text);
    const odd = fc.constantFrom(
      'bytes 0-4/5',
      'bytes 4-0/3145728',
      'bytes 0-9999999/3145728',
      'bytes */3',
      'bytes 1-2',
      'x',
    );
    const number = fc.constantFrom('0', '-1', '1e3', '99999999999999999999', '3145727', '');
    const range = fc.oneof(
      odd,
      fc.tuple(number, number, number).map(([a, b, c]) => `bytes ${a}-${b}/${c}`),
    );
    await fc.assert(
      fc.asyncProperty(range, fc.constantFrom('PUT', 'GET', 'POST', 'PATCH'), async (text, method) => {
        const content = method === 'GET' ? undefined : 'abcde';
        expectRefusal(await ask(uploadUrl, method, content, { 'content-range': text }), [method, text]);
      }),
      runs,
    );
  });

  it('as-cmdlets', async () => {
    const keys = [
      'AppId',
      'Identity',
      'AccessRight',
      'PolicyScopeGroupId',
      'Name',
      'Member',
      'RecipientRestrictionFilter',
    ];
    const cmdlet = fc.constantFrom(
      'New-ApplicationAccessPolicy',
      'Set-Mailbox',
      'New-DistributionGroup',
      'New-ManagementScope',
      'Remove-DistributionGroup',
      'constructor',
    );
    const parameters = fc.dictionary(
      fc.constantFrom(...keys, '__proto__', 'constructor'),
      fc.jsonValue({ maxDepth: 2 }),
    );
    await fc.assert(
      fc.asyncProperty(cmdlet, parameters, async (CmdletName, Parameters) => {
        const body = JSON.stringify({ CmdletInput: { CmdletName, Parameters } });
        const path = `/adminapi/beta/${tenant.tenantId}/InvokeCommand`;
        expectRefusal(await ask(path, 'POST', body, { ...json, authorization: exchangeBearer }), body);
      }),
      runs,
    );
  });

  it('at-the-prompt-and-in-the-forms-of-the-portal', async () => {
    const browser = new Browser(tenant.origin, agent);
    await browser.signIn(admin, '/portal/powershell');
    let page = await browser.open('/portal/powershell');
    const csrf = /name="csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? '';
    const line = (text: string) => browser.open('/portal/powershell', new URLSearchParams({ csrf, line: text }));
    await line('Install-Module ExchangeOnlineManagement -Force');
    page = await line('Connect-ExchangeOnline');
    await browser.press(page, 'Sign in', { address: admin, password: 'practice' });
    const words = [
      'Get-Mailbox',
      'New-ApplicationAccessPolicy',
      '| fl',
      '$x =',
      '-Identity',
      "'",
      '(',
      ')',
      '{',
      ',',
      'y',
      '',
    ];
    const typed = fc.array(fc.oneof(fc.constantFrom(...words), fc.string()), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(typed, async (all) => {
        expect((await line(all.join(' '))).status).toBe(200);
      }),
      runs,
    );
    const field = fc.constantFrom('step', 'go', 'type', 'name', 'alias', 'domain', 'members', 'ownersTyped');
    await fc.assert(
      fc.asyncProperty(fc.dictionary(field, fc.string()), async (fields) => {
        const answer = await browser.open('/portal/exchange/groups/add', new URLSearchParams({ ...fields, csrf }));
        expect([200, 400]).toContain(answer.status);
      }),
      runs,
    );
  });
});
