/** How the console gets to the browser: below a path, quickly, from nowhere else; and what shows when it does not. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { available } from '../harness/available.ts';
import { openWindow, startBrowser } from '../harness/browser.ts';
import { ConsoleClient, samplePassword, tokenOf } from '../harness/console-client.ts';
import { startServed } from '../harness/served-console.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { withConsole } from '../harness/with-console.ts';
import { mailWith } from './hostile-mail.ts';

/** What the first screen may cost, bytes on the wire with everything compressed. */
const mostFirstLoad = 350 * 1_024;

describe.skipIf(!available('chromium'))('the console', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  it('works below the path of a reverse proxy, and asks for nothing beside it', async () => {
    await withConsole(
      async ({ url, firstRunUrl }) => {
        const { page, complaints, context } = await openWindow(browser);
        const asked: string[] = [];
        page.on('request', (request) => asked.push(request.url()));
        await page.goto(firstRunUrl ?? '');
        await page.getByLabel('Name').fill('ada');
        await page.getByLabel('Password').fill(samplePassword);
        await page.getByLabel('Password').press('Enter');
        await page.getByRole('heading', { name: 'Overview' }).waitFor();
        await page.getByRole('link', { name: 'eMail (SMTP)' }).click();
        await page.getByRole('heading', { name: 'eMail (SMTP)' }).waitFor();
        await page.reload();
        await page.getByRole('heading', { name: 'eMail (SMTP)' }).waitFor();
        expect(page.url()).toBe(`${url}connectors/smtp`);
        expect(asked.filter((each) => !each.startsWith(url) && !each.startsWith('data:'))).toEqual([]);
        expect(complaints).toEqual([]);
        await context.close();
      },
      { basePath: '/it/mailroom' },
    );
  });

  it('shows its first screen for less than 350 KB, and again for next to nothing', async () => {
    await withConsole(async ({ url, firstRunUrl }) => {
      const ada = new ConsoleClient(url);
      await ada.redeem(tokenOf(firstRunUrl), 'ada');
      const { page, context } = await openWindow(browser);
      const [name = '', value = ''] = ada.cookie?.split('=') ?? [];
      await context.addCookies([{ name, value, url }]);
      const load = async () => {
        const sizes: Promise<number>[] = [];
        const count = (request: { sizes(): Promise<{ responseBodySize: number }> }) =>
          sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
        page.on('requestfinished', count);
        await page.goto(url);
        await page.getByText('Last hour:').waitFor();
        page.off('requestfinished', count);
        return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
      };
      const first = await load();
      process.stdout.write(`first load of the console: ${Math.round(first / 1_024)} KB\n`);
      expect(first).toBeGreaterThan(50_000);
      expect(first).toBeLessThan(mostFirstLoad);
      // What has a hash in its name is not asked for again.
      expect(await load()).toBeLessThan(20_000);
      await context.close();
    });
  });

  it('is used by keyboard alone: sign in, skip to the content, search, open the message', async () => {
    await withConsole(async ({ url, firstRunUrl, smtpPort, settled }) => {
      await new ConsoleClient(url).redeem(tokenOf(firstRunUrl), 'ada');
      await mailWith(smtpPort, { subject: 'By keyboard' });
      await settled();
      const { page, context } = await openWindow(browser);
      const focused = () =>
        page.evaluate('document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent');
      await page.goto(url);
      await page.getByLabel('Name').waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.type('ada');
      await page.keyboard.press('Tab');
      await page.keyboard.type(samplePassword);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      await page.reload();
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      // From the heading, which has the focus, back to the search at the top.
      for (let step = 0; step < 30 && (await focused()) !== 'Find a message'; step += 1)
        await page.keyboard.press('Shift+Tab');
      await page.keyboard.press('Shift+Tab');
      await page.keyboard.type('By keyboard');
      await page.keyboard.press('Enter');
      await page.getByRole('link', { name: 'By keyboard' }).waitFor();
      for (let step = 0; step < 30 && (await focused()) !== 'By keyboard'; step += 1) await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.getByText('Attempt 1: sent').waitFor();
      await context.close();
    });
  });

  it('keeps-what-is-on-screen-when-the-server-goes-away, says so, and comes back by itself with its session', async () => {
    await using folder = await temporaryFolder();
    await using first = await startServed(folder.path);
    const ada = new ConsoleClient(first.url);
    await ada.redeem(tokenOf(first.firstRunUrl), 'ada');
    const { page, context } = await openWindow(browser);
    const [name = '', value = ''] = ada.cookie?.split('=') ?? [];
    await context.addCookies([{ name, value, url: first.url }]);
    await page.goto(first.url);
    await page.getByText('Sending. Nothing waits.').waitFor();
    await page.getByText('Last hour:').waitFor();
    await first.end();
    await page.getByText('Mailroom does not answer.').waitFor({ timeout: 40_000 });
    await page.getByText('Sending. Nothing waits.').waitFor();
    await using again = await first.again();
    expect(again.url).toBe(first.url);
    await page.getByText('Mailroom does not answer.').waitFor({ state: 'detached', timeout: 40_000 });
    await page.getByRole('link', { name: 'Audit trail' }).click();
    await page.getByRole('cell', { name: 'password-set' }).waitFor();
    await context.close();
  });
});
