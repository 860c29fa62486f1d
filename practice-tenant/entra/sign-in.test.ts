import { createHash, randomBytes } from 'node:crypto';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { graphAppId } from '../directory/well-known.ts';
import { type PracticeTenant, startPracticeTenant } from '../tenant.ts';

const admin = 'admin@contoso.example';
const ordinary = 'olivia@contoso.example';
const tools = '14d82eec-204b-4c2f-b7e8-296a70dab67e';
const redirectUri = 'https://app.contoso.example/connectors/SMTP.aspx';
const mailSendRole = 'b633e1c5-b582-4048-a93e-9f11b44c7e96';

let tenant: PracticeTenant;
let agent: Agent;
let time = Date.now();
beforeAll(async () => {
  tenant = await startPracticeTenant({ profile: 'unlimited', users: [ordinary], now: () => time });
  tenant.addUser(admin, { directoryRoles: ['Global Administrator'] });
  agent = new Agent({ connect: { ca: tenant.caPem } });
});
afterAll(async () => {
  await agent.close();
  await tenant.close();
});
beforeEach(() => {
  tenant.directory.state.consentRequests = [];
  tenant.directory.state.oauth2PermissionGrants = [];
});

/** A browser: keeps its cookie, follows forms, and stops at redirects to elsewhere. */
class Browser {
  #cookie = '';

  async open(path: string, form?: Record<string, string>): Promise<Page> {
    const url = path.startsWith('/') ? `${tenant.origin}${path}` : path;
    if (!url.startsWith(tenant.origin)) return { url, html: '', status: 0 };
    const answer = await fetch(url, {
      dispatcher: agent,
      redirect: 'manual',
      method: form ? 'POST' : 'GET',
      headers: {
        cookie: this.#cookie,
        ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      },
      ...(form ? { body: new URLSearchParams(form).toString() } : {}),
    });
    const cookie = answer.headers.get('set-cookie');
    if (cookie) this.#cookie = cookie.split(';')[0] ?? '';
    const location = answer.headers.get('location');
    if (location) return this.open(location);
    return { url, html: await answer.text(), status: answer.status };
  }

  /** Posts the form of a page with its hidden fields. */
  submit(page: Page, fields: Record<string, string>): Promise<Page> {
    const action = /<form method="post" action="([^"]*)"/.exec(page.html)?.[1] ?? expect.fail(page.html);
    const hidden = [...page.html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
    const carried = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, unescaped(value)]));
    return this.open(unescaped(action), { ...carried, ...fields });
  }

  async signIn(page: Page, address: string, password = 'practice'): Promise<Page> {
    expect(page.html).toContain('Sign in');
    return this.submit(page, { address, password });
  }
}

interface Page {
  readonly url: string;
  readonly html: string;
  readonly status: number;
}

function unescaped(text: string): string {
  return text.replaceAll(/&#(\d+);/g, (_all, code) => String.fromCharCode(Number(code)));
}

function queryOf({ url }: Page): Record<string, string> {
  return Object.fromEntries(new URL(url).searchParams);
}

async function post(path: string, form: Record<string, string>) {
  const answer = await fetch(`${tenant.origin}${path}`, {
    dispatcher: agent,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
  const body: Record<string, unknown> = Object(await answer.json());
  return { status: answer.status, body };
}

const token = (form: Record<string, string>) => post(`/${tenant.tenantId}/oauth2/v2.0/token`, form);

function registered() {
  const { app, secret } = tenant.addApp({ roles: [], redirectUris: [redirectUri] });
  app.application.requiredResourceAccess.push({
    resourceAppId: graphAppId,
    resourceAccess: [{ id: mailSendRole, type: 'Role' }],
  });
  return { app, secret };
}

describe('device code', () => {
  const begin = async () => {
    const { body } = await post(`/${tenant.tenantId}/oauth2/v2.0/devicecode`, {
      client_id: tools,
      scope: 'https://graph.microsoft.com/Application.ReadWrite.All openid offline_access',
    });
    expect(body).toMatchObject({ expires_in: 900, interval: 1, user_code: expect.stringMatching(/^\w{9}$/) });
    const poll = () =>
      token({
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        client_id: tools,
        device_code: String(body['device_code']),
      });
    return { userCode: String(body['user_code']), poll };
  };

  test('an administrator types the code, accepts, and the device gets its tokens once', async () => {
    const { userCode, poll } = await begin();
    expect((await poll()).body).toMatchObject({ error: 'authorization_pending' });
    const browser = new Browser();
    const consent = await browser.signIn(await browser.open(`/common/oauth2/deviceauth?otc=${userCode}`), admin);
    expect(consent.html).toContain('Application.ReadWrite.All');
    expect((await browser.submit(consent, { consent: 'accept' })).html).toContain('You have signed in');
    const { body } = await poll();
    expect(body).toMatchObject({
      access_token: expect.any(String),
      refresh_token: expect.any(String),
      id_token: expect.any(String),
    });
    const check = await tenant.service.tokens.check(String(body['access_token']));
    expect(check).toMatchObject({
      valid: true,
      claims: { idtyp: 'user', upn: admin, scopes: ['Application.ReadWrite.All'] },
    });
    expect((await poll()).body).toMatchObject({ error: 'bad_verification_code' });
    const refreshed = await token({
      grant_type: 'refresh_token',
      client_id: tools,
      refresh_token: String(body['refresh_token']),
      scope: 'https://graph.microsoft.com/.default',
    });
    expect(refreshed.status).toBe(200);
  });

  test('declined and expired are told as such', async () => {
    const declined = await begin();
    const browser = new Browser();
    const page = await browser.signIn(await browser.open(`/common/oauth2/deviceauth?otc=${declined.userCode}`), admin);
    await browser.submit(page, { consent: 'cancel' });
    expect((await declined.poll()).body).toMatchObject({ error: 'authorization_declined' });
    const expired = await begin();
    time += 901_000;
    expect((await expired.poll()).body).toMatchObject({ error: 'expired_token', error_codes: [70019] });
  });

  test('who administers applications consents to delegated permissions, and not to what an app gets for itself', async () => {
    const applicationAdmin = 'appadmin@contoso.example';
    tenant.addUser(applicationAdmin, { directoryRoles: ['Application Administrator'] });
    const { userCode, poll } = await begin();
    const browser = new Browser();
    const page = await browser.open(`/common/oauth2/deviceauth?otc=${userCode}`);
    const consent = await browser.signIn(page, applicationAdmin);
    expect((await browser.submit(consent, { consent: 'accept' })).html).toContain('You have signed in');
    expect((await poll()).body).toMatchObject({ access_token: expect.any(String) });
    const { app } = registered();
    const query = new URLSearchParams({ client_id: app.clientId, redirect_uri: redirectUri, state: 'a state' });
    expect((await browser.open(`/${tenant.tenantId}/adminconsent?${query}`)).html).toContain('Approval required');
  });

  test('an ordinary user asks an administrator, who then sees it', async () => {
    const { userCode, poll } = await begin();
    const browser = new Browser();
    const page = await browser.signIn(await browser.open(`/common/oauth2/deviceauth?otc=${userCode}`), ordinary);
    expect(page.html).toContain('Approval required');
    await browser.submit(page, { consent: 'request', reason: 'For system mail' });
    expect(tenant.directory.state.consentRequests).toMatchObject([
      { requestedBy: ordinary, reason: 'For system mail', status: 'InProgress', scopes: ['Application.ReadWrite.All'] },
    ]);
    expect((await poll()).body).toMatchObject({ error: 'authorization_pending' });
    const [request] = tenant.directory.state.consentRequests;
    const approved = await fetch(`${tenant.origin}/_practice/consent-requests/${request?.id}`, {
      dispatcher: agent,
      method: 'POST',
      body: JSON.stringify({ decision: 'approve' }),
    });
    expect(approved.status).toBe(204);
    const again = await browser.open(`/common/oauth2/deviceauth?otc=${userCode}`);
    await browser.submit(again, { consent: 'accept' });
    expect((await poll()).body).toMatchObject({ access_token: expect.any(String) });
  });
});

describe('authorization code', () => {
  const verifier = randomBytes(32).toString('base64url');
  const authorizeUrl = (clientId: string, more: Record<string, string> = {}) =>
    `/${tenant.tenantId}/oauth2/v2.0/authorize?${new URLSearchParams({
      client_id: clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid User.Read',
      state: 'a state',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...more,
    })}`;

  test('with PKCE is redeemed once, by whoever has the verifier', async () => {
    const { app, secret } = registered();
    const browser = new Browser();
    const consent = await browser.signIn(await browser.open(authorizeUrl(app.clientId)), admin);
    const back = queryOf(await browser.submit(consent, { consent: 'accept' }));
    expect(back).toMatchObject({ state: 'a state', code: expect.any(String) });
    const form = {
      grant_type: 'authorization_code',
      client_id: app.clientId,
      client_secret: secret,
      code: back['code'] ?? '',
      redirect_uri: redirectUri,
      scope: 'openid User.Read',
    };
    expect((await token({ ...form, code_verifier: 'not the verifier' })).body).toMatchObject({
      error: 'invalid_grant',
    });
    expect((await token({ ...form, code_verifier: verifier })).body).toMatchObject({ id_token: expect.any(String) });
    expect((await token({ ...form, code_verifier: verifier })).body).toMatchObject({ error_codes: [54005] });
  });

  test('a refresh token takes the credential of its client again, and ends with its person', async () => {
    const { app, secret } = registered();
    const browser = new Browser();
    const url = authorizeUrl(app.clientId, { scope: 'openid offline_access User.Read' });
    const consent = await browser.signIn(await browser.open(url), admin);
    const { code = '' } = queryOf(await browser.submit(consent, { consent: 'accept' }));
    const credential = { client_id: app.clientId, client_secret: secret };
    const redeemed = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier };
    const { body } = await token({ ...credential, ...redeemed });
    const refresh = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) };
    expect((await token({ client_id: app.clientId, ...refresh })).body).toMatchObject({ error_codes: [7000218] });
    expect((await token({ ...credential, ...refresh })).status).toBe(200);
    const person = tenant.directory.user(admin) ?? expect.fail();
    person.accountEnabled = false;
    expect((await token({ ...credential, ...refresh })).body).toMatchObject({ error_codes: [50057] });
    person.accountEnabled = true;
  });

  test('a tenant that is not there has no sign-in page', async () => {
    const { app } = registered();
    const page = await new Browser().open(authorizeUrl(app.clientId).replace(tenant.tenantId, 'nowhere.example'));
    expect(page).toMatchObject({ status: 400, html: expect.stringContaining('AADSTS90002') });
  });

  test('a redirect URI that is not registered is sent nothing', async () => {
    const { app } = registered();
    const page = await new Browser().open(authorizeUrl(app.clientId, { redirect_uri: 'https://evil.example/' }));
    expect(page).toMatchObject({ status: 400, url: expect.stringContaining(tenant.origin) });
    expect(page.html).toContain('AADSTS50011');
  });

  test('a wrong password, an unknown account and a way elsewhere stay at the sign-in page', async () => {
    const { app } = registered();
    const browser = new Browser();
    const page = await browser.open(authorizeUrl(app.clientId));
    expect((await browser.signIn(page, admin, 'wrong')).html).toContain('AADSTS50126');
    expect((await browser.signIn(page, 'nobody@contoso.example')).html).toContain('AADSTS50034');
    const elsewhere = await browser.open('/common/login', {
      address: admin,
      password: 'practice',
      returnTo: '//evil.example/',
    });
    expect(new URL(elsewhere.url).origin).toBe(tenant.origin);
  });

  test('form_post carries the code in a form, and a refusal names itself', async () => {
    const { app } = registered();
    const browser = new Browser();
    const consent = await browser.signIn(
      await browser.open(authorizeUrl(app.clientId, { response_mode: 'form_post' })),
      admin,
    );
    const page = await browser.submit(consent, { consent: 'accept' });
    expect(page.html).toMatch(/<form method="post" action="https:\/\/app\.contoso\.example\/.*name="code"/s);
    const again = await browser.open(authorizeUrl(app.clientId, { scope: 'Mail.ReadWrite' }));
    expect(queryOf(await browser.submit(again, { consent: 'cancel' }))).toMatchObject({
      error: 'access_denied',
      state: 'a state',
    });
  });
});

describe('admin consent', () => {
  test.each([
    [
      1,
      (id: string) =>
        `/${tenant.tenantId}/adminconsent?client_id=${id}&redirect_uri=${encodeURIComponent(redirectUri)}&state=s`,
    ],
    [
      2,
      (id: string) =>
        `/${tenant.tenantId}/v2.0/adminconsent?client_id=${id}&redirect_uri=${encodeURIComponent(redirectUri)}&state=s&scope=https://graph.microsoft.com/.default`,
    ],
  ])(
    'of version %s grants what the registration lists, and only to an administrator who accepts',
    async (version, url) => {
      const { app, secret } = registered();
      const roles = async () => {
        const { body } = await token({
          grant_type: 'client_credentials',
          client_id: app.clientId,
          client_secret: secret,
          scope: 'https://graph.microsoft.com/.default',
        });
        const check = await tenant.service.tokens.check(String(body['access_token']));
        return check.valid ? check.claims.roles : [];
      };
      const browser = new Browser();
      const page = await browser.signIn(await browser.open(url(app.clientId)), admin);
      expect(page.html).toContain('Send mail as any user');
      const refused = queryOf(await browser.submit(page, { consent: 'cancel' }));
      // Version 2 says admin_consent=True on failure too: only the absence of an error is success.
      expect(refused).toMatchObject(
        version === 1 ? { error: 'permission_denied' } : { admin_consent: 'True', error: 'consent_required' },
      );
      expect(await roles()).toEqual([]);
      const granted = queryOf(await browser.submit(page, { consent: 'accept' }));
      expect(granted).toMatchObject({ admin_consent: 'True', tenant: tenant.tenantId, state: 's' });
      expect(granted).not.toHaveProperty('error');
      expect(await roles()).toEqual(['Mail.Send']);
      const other = new Browser();
      const approval = await other.signIn(await other.open(url(app.clientId)), ordinary);
      expect(approval.html).toContain('Approval required');
    },
  );

  test('a form of another page, without the right token, changes nothing', async () => {
    const { app } = registered();
    const browser = new Browser();
    const page = await browser.signIn(
      await browser.open(
        `/${tenant.tenantId}/adminconsent?client_id=${app.clientId}&redirect_uri=${encodeURIComponent(redirectUri)}`,
      ),
      admin,
    );
    await browser.submit(
      { ...page, html: page.html.replace(/name="csrf" value="[^"]*"/, 'name="csrf" value="x"') },
      { consent: 'accept' },
    );
    expect(
      tenant.directory.state.appRoleAssignments.filter(({ principalId }) => principalId === app.servicePrincipalId),
    ).toEqual([]);
  });
});
