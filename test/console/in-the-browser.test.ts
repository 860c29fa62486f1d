/** What an administrator does, in Debian's Chromium, against a server with a practice tenant behind it. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { available } from '../harness/available.ts';
import { openWindow, startBrowser } from '../harness/browser.ts';
import { ConsoleClient, samplePassword } from '../harness/console-client.ts';
import { type ConsoleRun, withConsole } from '../harness/with-console.ts';
import { mailWith } from './hostile-mail.ts';
import { hostileStrings } from './hostile-strings.ts';

async function firstRun(page: Page, { firstRunUrl }: ConsoleRun): Promise<void> {
  await page.goto(firstRunUrl ?? '');
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password').fill(samplePassword);
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
}

/** What stands in a document that could run, fetch or lead somewhere; looked at past the policy that forbids it anyway. */
const whatCouldRun = `[...document.querySelectorAll('*')].flatMap((element) => [
  ...(/^(script|iframe|object|embed|form|button|base|link|svg|math|style|template)$/i.test(element.localName) ? [element.outerHTML] : []),
  ...(element.localName === 'meta' && element.hasAttribute('http-equiv') ? [element.outerHTML] : []),
  ...[...element.attributes]
    .filter(({ name, value }) => /^on/i.test(name) || /^\\s*(javascript|vbscript|data:text)/i.test(value) || (name === 'style' && /url|expression/i.test(value)))
    .map(() => element.outerHTML),
])`;

describe.skipIf(!available('chromium'))('an administrator in the browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  it('gets from the one-time link to the overview, and back in by password at the very same place', async () => {
    await withConsole(async (running) => {
      const { page, complaints, context } = await openWindow(browser);
      await firstRun(page, running);
      await page.getByText('Sending. Nothing waits.').waitFor();
      expect(complaints).toEqual([]);
      await page.goto(`${running.url}routes`);
      await page.getByRole('button', { name: 'Sign out', exact: true }).click();
      await page.getByLabel('Name').fill('ada');
      await page.getByLabel('Password').fill('not the password');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByText('(auth-failed)').waitFor();
      await page.getByLabel('Password').fill(samplePassword);
      await page.getByLabel('Password').press('Enter');
      await page.getByRole('heading', { name: 'Routes' }).waitFor();
      await context.close();
    });
  });

  it('finds out by an address what became of a message: search, message, answer of the attempt', async () => {
    await withConsole(async (running) => {
      await mailWith(running.smtpPort, { subject: 'Case 4711', to: 'grace@contoso.example' });
      await mailWith(running.smtpPort, { subject: 'Another case' });
      await running.settled();
      const { page, complaints, context } = await openWindow(browser);
      await firstRun(page, running);
      await page.getByRole('searchbox').first().fill('grace@contoso.example');
      await page.getByRole('searchbox').first().press('Enter');
      await page.getByRole('link', { name: 'Case 4711' }).click();
      await page.getByText('Attempt 1: sent').waitFor();
      await page.getByText('client-request-id', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Show the content' }).click();
      await page.getByRole('tab', { name: 'Header' }).click();
      await page.getByRole('cell', { name: 'Subject', exact: true }).waitFor();
      await page.goto(`${running.url}audit`);
      await page.getByRole('cell', { name: 'message-preview' }).waitFor();
      await page.getByRole('button', { name: 'Verify' }).click();
      await page.getByText('each as it was written').waitFor();
      expect(complaints).toEqual([]);
      await context.close();
    });
  });

  it('pauses the connector, holds what waits, and releases all of it after the count was shown', async () => {
    await withConsole(async (running) => {
      const { page, context } = await openWindow(browser);
      await firstRun(page, running);
      await page.goto(`${running.url}connectors/smtp`);
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Pause' }).click();
      await page.getByRole('button', { name: 'Resume' }).waitFor();
      for (const subject of ['One', 'Two', 'Three']) await mailWith(running.smtpPort, { subject });
      await page.goto(`${running.url}messages`);
      await page.getByRole('checkbox', { name: 'Select Two' }).check();
      await page.getByRole('button', { name: 'Hold' }).click();
      await page.getByRole('alertdialog').getByText('Set 1 message aside?').waitFor();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Hold' }).click();
      await page.getByText('1 message changed').waitFor();
      expect((await running.store.books()).held).toBe(1);
      await page.goto(`${running.url}connectors/smtp`);
      await page.getByRole('button', { name: 'Resume' }).click();
      await page.getByRole('button', { name: 'Pause' }).waitFor();
      await page.goto(`${running.url}messages`);
      await page.getByRole('button', { name: 'Release' }).click();
      await page.getByRole('alertdialog').getByText('Let 1 message go on?').waitFor();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Release' }).click();
      await page.getByText('1 message changed').waitFor();
      await running.settled();
      expect((await running.store.books()).sent).toBe(3);
      await context.close();
    });
  });

  it('runs the checks at the place that the manual names, and reads the evidence', async () => {
    await withConsole(async (running) => {
      const { page, context } = await openWindow(browser);
      await firstRun(page, running);
      await page.goto(`${running.url}connectors/SMTP.aspx`);
      for (const label of ['OAuth Client ID', 'Tenant ID', 'User Name', 'Public Key (secret)'])
        await page.getByLabel(label, { exact: true }).waitFor();
      expect(await page.getByLabel('Public Key (secret)', { exact: true }).inputValue()).toBe('Set; never shown');
      await page.getByRole('button', { name: 'Run the checks' }).click();
      const credential = page.getByRole('listitem').filter({ hasText: 'Entra accepts the app and its credential.' });
      await credential.getByText('yes', { exact: true }).waitFor();
      await credential.getByText('Evidence').click();
      await credential.getByText('Entra gave a token').waitFor();
      await page.getByRole('button', { name: 'Run the checks' }).waitFor();
      // What does not concern a connector by Graph is not left standing as though it were still to come.
      await page.getByText('not asked yet').first().waitFor({ state: 'detached' });
      await context.close();
    });
  });

  it('is not attacked by what mail says: subjects, names, file names and HTML are inert', async () => {
    await withConsole(async (running) => {
      for (const [index, hostile] of hostileStrings.entries())
        await mailWith(running.smtpPort, { subject: hostile, name: index % 2 === 0 ? hostile : 'x', html: hostile });
      await mailWith(running.smtpPort, {
        subject: 'All of them',
        html: hostileStrings.join('\n'),
        text: hostileStrings.join('\n'),
      });
      await running.settled();
      const { page, complaints, context } = await openWindow(browser);
      const strangers: string[] = [];
      const own = new URL(running.url).host;
      page.on('request', (request) => {
        const { host, protocol } = new URL(request.url());
        if (host !== own && protocol !== 'data:') strangers.push(request.url());
      });
      await firstRun(page, running);
      await page.goto(`${running.url}messages`);
      await page.getByRole('link', { name: 'All of them' }).waitFor();
      await page.getByRole('button', { name: 'Show older ones' }).click({ timeout: 5_000 });
      const messages = await running.store.list({ limit: 1_000 });
      expect(messages.length).toBeGreaterThan(100);
      // The last one has all of them in its HTML; each of the others is looked at in its frame alone, which is faster.
      await page.goto(`${running.url}messages/${messages[0]?.id}`);
      await page.getByRole('button', { name: 'Show the content' }).click();
      for (const tab of ['Header', 'Attachments', 'Text', 'HTML']) await page.getByRole('tab', { name: tab }).click();
      await page.frameLocator('iframe').locator('body').waitFor();
      for (const { id } of messages) {
        await page.goto(`${running.url}api/messages/${id}/preview.html`);
        expect(await page.evaluate(whatCouldRun)).toEqual([]);
        expect(await page.evaluate('window.xss')).toBeUndefined();
      }
      // What a browser says of itself is as hostile, and so is a link to a search.
      const eve = new ConsoleClient(running.url);
      const plain = hostileStrings.filter((each) => /^[\x20-\x7e]*$/.test(each));
      for (const agent of plain.slice(0, 30))
        await eve.ask(
          'POST',
          'api/session',
          { name: 'ada', password: samplePassword },
          { 'user-agent': agent, cookie: undefined },
        );
      await page.goto(`${running.url}own`);
      await page
        .getByText(plain[0] ?? '')
        .first()
        .waitFor();
      expect(await page.evaluate('window.xss')).toBeUndefined();
      for (const q of plain.slice(0, 8)) {
        await page.goto(`${running.url}messages?${new URLSearchParams({ q, client: q, connector: q })}`);
        await page.getByText('No message matches.').waitFor();
        expect(await page.evaluate('window.xss')).toBeUndefined();
      }
      await page.goto(`${running.url}messages/${messages.at(-1)?.id}`);
      await page.locator('h1').waitFor();
      expect(await page.evaluate('window.xss')).toBeUndefined();
      expect(strangers).toEqual([]);
      expect(complaints).toEqual([]);
      await context.close();
    });
  }, 120_000);
});
