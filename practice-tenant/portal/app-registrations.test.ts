import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { available } from '../../test/harness/available.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import {
  admin,
  type Browser,
  ordinary,
  type Page,
  portalUnderTest,
  sender,
  shown,
} from './portal-under-test.sample.ts';

const hostile = `"><script>alert('x')</script>`;
const escaped = /&#34;&#62;&#60;script&#62;/;
const dayMs = 24 * 3600 * 1000;

async function register(browser: Browser, name: string): Promise<Page> {
  const list = await browser.open('/portal/apps');
  const page = await browser.follow(list, 'New registration');
  return browser.press(page, 'Register', { name, redirectUri: 'https://ecase.contoso.example/connectors/SMTP.aspx' });
}

describe('the manual walked through the portal', () => {
  it('from-new-registration-to-a-message-that-is-sent', async () => {
    let time = Date.now();
    await using portal = await portalUnderTest('documented', () => time);
    const { tenant } = portal;
    // As the manual has it: the system account registers the app, an administrator consents.
    const browser = await portal.browser(sender);
    const overview = await register(browser, 'eCASE mail');
    const clientId = shown(overview, 'Application (client) ID');
    expect(shown(overview, 'Directory (tenant) ID')).toBe(tenant.tenantId);
    expect(shown(overview, 'Object ID')).toBe(tenant.directory.applicationByAppId(clientId)?.id);
    expect(shown(overview, 'Supported account types')).toBe('My organization only');

    const credentials = await browser.follow(overview, 'Certificates & secrets');
    const form = await browser.follow(credentials, 'New client secret');
    const added = await browser.press(form, 'Add', { description: 'for eCASE', expires: '730' });
    const secret = /<code id="secret-value">([^<]*)</.exec(added.html)?.[1] ?? '';
    expect(secret).toHaveLength(40);
    expect((await browser.open(added.path.replace('/new-secret', ''))).html).not.toContain(secret);

    const permissions = await browser.follow(overview, 'API permissions');
    const apis = await browser.follow(permissions, 'Add a permission');
    const types = await browser.follow(apis, 'Microsoft Graph');
    const all = await browser.follow(types, 'Application permissions');
    const found = await browser.press(all, 'Search', { search: 'mail' });
    const [, mailSend = ''] = /value="([^"]*)"> Mail\.Send </.exec(found.html) ?? [];
    const configured = await browser.press(found, 'Add permissions', { permission: mailSend });
    expect(configured.text).toContain('Mail.Send Application Send mail as any user Yes Not granted for');

    const grantLink = `Grant admin consent for ${tenant.directory.state.displayName}`;
    const refused = await browser.follow(configured, grantLink);
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('Only an administrator can grant')]);
    await browser.press(refused, 'Request approval', { reason: 'system mail' });

    const administrator = await portal.browser(admin);
    const requests = await administrator.open('/portal/consent-requests');
    expect(requests.text).toContain('system mail');
    const asked = await administrator.follow(await administrator.open(configured.path), grantLink);
    const granted = await administrator.press(asked, 'Yes');
    expect(granted.text).toContain(`Mail.Send Application Send mail as any user Yes Granted for`);

    const token = () =>
      portal.post(
        `/${tenant.tenantId}/oauth2/v2.0/token`,
        new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: clientId,
          client_secret: secret,
          scope: `${tenant.origin}/.default`,
        }).toString(),
        { 'content-type': 'application/x-www-form-urlencoded' },
      );
    // The delays of the documented profile hold for what was made here as well.
    expect((await token()).text).toContain('7000215');
    time += 120_000;
    const { access_token } = JSON.parse((await token()).text);
    const mime = `From: ${sender}\r\nTo: ada@contoso.example\r\nSubject: it works\r\n\r\nbody\r\n`;
    const sent = await portal.post(`/v1.0/users/${sender}/sendMail`, Buffer.from(mime).toString('base64'), {
      authorization: `Bearer ${access_token}`,
      'content-type': 'text/plain',
    });
    expect([sent.status, tenant.mailbox('ada@contoso.example').map(({ subject }) => subject)]).toEqual([
      202,
      ['it works'],
    ]);
  });

  it('ordinary-user-neither-grants-consent-nor-manages-the-app-of-another', async () => {
    await using portal = await portalUnderTest();
    const overview = await register(await portal.browser(sender), 'eCASE mail');
    const browser = await portal.browser(ordinary);
    const form = await browser.open(`${overview.path}/credentials/new-secret`);
    expect((await browser.press(form, 'Add', { expires: '180' })).status).toBe(403);
    const grant = await browser.open(`${overview.path}/permissions/grant`);
    const csrf = /name="csrf" value="([^"]*)"/.exec(grant.html)?.[1] ?? '';
    const forced = await browser.open(
      `${overview.path}/permissions/grant`,
      new URLSearchParams({ csrf, answer: 'yes' }),
    );
    expect(forced.status).toBe(403);
    expect(portal.tenant.directory.state.oauth2PermissionGrants).toEqual([]);
  });
});

describe('what the portal refuses', () => {
  it('secret-that-lives-longer-than-the-policy-or-24-months', async () => {
    await using portal = await portalUnderTest();
    const policy = portal.tenant.directory.state.defaultAppManagementPolicy;
    policy.isEnabled = true;
    policy.restrictions.passwordCredentials = [
      {
        restrictionType: 'passwordLifetime',
        state: 'enabled',
        maxLifetime: 'P90D',
        restrictForAppsCreatedAfterDateTime: null,
      },
    ];
    const browser = await portal.browser(admin);
    const overview = await register(browser, 'app');
    const form = await browser.open(`${overview.path}/credentials/new-secret`);
    const refused = await browser.press(form, 'Add', { expires: '180' });
    expect([refused.status, refused.text]).toEqual([
      400,
      expect.stringContaining('Credential lifetime exceeds the max value allowed as per assigned policy'),
    ]);
    expect((await browser.press(form, 'Add', { expires: '90' })).status).toBe(200);
    policy.isEnabled = false;
    const end = new Date(Date.now() + 900 * dayMs).toISOString().slice(0, 10);
    expect((await browser.press(form, 'Add', { expires: 'custom', end })).text).toContain('24 months at most');
    const secrets = await browser.open(`${overview.path}/credentials`);
    await browser.press(secrets, 'Delete');
    expect(portal.tenant.directory.state.applications[0]?.passwordCredentials).toEqual([]);
  });

  it('redirect-uri-that-is-no-https-address', async () => {
    await using portal = await portalUnderTest();
    const browser = await portal.browser(admin);
    const page = await browser.open('/portal/apps/new');
    const refused = await browser.press(page, 'Register', { name: 'x', redirectUri: 'http://elsewhere.example/' });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining("must start with 'HTTPS'")]);
    expect(portal.tenant.directory.state.applications).toEqual([]);
  });

  it('form-that-another-site-posts', async () => {
    await using portal = await portalUnderTest();
    const browser = await portal.browser(admin);
    const page = await browser.open('/portal/apps/new');
    const csrf = /name="csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? '';
    const form = new URLSearchParams({ csrf, name: 'planted' });
    const status = async (body: URLSearchParams, headers?: Record<string, string>) =>
      (await browser.open('/portal/apps/new', body, headers)).status;
    expect(await status(form, { origin: 'https://evil.example' })).toBe(403);
    expect(await status(form, { origin: 'null' })).toBe(403);
    expect(await status(form, { 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await status(new URLSearchParams({ name: 'planted' }))).toBe(403);
    expect(portal.tenant.directory.state.applications).toEqual([]);
    expect(await status(form)).toBe(200);
  });
});

it('names-and-descriptions-with-markup-come-out-as-text-under-a-strict-policy', async () => {
  await using portal = await portalUnderTest();
  const browser = await portal.browser(admin);
  const overview = await register(browser, hostile);
  const form = await browser.open(`${overview.path}/credentials/new-secret`);
  await browser.press(form, 'Add', { description: hostile, expires: '180' });
  for (const path of ['/portal/apps', overview.path, `${overview.path}/credentials`, `${overview.path}/permissions`]) {
    const page = await browser.open(path);
    expect(page.html).toMatch(escaped);
    expect(page.html).not.toContain('<script');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'self';/);
    expect(page.headers.get('x-frame-options')).toBe('DENY');
  }
});

it.skipIf(!available('openssl'))('certificate-is-uploaded-as-a-file-or-pasted', async () => {
  await using portal = await portalUnderTest();
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'certificate.pem');
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
  execFileSync('openssl', [...request, '-subj', '/CN=eCASE', '-keyout', join(folder.path, 'key.pem'), '-out', file], {
    stdio: 'ignore',
  });
  const browser = await portal.browser(admin);
  const overview = await register(browser, 'app');
  const form = await browser.open(`${overview.path}/credentials/upload-certificate`);
  expect((await browser.press(form, 'Add', { pem: 'nonsense' })).text).toContain('not an X.509 certificate');
  const added = await browser.press(form, 'Add', { pem: readFileSync(file, 'utf8'), description: 'for eCASE' });
  expect(added.text).toContain('for eCASE');

  const csrf = /name="csrf" value="([^"]*)"/.exec(form.html)?.[1] ?? '';
  const upload = new FormData();
  upload.set('csrf', csrf);
  upload.set('file', new File([readFileSync(file)], 'certificate.pem'));
  const encoded = new Response(upload);
  const body = Buffer.from(await encoded.arrayBuffer()).toString('latin1');
  const sent = await browser.send(form.path, body, encoded.headers.get('content-type') ?? '');
  expect([sent.status, portal.tenant.directory.state.applications[0]?.keyCredentials.length]).toEqual([200, 2]);
});
