/** Routes, clients and ways of alerts changed on the screen, in Chromium, by keyboard and by mouse. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { available } from '../harness/available.ts';
import { violations } from '../harness/axe.ts';
import { startBrowser } from '../harness/browser.ts';
import { ConsoleClient, consoleUsers, tokenOf } from '../harness/console-client.ts';
import { openConsole } from '../harness/console-window.ts';
import { runProgram } from '../harness/run-program.ts';
import { openDialogue } from '../harness/smtp-dialogue.ts';
import { webhookReceiver } from '../harness/webhook-receiver.ts';
import { type ConsoleRun, consoleSystemAccount, withConsole } from '../harness/with-console.ts';
import { mailWith } from './hostile-mail.ts';
import { hostileStrings } from './hostile-strings.ts';

async function administrator({ url, firstRunUrl }: ConsoleRun): Promise<ConsoleClient> {
  const ada = new ConsoleClient(url);
  await ada.redeem(tokenOf(firstRunUrl), 'ada');
  return ada;
}

async function versionOf(client: ConsoleClient, list: string): Promise<string> {
  return String((await client.ask('GET', `api/settings/${list}`)).json()['version']);
}

describe.skipIf(!available('chromium'))('on the screen', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  it('routes: one is added, tried out, changed, moved and removed, and mail goes as they say', async () => {
    await withConsole(
      async (running) => {
        const { page, context, complaints } = await openConsole(browser, await administrator(running), 'routes');
        const add = async (name: string, fill: () => Promise<void>) => {
          await page.getByRole('button', { name: 'Add a route' }).click();
          await page.getByLabel('Name', { exact: true }).fill(name);
          await fill();
          await page.keyboard.press('Enter');
          await page.getByText(`${name} is saved and in force.`).waitFor();
        };
        // The file's own is shown with its place, and cannot be removed here.
        await page
          .getByRole('row', { name: /of-the-file/ })
          .getByText(/^from mailroom\.yaml:\d+$/)
          .waitFor();
        await page.getByRole('button', { name: 'Edit of-the-file' }).click();
        await page
          .getByText(/Fixed by mailroom\.yaml:\d+/)
          .first()
          .waitFor();
        await page.getByRole('dialog').getByRole('button', { name: 'Back' }).click();
        expect(await page.getByRole('button', { name: 'Remove of-the-file' }).count()).toBe(0);

        await add('invoices', async () => {
          await page.getByLabel('Part of the subject').fill('invoice');
          await page.getByLabel('Hold the mail until').check();
          await page.getByText('When subject contains invoice: held until released.').waitFor();
          expect(await violations(page, 'a new route')).toEqual([]);
          await page.getByLabel('Part of the subject').focus();
        });
        await add('all-else', async () => {
          await page.getByLabel('Connectors', { exact: true }).fill('nowhere');
          await page.keyboard.press('Enter');
          await page.getByRole('dialog').getByText('nowhere', { exact: false }).last().waitFor();
          await page.getByLabel('Connectors', { exact: true }).fill('default');
        });

        await page.getByLabel('Sender', { exact: true }).fill(consoleSystemAccount);
        await page.getByLabel('Recipients', { exact: true }).fill('ada@contoso.example');
        await page.getByLabel('Subject', { exact: true }).fill('Your INVOICE 4711');
        await page.keyboard.press('Enter');
        await page.getByText('The route invoices takes it: by the connector default').waitFor();
        await page.getByText('yes, but one before it decides').waitFor();
        expect(await violations(page, 'a route tried out')).toEqual([]);
        await mailWith(running.smtpPort, { subject: 'Your invoice 4711' });
        expect((await running.store.books()).held).toBe(1);

        // By keyboard, and the focus goes with the row.
        await page.getByRole('button', { name: 'Move all-else up' }).focus();
        await page.keyboard.press('Enter');
        await page.getByText('all-else is now number 2 of 3.').waitFor();
        await expect
          .poll(() => page.evaluate('document.activeElement?.getAttribute("aria-label")'))
          .toBe('Move all-else up');
        await mailWith(running.smtpPort, { subject: 'Your invoice 4712' });
        await running.settled();
        expect(await running.store.books()).toMatchObject({ held: 1, sent: 1 });

        await page.getByRole('button', { name: 'Edit invoices' }).click();
        await page.getByLabel('Part of the subject').fill('bill');
        await page.keyboard.press('Escape');
        await page.getByText('is not saved').waitFor();
        await page.getByRole('button', { name: 'Save' }).click();
        await page.getByRole('cell', { name: 'subject contains bill' }).waitFor();
        await page.getByRole('button', { name: 'Remove all-else' }).click();
        expect(await violations(page, 'a route to be removed')).toEqual([]);
        await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
        await page.getByText('all-else is removed.').waitFor();
        await page.getByRole('cell', { name: 'all-else' }).waitFor({ state: 'detached' });
        // What had the focus is gone: it is at the heading, and not at the top of the page.
        await expect.poll(() => page.evaluate('document.activeElement?.tagName')).toBe('H1');
        expect(complaints.filter((each) => !each.includes('422') && !each.includes('409'))).toEqual([]);
        await context.close();
      },
      {},
      { routes: [{ name: 'of-the-file', when: { client: 'local', subject: 'never' }, hold: true }] },
    );
  });

  it('a client: limits and senders are changed, its password is made anew, and the old one opens nothing', async () => {
    await withConsole(
      async (running) => {
        const ada = await administrator(running);
        const made = await ada.ask('POST', 'api/settings/clients', {
          name: 'printers',
          version: await versionOf(ada, 'clients'),
          values: { login: 'printers', senders: [consoleSystemAccount] },
          make: ['password'],
        });
        const old = String(made.json()['password']);
        const { page, context } = await openConsole(browser, ada, 'clients', { width: 390 });
        await page.getByRole('button', { name: 'Edit printers' }).click();
        await page.getByLabel('May send as').fill(`${consoleSystemAccount}, @contoso.example`);
        await page.getByLabel('Addresses that stand for a login').fill('10.1.2.0/99');
        await page.getByLabel('Messages an hour, at most').fill('1');
        await page.keyboard.press('Enter');
        await page.getByText('must be an IP address or a CIDR range').waitFor();
        expect(await violations(page, 'a client with a refusal')).toEqual([]);
        await page.getByLabel('Addresses that stand for a login').fill('10.1.2.0/24');
        await page.getByLabel('Make a new password').check();
        await page.getByRole('button', { name: 'Save' }).click();
        await page.getByText('it is shown only once').waitFor();
        await page.getByText('1 messages an hour').waitFor();
        const fresh = (await page.locator('dd').nth(1).textContent())?.trim() ?? '';
        expect(await violations(page, 'a new password')).toEqual([]);
        await page.getByRole('button', { name: 'I have kept it' }).click();
        expect(await page.content()).not.toContain(fresh);
        const login = async (password: string) => {
          await using smtp = await openDialogue({ port: running.smtpPort });
          await smtp.reply();
          await smtp.command('EHLO printers');
          const token = Buffer.from(`\0printers\0${password}`).toString('base64');
          return (await smtp.command(`AUTH PLAIN ${token}`)).code;
        };
        expect([await login(fresh), await login(old)]).toEqual([235, 535]);
        // Another one, and this time the old one stays for an hour; then it is stopped before its time.
        await page.getByRole('button', { name: 'Edit printers' }).click();
        await page.getByLabel('Make a new password').check();
        await page.getByLabel('The old one').selectOption('works for an hour more');
        expect(await violations(page, 'an old password that stays')).toEqual([]);
        await page.getByRole('button', { name: 'Save' }).click();
        await page.getByText('it is shown only once').waitFor();
        await page.getByRole('cell', { name: 'the old password works until' }).waitFor();
        const newest = (await page.locator('dd').nth(1).textContent())?.trim() ?? '';
        await page.getByRole('button', { name: 'I have kept it' }).click();
        expect([await login(newest), await login(fresh), await login(old)]).toEqual([235, 235, 535]);
        const trail = (await ada.ask('GET', 'api/audit?limit=5')).text;
        expect(trail).toContain('previousPasswordUntil');
        expect(trail).not.toMatch(/argon2id/);
        await page.getByRole('button', { name: 'Edit printers' }).click();
        await page.getByLabel('Stop the old one now').check();
        await page.getByRole('button', { name: 'Save' }).click();
        await page.getByRole('cell', { name: 'the old password works until' }).waitFor({ state: 'detached' });
        expect([await login(newest), await login(fresh)]).toEqual([235, 535]);
        await page.getByLabel('As the client').selectOption('printers');
        await page.getByText('printers:PASSWORD').waitFor();
        // What is shown for pasting works as it is, with the password in its place.
        await page.getByLabel('Program').selectOption('curl, by SMTP');
        const snippet = (await page.locator('pre').textContent()) ?? '';
        expect(snippet).toContain('smtp://127.0.0.1');
        if (available('curl')) {
          writeFileSync(join(running.folder, 'message.eml'), `From: ${consoleSystemAccount}\r\n\r\nHello.\r\n`);
          const pasted = snippet.replace('PASSWORD', newest);
          expect(await runProgram('sh', ['-c', pasted], { cwd: running.folder })).toMatchObject({ status: 0 });
          expect(await running.store.books()).toMatchObject({ accepted: 1 });
        }
        await context.close();
      },
      {},
      {},
      { MAILROOM__SMTP__0__ALLOW_PLAINTEXT_AUTH: 'true' },
    );
  });

  it('a way of alerts: what it tells is chosen, its URL stays unseen and in force', async () => {
    await using receiver = await webhookReceiver();
    const { bodies, url } = receiver;
    await withConsole(async (running) => {
      const ada = await administrator(running);
      await ada.ask('POST', 'api/settings/alerts', {
        name: 'team',
        version: await versionOf(ada, 'alerts'),
        values: { kind: 'webhook', form: 'slack', url },
      });
      const { page, context } = await openConsole(browser, ada, 'alerts');
      await page.getByRole('button', { name: 'Edit team' }).click();
      await page.getByLabel('A connector is paused').waitFor();
      expect(await violations(page, 'a way of alerts')).toEqual([]);
      expect(await page.content()).not.toContain('hook-of-the-team');
      for (const box of await page.getByRole('dialog').getByRole('checkbox').all()) await box.uncheck();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('so that nothing would be told').waitFor();
      await page.getByLabel('A connector is paused').check();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('cell', { name: 'A connector is paused: mail waits', exact: true }).waitFor();
      await running.mailroom.operator.pauseConnector('default', 'for the test');
      await expect.poll(() => bodies.length, { timeout: 20_000 }).toBe(1);
      expect(bodies[0]).toContain('paused');
      await page.reload();
      await page.getByRole('cell', { name: 'told', exact: true }).waitFor();
      await context.close();
    });
  });

  it('two-administrators-change-the-same-route: the second is told, sees both, and overwrites nothing unseen', async () => {
    await withConsole(async (running) => {
      const ada = await administrator(running);
      const save = async (values: object, method = 'PATCH', path = 'api/settings/routes/invoices') => {
        const version = await versionOf(ada, 'routes');
        const name = method === 'POST' ? { name: 'invoices' } : {};
        expect((await ada.ask(method, path, { version, values, ...name })).status).toBe(200);
      };
      await save({ when: { subject: 'invoice' } }, 'POST', 'api/settings/routes');
      const { page, context } = await openConsole(browser, ada, 'routes');
      await page.getByRole('button', { name: 'Edit invoices' }).click();
      await page.getByLabel('Part of the subject').fill('bill');
      await save({ when: { subject: 'receipt' }, hold: true });
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Somebody else has changed the settings meanwhile').waitFor();
      expect(await violations(page, 'a conflict')).toEqual([]);
      await page.getByRole('button', { name: 'Look at what stands now' }).click();
      await page.getByText('Meanwhile set to: receipt').waitFor();
      expect(await page.getByLabel('Hold the mail until').isChecked()).toBe(true);
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('cell', { name: 'subject contains bill' }).waitFor();
      const items = (await ada.ask('GET', 'api/settings/routes')).json()['items'];
      expect(items).toMatchObject([{ values: { when: { subject: 'bill' }, hold: true } }]);
      await context.close();
    });
  });

  it('a viewer and an operator see what is set, and can change none of it', async () => {
    await withConsole(
      async (running) => {
        const { viewer, operator } = await consoleUsers(running.url, running.firstRunUrl);
        for (const client of [viewer, operator]) {
          const { page, context } = await openConsole(browser, client, 'routes');
          await page.getByRole('button', { name: 'Show of-the-file' }).click();
          await page.getByRole('dialog').getByLabel('Clients', { exact: true }).waitFor();
          expect(await page.getByRole('button', { name: 'Save' }).count()).toBe(0);
          await page.keyboard.press('Escape');
          for (const name of ['Add a route', 'Remove of-the-file'])
            expect(await page.getByRole('button', { name }).count()).toBe(0);
          await context.close();
        }
      },
      {},
      { routes: [{ name: 'of-the-file', when: { client: 'local', subject: 'never' }, hold: true }] },
    );
  });

  it('what is hostile in a setting is text and nothing else', async () => {
    await withConsole(async (running) => {
      const ada = await administrator(running);
      const plain = hostileStrings.filter((each) => each.trim() !== '').slice(0, 20);
      for (const [index, subject] of plain.entries())
        await ada.ask('POST', 'api/settings/routes', {
          name: `r${index}`,
          version: await versionOf(ada, 'routes'),
          values: { when: { subject } },
        });
      const { page, context, complaints } = await openConsole(browser, ada, 'routes');
      await page.getByRole('button', { name: 'Edit r1', exact: true }).click();
      await page.getByLabel('Part of the subject').waitFor();
      await page.keyboard.press('Escape');
      await page.getByLabel('Recipients', { exact: true }).fill('ada@contoso.example');
      for (const label of ['Sender', 'Subject']) await page.getByLabel(label, { exact: true }).fill(plain[0] ?? '');
      await page.getByRole('button', { name: 'Try it out' }).click();
      await page.getByText('It would be refused.').waitFor();
      expect(await page.evaluate('window.xss')).toBeUndefined();
      await page.goto(`${running.url}audit`);
      await page.getByRole('cell', { name: 'routes-add' }).first().waitFor();
      expect(await page.evaluate('window.xss')).toBeUndefined();
      expect(complaints).toEqual([]);
      await context.close();
    });
  });
});
