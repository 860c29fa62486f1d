/** The portal's pages as a person has them: in Chromium, without scripts, by keyboard, on a narrow screen. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { available } from '../../test/harness/available.ts';
import { violations } from '../../test/harness/axe.ts';
import { startBrowser } from '../../test/harness/browser.ts';
import { submitMessage } from '../mailboxes/transport.ts';
import { admin, type PortalUnderTest, portalUnderTest, sender } from './portal-under-test.sample.ts';

const ada = 'ada@contoso.example';

describe.skipIf(!available('chromium'))('the portal in a browser', () => {
  let browser: Browser;
  let portal: PortalUnderTest;
  beforeAll(async () => {
    [browser, portal] = await Promise.all([startBrowser(), portalUnderTest()]);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await portal[Symbol.asyncDispose]();
  });

  async function signedIn(
    wishes: { readonly width?: number; readonly javaScriptEnabled?: boolean } = {},
  ): Promise<Page> {
    const { width = 1280, ...rest } = wishes;
    const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width, height: 900 }, ...rest });
    const page = await context.newPage();
    await page.goto(`${portal.tenant.origin}/portal/exchange`);
    await page.getByLabel('Email').fill(admin);
    await page.getByLabel('Password').fill('practice');
    await page.getByRole('button', { name: 'Sign in' }).click();
    return page;
  }

  it('cmdlets-of-the-manual-typed-by-keyboard-alone-without-scripts', async () => {
    const { app } = portal.tenant.addApp();
    const page = await signedIn({ javaScriptEnabled: false });
    await page.goto(`${portal.tenant.origin}/portal/powershell`);
    const type = async (line: string, next: string) => {
      await page.locator('input:focus').waitFor();
      await page.keyboard.type(line);
      await page.keyboard.press('Enter');
      await page.getByLabel(next, { exact: true }).waitFor();
    };
    await type('Install-Module -Name ExchangeOnlineManagement -Force', 'PS C:\\>');
    await type('Connect-ExchangeOnline', 'Password');
    await type('practice', 'PS C:\\>');
    await type('New-ApplicationAccessPolicy', 'AccessRight:');
    await type('RestrictAccess', 'AppId[0]:');
    await type(app.clientId, 'AppId[1]:');
    await type('', 'PolicyScopeGroupId:');
    await type(sender, 'PS C:\\>');
    await page.getByText('AccessRight      : RestrictAccess').waitFor();
    expect(portal.tenant.directory.state.exchange.accessPolicies).toMatchObject([{ appId: app.clientId }]);
    await page.context().close();
  }, 60_000);

  it('hostile-message-asks-no-other-host-and-pages-are-accessible-on-a-narrow-screen', async () => {
    const html = `<h1>Case</h1><img src="https://tracker.example/p.png"><script>document.title='run'</script><iframe src="https://evil.example"></iframe>`;
    submitMessage(portal.tenant.service, portal.tenant.service.tenants[0] ?? expect.fail(), {
      sender: portal.tenant.directory.user(sender) ?? expect.fail(),
      recipients: [ada],
      raw: Buffer.from(
        `From: ${sender}\r\nTo: ${ada}\r\nSubject: Case 1\r\nContent-Type: text/html\r\n\r\n${html}\r\n`,
      ),
      saveToSentItems: true,
      internetMessageId: '<1@contoso.example>',
      subject: 'Case 1',
    });
    const page = await signedIn({ width: 400 });
    const foreign: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(portal.tenant.origin)) foreign.push(request.url());
    });
    await page.goto(`${portal.tenant.origin}/portal/exchange/mailboxes/${ada}`);
    await page.getByRole('link', { name: 'Case 1' }).click();
    await page.frameLocator('iframe').getByRole('heading', { name: 'Case' }).waitFor();
    expect([await page.title(), foreign]).toEqual(['Case 1 - practice tenant', []]);
    const message = new URL(page.url()).pathname;

    const paths = ['', '/groups', '/groups/add', '/mailboxes', `/mailboxes/${ada}`].map(
      (path) => `/portal/exchange${path}`,
    );
    for (const path of [...paths, message, '/portal/powershell', '/portal/apps', '/portal/apps/new']) {
      await page.goto(`${portal.tenant.origin}${path}`);
      const found = await violations(page, path);
      const beyond: unknown = await page.evaluate('Math.max(0, document.documentElement.scrollWidth - innerWidth)');
      expect([path, found, beyond]).toEqual([path, [], 0]);
    }
    await page.context().close();
  }, 60_000);
});
