/** Settings of another program, taken over in Chromium: shown as what they become, without a secret, and then in force. */
import { expect, it } from 'vitest';
import { available } from '../harness/available.ts';
import { violations } from '../harness/axe.ts';
import { openWindow, startBrowser } from '../harness/browser.ts';
import { ConsoleClient, tokenOf } from '../harness/console-client.ts';
import { consoleSystemAccount, withQuickConsole } from '../harness/with-console.ts';

const planted = 'planted-secret-value';
const emailproxy = `
[SMTP-1587]
server_address = smtp-mail.outlook.com
local_address = 127.0.0.1
[IMAP-1993]
server_address = outlook.office365.com
[${consoleSystemAccount}]
token_url = https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token
oauth2_flow = client_credentials
client_id = 01234567-89ab-4def-8123-456789abcdef
client_secret = ${planted}
`;
const mainCf = 'myhostname = relay.contoso.example\nrelayhost = [smtp.office365.com]:587\nmynetworks = 10.1.0.0/16\n';

it.skipIf(!available('chromium'))(
  'takes-over-what-was-there-before: what cannot be carried is named, a new password is shown once',
  async () => {
    await using browser = await startBrowser();
    await withQuickConsole(
      async (running) => {
        const ada = new ConsoleClient(running.url);
        await ada.redeem(tokenOf(running.firstRunUrl), 'ada');
        const wrong = await ada.ask('POST', 'api/setup/import', { from: 'iis', text: mainCf });
        expect([wrong.status, wrong.json()['code']]).toEqual([422, 'settings-invalid']);

        const { page, context } = await openWindow(browser);
        const [name = '', value = ''] = ada.cookie?.split('=') ?? [];
        await context.addCookies([{ name, value, url: running.url }]);
        await page.goto(`${running.url}connectors/smtp`);
        await page.getByLabel('From another program').check();
        await page.getByLabel('Program', { exact: true }).selectOption('email-oauth2-proxy');
        expect(await violations(page, 'settings to be pasted')).toEqual([]);
        await page.getByLabel('Its settings').fill('nothing of the kind');
        await page.getByRole('button', { name: 'Show what it becomes' }).click();
        await page.getByRole('button', { name: 'Take these over' }).or(page.getByText('(settings-invalid)')).waitFor();
        await page.getByLabel('Its settings').fill(emailproxy);
        await page.getByRole('button', { name: 'Show what it becomes' }).click();
        await page.getByText('Mailroom sends mail and does not fetch it').waitFor();
        await page.getByText('a new password is made and shown once').waitFor();
        expect(await violations(page, 'what they become')).toEqual([]);
        await page.getByRole('button', { name: 'Take these over' }).click();
        await page.getByText('Taken over.').waitFor();
        await page.getByText(/^New password of noreply-contoso/).waitFor();
        await page.getByRole('button', { name: 'Go on' }).click();
        await page.getByText('No credential yet').waitFor();
        expect(await page.getByLabel('OAuth Client ID', { exact: true }).inputValue()).toContain('01234567-89ab');
        const clients = (await ada.ask('GET', 'api/settings/clients')).text;
        expect(clients).toContain(consoleSystemAccount);
        const trail = (await ada.ask('GET', 'api/audit?limit=20')).text;
        expect(trail).toContain('connectors-add');
        expect(clients + trail + (await page.content())).not.toContain(planted);
        await context.close();
      },
      { overrides: { connectors: [] } },
    );
  },
);
