import { expect, it } from 'vitest';
import {
  admin,
  type Browser,
  type PortalUnderTest,
  portalUnderTest,
  sender,
  shown,
} from './portal-under-test.sample.ts';

const ada = 'ada@contoso.example';
const shared = 'cases@contoso.example';
const hourMs = 3_600_000;

/** What an application with this secret meets at Graph when it sends as a mailbox. */
async function sendAs(portal: PortalUnderTest, clientId: string, secret: string, mailbox: string): Promise<string> {
  const { tenant } = portal;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: secret,
    scope: `${tenant.origin}/.default`,
  });
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const token = await portal.post(`/${tenant.tenantId}/oauth2/v2.0/token`, form.toString(), type);
  const { access_token } = JSON.parse(token.text);
  const mime = `From: ${mailbox}\r\nTo: ${ada}\r\nSubject: system mail of ${mailbox}\r\n\r\nbody\r\n`;
  const sent = await portal.post(`/v1.0/users/${mailbox}/sendMail`, Buffer.from(mime).toString('base64'), {
    authorization: `Bearer ${access_token}`,
    'content-type': 'text/plain',
  });
  return sent.status === 202 ? 'sent' : String(JSON.parse(sent.text).error.message);
}

/** Types lines at the prompt and gives the last page. */
async function type(browser: Browser, ...lines: readonly string[]) {
  let page = await browser.open('/portal/powershell');
  for (const line of lines) page = await browser.press(page, 'Enter', { line });
  return page;
}

it('manual-from-the-registration-to-a-tested-policy-click-for-click', async () => {
  let time = Date.now();
  await using portal = await portalUnderTest('documented', () => time);
  const { tenant } = portal;
  tenant.addUser(shared, { mailboxType: 'SharedMailbox' });

  // M2, M3: the system account signs in and registers the application.
  const browser = await portal.browser(sender);
  const apps = await browser.open('/portal/apps');
  const form = await browser.follow(apps, 'New registration');
  const redirectUri = 'https://ecase.contoso.example/connectors/SMTP.aspx';
  const overview = await browser.press(form, 'Register', { name: 'eCASE mail', redirectUri });
  const clientId = shown(overview, 'Application (client) ID');
  expect(shown(overview, 'Directory (tenant) ID')).toBe(tenant.tenantId);
  expect(shown(overview, 'Supported account types')).toBe('My organization only');

  // M5: a secret for 24 months, whose value is shown once.
  const secrets = await browser.follow(overview, 'Certificates & secrets');
  const newSecret = await browser.follow(secrets, 'New client secret');
  const added = await browser.press(newSecret, 'Add', { description: 'system mail', expires: '730' });
  const secret = /<code id="secret-value">([^<]*)</.exec(added.html)?.[1] ?? '';
  expect((await browser.open(secrets.path)).html).not.toContain(secret);

  // M7: Microsoft Graph > Application permissions > mail > Mail.Send > Add permissions.
  let page = await browser.follow(overview, 'API permissions');
  for (const link of ['Add a permission', 'Microsoft Graph', 'Application permissions'])
    page = await browser.follow(page, link);
  page = await browser.press(page, 'Search', { search: 'mail' });
  const [, permission = ''] = /value="([^"]*)"> Mail\.Send </.exec(page.html) ?? [];
  page = await browser.press(page, 'Add permissions', { permission });
  expect(page.text).toContain('Mail.Send Application Send mail as any user Yes Not granted for');

  // M8: who may not grant asks; the administrator sees the request, and approves it.
  const grant = `Grant admin consent for ${tenant.directory.state.displayName}`;
  await browser.press(await browser.follow(page, grant), 'Request approval', { reason: 'system mail of eCASE' });
  const administrator = await portal.browser(admin);
  const requests = await administrator.open('/portal/consent-requests');
  expect(requests.text).toContain(`eCASE mail ${sender} User.Read, Mail.Send system mail of eCASE`);
  await administrator.press(requests, 'Approve', { decision: 'approve' });
  time += hourMs;
  expect((await browser.open(page.path)).text).toContain('Yes Granted for');

  // M9: the grant covers every mailbox of the organisation.
  expect(await sendAs(portal, clientId, secret, sender)).toBe('sent');
  expect(await sendAs(portal, clientId, secret, ada)).toBe('sent');

  // M11: a mail-enabled security group, for more than one account; a shared mailbox is limited no other way.
  page = await administrator.follow(await administrator.open('/portal/exchange'), 'Groups');
  page = await administrator.follow(page, 'Add a group');
  page = await administrator.press(page, 'Next', { type: 'Security' });
  page = await administrator.press(page, 'Next', { name: 'System accounts', description: 'May be sent as' });
  page = await administrator.press(page, 'Next', { owners: admin });
  page = await administrator.press(page, 'Next', { membersTyped: `${sender} ${shared}` });
  page = await administrator.press(page, 'Next', { alias: 'system-accounts' });
  page = await administrator.press(page, 'Create group');
  expect(page.text).toContain('System accounts group created');

  // M10: the module, the connection, the policy.
  await type(administrator, 'Install-Module -Name ExchangeOnlineManagement -Force', 'Connect-ExchangeOnline');
  await administrator.press(await administrator.open('/portal/powershell'), 'Sign in', {
    address: admin,
    password: 'practice',
  });
  const policy = ['New-ApplicationAccessPolicy', 'RestrictAccess', clientId, ''];
  page = await type(administrator, ...policy, shared);
  expect(page.text).toContain('not a security principal');
  // A group that was made a moment ago is not known everywhere.
  page = await type(administrator, ...policy, 'system-accounts@contoso.example');
  expect(page.text).toContain("'system-accounts@contoso.example' couldn't be found");
  time += hourMs;
  page = await type(administrator, ...policy, 'system-accounts@contoso.example');
  expect(page.text).toContain('ScopeName : System accounts');

  // M12: the test says so at once, Graph only later.
  const testOf = async (mailbox: string) =>
    (await type(administrator, 'cls', 'Test-ApplicationAccessPolicy', clientId, mailbox)).text;
  for (const [mailbox, result] of [
    [sender, 'Granted'],
    [shared, 'Granted'],
    [ada, 'Denied'],
  ] as const)
    expect(await testOf(mailbox)).toContain(`AccessCheckResult : ${result}`);
  expect(await sendAs(portal, clientId, secret, ada)).toBe('sent');
  time += 2 * hourMs;
  expect(await sendAs(portal, clientId, secret, sender)).toBe('sent');
  expect(await sendAs(portal, clientId, secret, shared)).toBe('sent');
  expect(await sendAs(portal, clientId, secret, ada)).toContain('Blocked by tenant configured AppOnly AccessPolicy');

  // What was sent stands where a person looks for it.
  const inbox = await administrator.open(`/portal/exchange/mailboxes/${ada}`);
  expect(inbox.text).toContain(`system mail of ${shared}`);
});
