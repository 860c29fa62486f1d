/** Microsoft 365 set up in one Chromium: an administrator signs in at the tenant's own pages, and comes back to the console. */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { available } from '../harness/available.ts';
import { violations } from '../harness/axe.ts';
import { startBrowser } from '../harness/browser.ts';
import { ConsoleClient, tokenOf } from '../harness/console-client.ts';
import {
  type ConsoleRun,
  consoleSystemAccount,
  consoleTenantAdmin,
  withQuickConsole,
} from '../harness/with-console.ts';

const grace = 'grace@contoso.example';

/** At http://localhost, which is where Microsoft's own tools may lead a browser back to. */
async function atConnector(browser: Browser, running: ConsoleRun): Promise<Page> {
  const ada = new ConsoleClient(running.url);
  await ada.redeem(tokenOf(running.firstRunUrl), 'ada');
  const url = running.url.replace('127.0.0.1', 'localhost');
  // The tenant's certificate is of an authority that only the product was told of.
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB', reducedMotion: 'reduce' });
  const [name = '', value = ''] = ada.cookie?.split('=') ?? [];
  await context.addCookies([{ name, value, url }]);
  const page = await context.newPage();
  await page.goto(`${url}connectors/SMTP.aspx`);
  await page.getByRole('heading', { name: 'eMail (SMTP)' }).waitFor();
  return page;
}

async function fillHosts(page: Page, { tenant, folder }: ConsoleRun): Promise<void> {
  await page.getByLabel('Cloud', { exact: true }).selectOption('custom');
  await page.getByLabel('Host of sign-in').fill(tenant.origin);
  await page.getByLabel('Host of Microsoft Graph').fill(tenant.origin);
  await page.getByLabel('File on the server').fill(join(folder, 'ca.pem'));
}

/** Follows the link, accepts what is asked for, and is back in the console. */
async function signIn(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Sign in at Microsoft' }).click();
  const address = page.locator('input[name="address"]');
  const accept = page.getByRole('button', { name: 'Accept' });
  const back = page.getByRole('heading', { name: 'eMail (SMTP)' });
  await address.or(accept).or(back).first().waitFor();
  if (await address.isVisible()) {
    await address.fill(consoleTenantAdmin);
    await page.locator('input[name="password"]').fill('practice');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await accept.or(back).first().waitFor();
  }
  if (await accept.isVisible()) await accept.click();
  await back.waitFor();
}

describe.skipIf(!available('chromium'))('Microsoft 365 set up in the browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  it('signs-in-and-comes-back: app and connector are made; the limit is set, proven, listed, and taken back', async () => {
    await withQuickConsole(
      async (running) => {
        const page = await atConnector(browser, running);
        await page.getByLabel('Let Mailroom do it').check();
        await page.getByLabel(/^Tenant:/).fill('contoso.example');
        await page.getByLabel('User Name', { exact: true }).fill(consoleSystemAccount);
        await fillHosts(page, running);
        await page.getByLabel('How the administrator signs in').selectOption('browser');
        expect(await violations(page, 'the automatic way, by browser')).toEqual([]);
        await page.getByRole('button', { name: 'Begin' }).click();
        await signIn(page);
        await page.getByText('The connector default is saved and in force.').waitFor();

        await page.getByText('Limit the app', { exact: true }).click();
        await page.getByLabel('Way', { exact: true }).selectOption('access-policy');
        await page.getByLabel('A mailbox that it must not be able to use, for the proof').fill(grace);
        await page.getByLabel('How the administrator signs in').selectOption('browser');
        await page.getByRole('button', { name: 'Show the script' }).click();
        await page.getByText('New-ApplicationAccessPolicy').first().waitFor();
        await page.getByRole('button', { name: 'Set it in Exchange' }).click();
        const asked = page.getByRole('alertdialog');
        await asked.getByText(`Limit the app to ${consoleSystemAccount}?`).waitFor();
        expect(await violations(page, 'the question before a limit')).toEqual([]);
        await asked.getByRole('button', { name: 'Set it in Exchange' }).click();
        await signIn(page);
        const proof = (text: string) => page.getByRole('listitem').filter({ hasText: text });
        for (const service of ['Exchange', 'Graph'])
          for (const said of [`${consoleSystemAccount} is granted.`, `${grace} is refused.`])
            await proof(`${service}: ${said}`).getByText('done').waitFor();
        await proof(`Exchange: ${grace} is refused.`).getByText('Evidence').click();
        await page.getByText('AccessCheckResult: Denied').waitFor();
        expect(await violations(page, 'both proofs')).toEqual([]);

        // By keyboard, from the button to the answer.
        await page.getByLabel('Way', { exact: true }).selectOption('access-policy');
        await page.getByLabel('How the administrator signs in').selectOption('browser');
        await page.getByRole('button', { name: 'Take it back', exact: true }).focus();
        await page.keyboard.press('Enter');
        await page.getByRole('checkbox', { name: 'Remove the mail-enabled security group as well' }).focus();
        await page.keyboard.press('Space');
        await asked.getByText('The group goes with its members').waitFor();
        expect(await violations(page, 'the question before it is taken back')).toEqual([]);
        await page.keyboard.press('Enter');
        await signIn(page);
        await page.getByText('Remove-ApplicationAccessPolicy').waitFor();
        await page.getByText('Remove-DistributionGroup ').first().waitFor();
        expect(await violations(page, 'what is taken back')).toEqual([]);
        await page.getByRole('button', { name: 'Yes, do it' }).focus();
        await page.keyboard.press('Enter');
        const progress = page.getByRole('region', { name: 'Progress' }).last();
        await progress.getByRole('listitem').last().getByText('done', { exact: true }).waitFor();
        const policies = running.tenant.directory.state.exchange.accessPolicies;
        expect(policies.filter(({ removedAt }) => removedAt === null)).toEqual([]);
        expect(running.tenant.directory.state.groups).toEqual([]);
        await page.context().close();
      },
      { overrides: { connectors: [] } },
    );
  });

  it('events-that-do-not-come-through: progress is asked for, and a job can be stopped', async () => {
    await withQuickConsole(async (running) => {
      const page = await atConnector(browser, running);
      await page.route('**/events', (route) => route.abort());
      await page.getByText('Limit the app', { exact: true }).click();
      await page.getByRole('button', { name: 'Show what stands' }).click();
      const progress = page.getByRole('region', { name: 'Progress' });
      await progress.getByText('Code').waitFor();
      await progress.getByRole('button', { name: 'Stop' }).click();
      await progress.getByText('stopped', { exact: true }).waitFor();
      // What is under way is found again by a page that was loaded anew.
      await page.unroute('**/events');
      await page.getByText('From an access policy to RBAC for Applications').click();
      await page.getByRole('button', { name: 'Begin' }).click();
      expect(await violations(page, 'before a move')).toEqual([]);
      await page.getByRole('alertdialog').getByRole('button', { name: 'Begin' }).click();
      await page.getByText('enters the code').waitFor();
      await page.reload();
      await page.getByText('enters the code').waitFor();
      expect(await violations(page, 'a move under way')).toEqual([]);
      await page.context().close();
    });
  });

  it('goes-step-by-step: what does not hold yet keeps the next step back, and who leaves goes on where they were', async () => {
    await withQuickConsole(
      async (running) => {
        const page = await atConnector(browser, running);
        const { app, secret } = running.tenant.addApp();
        const go = () => page.getByRole('button', { name: /^Look(?:, and go on| again)$/ }).click();
        const stepOpens = (title: string) =>
          page.locator('details[open] > summary').filter({ hasText: title }).waitFor();
        await page.getByLabel('Step by step in the portals').check();
        await fillHosts(page, running);
        await stepOpens('Step 1 of 6');
        expect(await violations(page, 'the first step')).toEqual([]);
        await page.getByLabel('User Name', { exact: true }).fill(consoleSystemAccount);
        await go();
        await stepOpens('Step 2 of 6');
        const portal = page.getByRole('link', { name: 'Open the portal: Register the application' });
        expect(await portal.getAttribute('href')).toContain(`${running.tenant.origin}/portal/apps`);
        await page.getByLabel('OAuth Client ID', { exact: true }).fill(app.clientId);
        await page.getByLabel('Tenant ID', { exact: true }).fill('nowhere.example');
        await go();
        await page.getByText('Something does not hold yet').waitFor();
        await page
          .getByRole('listitem')
          .filter({ hasText: 'The tenant is a directory' })
          .getByText('no', { exact: true })
          .first()
          .waitFor();
        await page.getByLabel('Tenant ID', { exact: true }).fill(running.tenant.tenantId);
        await page.getByRole('button', { name: 'Look again' }).click();
        await stepOpens('Step 3 of 6');

        await page.reload();
        await stepOpens('Step 3 of 6');
        const form = page.locator('li').filter({ hasText: 'Step 3 of 6' });
        await form.getByLabel('Public Key (secret)').fill('00000000-0000-4000-8000-000000000000');
        await form.getByRole('button', { name: 'Look, and go on' }).click();
        await page
          .getByText(/Secret ID/)
          .last()
          .waitFor();
        await form.getByLabel('Public Key (secret)').fill(secret);
        await form.getByLabel(/^Expires/).fill('2028-11-24');
        await form.getByLabel(/^Expires/).press('Enter');
        await stepOpens('Step 4 of 6');
        expect(await page.content()).not.toContain(secret);
        await page.getByRole('button', { name: 'Look, and go on' }).click();
        await stepOpens('Step 5 of 6');
        await page.locator('details[open]').getByLabel('A mailbox that it must not be able to use').last().fill(grace);
        await page.getByRole('button', { name: 'Look, and go on' }).click();
        await page.getByText('Something does not hold yet').waitFor();
        expect(await violations(page, 'a step that is not passed')).toEqual([]);
        await page.getByRole('button', { name: 'Go on all the same' }).click();
        await stepOpens('Step 6 of 6');
        await page.getByRole('button', { name: 'Look, and go on' }).click();
        await page.getByText('All steps are done.').waitFor();
        expect(running.tenant.mailbox(consoleSystemAccount)).toHaveLength(1);
        await page.context().close();
      },
      { overrides: { connectors: [] } },
    );
  });
});
