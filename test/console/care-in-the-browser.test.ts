/** A connector looked after in Chromium: a new credential by a sign-in or brought along, the consent that is waited for, and the way back. */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { available } from '../harness/available.ts';
import { violations } from '../harness/axe.ts';
import { startBrowser } from '../harness/browser.ts';
import { ConsoleClient, tokenOf } from '../harness/console-client.ts';
import { signingIn, watchJob } from '../harness/console-jobs.ts';
import { type Person, personWithBrowser } from '../harness/person-with-browser.ts';
import {
  type ConsoleRun,
  consoleSystemAccount,
  consoleTenantAdmin,
  withQuickConsole,
} from '../harness/with-console.ts';
import { mailWith } from './hostile-mail.ts';

interface Stage {
  readonly running: ConsoleRun;
  readonly ada: ConsoleClient;
  readonly person: Person;
  /** At the connector's screen. */
  readonly page: Page;
}

/** A connector whose settings are the console's own; `roles` of its app. */
function onStage(
  browser: Browser,
  play: (stage: Stage) => Promise<void>,
  make: (stage: Omit<Stage, 'page'>) => Promise<unknown>,
): Promise<void> {
  return withQuickConsole(
    async (running) => {
      await using person = await personWithBrowser(running.tenant, consoleTenantAdmin);
      const ada = new ConsoleClient(running.url);
      await ada.redeem(tokenOf(running.firstRunUrl), 'ada');
      await make({ running, ada, person });
      const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' });
      const [name = '', value = ''] = ada.cookie?.split('=') ?? [];
      await context.addCookies([{ name, value, url: running.url }]);
      const page = await context.newPage();
      await page.goto(`${running.url}connectors/smtp`);
      await page.getByRole('button', { name: 'Save' }).waitFor();
      await play({ running, ada, person, page });
      await context.close();
    },
    { overrides: { connectors: [] } },
  );
}

const place = ({ tenant, folder }: ConsoleRun) => ({
  cloud: { custom: { login: tenant.origin, graph: tenant.origin } },
  caFile: join(folder, 'ca.pem'),
});

async function bySettings(
  { running, ada }: Omit<Stage, 'page'>,
  roles: readonly string[],
  redirectUris: string[] = [],
) {
  const { app, secret } = running.tenant.addApp({ roles, redirectUris });
  const { version } = (await ada.ask('GET', 'api/settings/connectors')).json();
  const ids = { oauthClientId: app.clientId, tenantId: running.tenant.tenantId, userName: consoleSystemAccount };
  const values = { ...place(running), ...ids, secret };
  await ada.ask('POST', 'api/settings/connectors', { name: 'default', version, values });
  return app;
}

/** Enters the code that the page shows. */
async function enterCode({ page, person }: Stage): Promise<void> {
  const prompt = page.getByText('enters the code, and signs in');
  await prompt.waitFor();
  const [, code = ''] = /Code\s*(\S{9})/.exec((await prompt.textContent()) ?? '') ?? [];
  await person.enterCode((await prompt.getByRole('link').getAttribute('href')) ?? '', code);
}

describe.skipIf(!available('chromium'))('a connector looked after in the browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  it('renews-by-an-administrator, and takes a secret that was brought along once it is proven', async () => {
    let app: Awaited<ReturnType<typeof bySettings>> | undefined;
    await onStage(
      browser,
      async (stage) => {
        const { page, running, ada } = stage;
        await page.getByText('Renew the credential', { exact: true }).click();
        await page.getByLabel('Who makes the new one').selectOption('administrator');
        expect(await violations(page, 'a renewal')).toEqual([]);
        await page.getByRole('button', { name: 'Renew now' }).focus();
        await page.keyboard.press('Enter');
        await enterCode(stage);
        const progress = page.getByRole('region', { name: 'Progress of the renewal' });
        await progress.getByText('The new one is proven by a token and a send.').waitFor();
        await progress.getByText('It is good until').waitFor();
        expect(app?.application.passwordCredentials).toHaveLength(2);
        expect(running.tenant.mailbox(consoleSystemAccount)).toHaveLength(1);

        await page.getByLabel('Who makes the new one').selectOption('pasted');
        await page.getByLabel('Value of the new client secret').fill('00000000-0000-4000-8000-000000000000');
        await page.getByRole('button', { name: 'Prove it, then use it' }).click();
        await page.getByText('must be the Value of the client secret').waitFor();
        const brought = app?.addSecret(Date.now() + 90 * 86_400_000) ?? '';
        await page.getByLabel('Value of the new client secret').fill(brought);
        await page
          .getByLabel(/^Expires/)
          .last()
          .fill('2028-11-24');
        await page
          .getByLabel(/^Expires/)
          .last()
          .press('Enter');
        await page.getByText('The old one stands in the registration').waitFor();
        expect(running.tenant.mailbox(consoleSystemAccount)).toHaveLength(2);
        expect(await violations(page, 'a secret that was brought along')).toEqual([]);
        expect(await page.content()).not.toContain(brought);
        const said = (await ada.ask('GET', 'api/jobs')).text + (await ada.ask('GET', 'api/audit?limit=20')).text;
        expect(said).toContain('credential-paste');
        expect(said).not.toContain(brought);
        const [settings] = [(await ada.ask('GET', 'api/settings/connectors')).text];
        expect(settings).toContain('2028-11-24');
      },
      async (stage) => {
        app = await bySettings(stage, ['Mail.Send']);
      },
    );
  });

  it('waits-for-the-consent: says how much mail waits, and the grant shows by itself', async () => {
    await onStage(
      browser,
      async ({ page, running, person }) => {
        await page.getByText('Consent', { exact: true }).click();
        await page.getByText('Mail.Send is not granted in Entra.').waitFor();
        await page.getByText('1 message waits; it goes by itself.').waitFor();
        await page.getByRole('button', { name: 'Make a link for whoever may grant' }).first().click();
        const link = page.getByText('/v2.0/adminconsent?');
        await link.waitFor();
        expect(await violations(page, 'a link for whoever may grant')).toEqual([]);
        const answer = await person.consentAt((await link.textContent()) ?? '');
        await (await fetch(answer)).text();
        await page.getByText('Mail.Send is granted.').waitFor({ timeout: 40_000 });
        await running.settled(60_000);
        expect(await running.store.books()).toMatchObject({ accepted: 1, sent: 1 });
      },
      async (stage) => {
        const redirectUri = `${new URL(stage.running.url).origin}/connectors/SMTP.aspx`;
        const app = await bySettings(stage, [], [redirectUri]);
        const mailSend = { id: 'b633e1c5-b582-4048-a93e-9f11b44c7e96', type: 'Role' } as const;
        app.application.requiredResourceAccess = [
          { resourceAppId: '00000003-0000-0000-c000-000000000000', resourceAccess: [mailSend] },
        ];
        await mailWith(stage.running.smtpPort, { subject: 'before the grant', to: 'grace@contoso.example' });
      },
    );
  });

  it('takes-a-set-up-back: what was made is shown, asked about, and gone', async () => {
    await onStage(
      browser,
      async (stage) => {
        const { page, running } = stage;
        const made = running.tenant.directory.state.applications.length;
        await page.getByText('Take the set-up back', { exact: true }).click();
        await page.getByRole('listitem').filter({ hasText: 'the app registration' }).waitFor();
        await page.getByText('its certificate, with the key in the vault').waitFor();
        expect(await violations(page, 'what would be taken back')).toEqual([]);
        await page.getByText('the connector default; mail').waitFor();
        await page.locator('details[open]').getByRole('button', { name: 'Take it back' }).click();
        await page.getByRole('alertdialog').getByRole('button', { name: 'Take it back' }).click();
        await enterCode(stage);
        await page.getByText('There is no way out yet').waitFor();
        expect(running.tenant.directory.state.applications).toHaveLength(made - 1);
        await page.getByLabel('Let Mailroom do it').check();
        await page.getByText('The connector default is removed.').waitFor();
        expect(await page.getByText('Take the set-up back', { exact: true }).count()).toBe(0);
      },
      async ({ running, ada, person }) => {
        const { cloud, caFile } = place(running);
        const order = { connector: 'default', tenant: 'contoso.example', userName: consoleSystemAccount };
        const begun = await ada.ask('POST', 'api/setup/automatic', { ...order, cloud: cloud.custom, caFile });
        await watchJob(ada, begun, signingIn(person));
      },
    );
  });
});
