/** The connector's screen in Chromium: what is saved, what is refused, and the set-up while one looks on. */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { available } from '../harness/available.ts';
import { violations } from '../harness/axe.ts';
import { openWindow, startBrowser } from '../harness/browser.ts';
import { ConsoleClient, tokenOf } from '../harness/console-client.ts';
import { personWithBrowser } from '../harness/person-with-browser.ts';
import { webhookReceiver } from '../harness/webhook-receiver.ts';
import { type ConsoleRun, consoleSystemAccount, withConsole } from '../harness/with-console.ts';

const admin = 'admin@contoso.example';

async function atConnector(browser: Browser, running: ConsoleRun, width = 1_280): Promise<Page> {
  const ada = new ConsoleClient(running.url);
  await ada.redeem(tokenOf(running.firstRunUrl), 'ada');
  const { page, context } = await openWindow(browser, { width });
  const [name = '', value = ''] = ada.cookie?.split('=') ?? [];
  await context.addCookies([{ name, value, url: running.url }]);
  await page.goto(`${running.url}connectors/SMTP.aspx`);
  await page.getByRole('heading', { name: 'eMail (SMTP)' }).waitFor();
  return page;
}

async function fillHosts(page: Page, { tenant, folder }: ConsoleRun): Promise<void> {
  await page.getByLabel('Cloud', { exact: true }).selectOption('custom');
  await page.getByLabel('Host of sign-in').fill(tenant.origin);
  await page.getByLabel('Host of Microsoft Graph').fill(tenant.origin);
  const more = page.getByText('More settings');
  if (await more.isVisible()) await more.click();
  await page.getByLabel('File on the server').fill(join(folder, 'ca.pem'));
}

describe.skipIf(!available('chromium'))('the connector’s screen', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  it('says-at-the-field-what-is-wrong, saves what is right, and runs the checks in place', async () => {
    await withConsole(
      async (running) => {
        const page = await atConnector(browser, running, 390);
        const { app, secret } = running.tenant.addApp();
        await page.getByText('There is no way out yet').waitFor();
        await page.getByLabel('OAuth Client ID', { exact: true }).fill(app.clientId);
        await page.getByLabel('Tenant ID', { exact: true }).fill('common');
        await page.getByLabel('User Name', { exact: true }).fill(consoleSystemAccount);
        await page.getByLabel('Public Key (secret)', { exact: true }).fill(secret);
        await fillHosts(page, running);
        await page.getByRole('button', { name: 'Save' }).click();
        await page.getByText('names no tenant').waitFor();
        expect(await violations(page, 'with a refusal, on a phone')).toEqual([]);
        await page.getByLabel('Tenant ID', { exact: true }).fill(running.tenant.tenantId);
        // By keyboard: Enter in a field saves.
        await page.getByLabel('Tenant ID', { exact: true }).press('Enter');
        await page.getByText('Saved. It is in force.').waitFor();
        const credential = page.getByRole('listitem').filter({ hasText: 'Entra accepts the app and its credential.' });
        await credential.getByText('yes', { exact: true }).waitFor();
        expect(await page.content()).not.toContain(secret);
        await page.getByRole('button', { name: 'Remove' }).click();
        await page.getByRole('alertdialog').getByText('Nothing waits for it').waitFor();
        await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
        await page.getByText('There is no way out yet').waitFor();
        await page.context().close();
      },
      {},
      { connectors: [] },
    );
  });

  it('adds-a-way-of-alerts: its URL is never shown again, a test arrives, and it can be removed', async () => {
    await using receiver = await webhookReceiver();
    const { bodies, url: hook } = receiver;
    await withConsole(async (running) => {
      const page = await atConnector(browser, running);
      await page.goto(`${running.url}alerts`);
      await page.getByText('Nobody is told yet').waitFor();
      await page.getByRole('button', { name: 'Add a way' }).click();
      await page.getByLabel('Name', { exact: true }).fill('team');
      await page.getByLabel('URL of the webhook').fill('no url');
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByText('must be the URL of a webhook').waitFor();
      await page.getByLabel('URL of the webhook').fill(hook);
      // By keyboard: Enter in a field adds.
      await page.getByLabel('URL of the webhook').press('Enter');
      await page.getByRole('button', { name: 'Send a test by team' }).click();
      await page.getByText('team took it').waitFor();
      expect(bodies.join()).toContain('AdaptiveCard');
      expect(await violations(page, 'a way of alerts')).toEqual([]);
      expect(await page.content()).not.toContain('hook-of-the-team');
      await page.getByRole('button', { name: 'Remove team' }).click();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
      await page.getByText('Nobody is told yet').waitFor();
      await page.context().close();
    });
  });

  it('makes-a-client: its password and key are shown once, and it can be removed again', async () => {
    await withConsole(async (running) => {
      const page = await atConnector(browser, running);
      await page.goto(`${running.url}clients`);
      await page.getByRole('button', { name: 'Add a client' }).click();
      await page.getByLabel('Name', { exact: true }).fill('printers');
      await page.getByLabel('An API key for HTTP').check();
      await page.getByLabel('May send as').fill('@contoso.example');
      expect(await violations(page, 'a new client')).toEqual([]);
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByText('it is shown only once').waitFor();
      await page.getByRole('cell', { name: 'login printers; API key' }).waitFor();
      expect(await violations(page, 'what is shown once')).toEqual([]);
      await page.reload();
      await page.getByRole('button', { name: 'Remove printers' }).click();
      expect(await page.getByText('it is shown only once').count()).toBe(0);
      await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
      await page.getByRole('cell', { name: 'login printers; API key' }).waitFor({ state: 'detached' });
      await page.context().close();
    });
  });

  it('lets-mailroom-do-it: shows the code, each step as it is done, and then the connector', async () => {
    await withConsole(
      async (running) => {
        running.tenant.addUser(admin, { directoryRoles: ['Global Administrator'] });
        await using person = await personWithBrowser(running.tenant, admin);
        const page = await atConnector(browser, running);
        await page.getByLabel('Let Mailroom do it').check();
        await page.getByLabel(/^Tenant:/).fill('contoso.example');
        await page.getByLabel('User Name', { exact: true }).fill(consoleSystemAccount);
        await fillHosts(page, running);
        expect(await violations(page, 'the automatic way')).toEqual([]);
        await page.getByRole('button', { name: 'Begin' }).click();
        const progress = page.getByRole('region', { name: 'Progress' });
        const link = progress.getByRole('link');
        await link.waitFor();
        const [, code = ''] = /Code\s*(\S+)/.exec((await progress.textContent()) ?? '') ?? [];
        await person.enterCode((await link.getAttribute('href')) ?? '', code.slice(0, 9));
        await page.getByText('The connector default is saved and in force.').waitFor();
        await page.getByLabel('OAuth Client ID', { exact: true }).waitFor();
        await page.getByText('Limit the app', { exact: true }).click();
        await page.getByLabel('Way', { exact: true }).selectOption('access-policy');
        await page.getByRole('button', { name: 'Show the script' }).click();
        await page.getByText('New-ApplicationAccessPolicy').first().waitFor();
        expect(await violations(page, 'with the limit open')).toEqual([]);
        await page.context().close();
      },
      {},
      { connectors: [] },
    );
  });
});
