/** An action on thousands of messages in Chromium: counted first, watched, stopped, and not lost by a restart of the server. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { available } from '../harness/available.ts';
import { violations } from '../harness/axe.ts';
import { startBrowser } from '../harness/browser.ts';
import { ConsoleClient, tokenOf } from '../harness/console-client.ts';
import { openConsole } from '../harness/console-window.ts';
import { startServed } from '../harness/served-console.ts';
import { openDialogue } from '../harness/smtp-dialogue.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { until } from '../harness/until.ts';
import { withConsole } from '../harness/with-console.ts';
import { handInMany } from '../store/samples.ts';

const noreply = 'noreply@contoso.example';
const mail = `From: ${noreply}\r\nTo: ada@contoso.example\r\nSubject: Your payslip\r\n\r\nHello.`;

describe.skipIf(!available('chromium'))('an action on thousands', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  it('is counted, begun and stopped by keyboard, and says how far it came', async () => {
    await withConsole(async ({ url, firstRunUrl, mailroom, store }) => {
      const ada = new ConsoleClient(url);
      await ada.redeem(tokenOf(firstRunUrl), 'ada');
      await mailroom.operator.pauseConnector('default', 'for the test');
      const count = 8_000;
      await handInMany(store, count);
      const { page, context } = await openConsole(browser, ada, 'messages?q=payslip');
      await page.getByRole('button', { name: 'Hold' }).focus();
      await page.keyboard.press('Enter');
      // The focus stands on the safe answer as long as it is counted.
      await page.getByRole('alertdialog').getByText('Set 8,000 messages aside?').waitFor();
      await page.keyboard.press('Shift+Tab');
      await page.keyboard.press('Enter');
      const stop = page.getByRole('button', { name: 'Stop' });
      await stop.focus();
      await page.keyboard.press('Enter');
      const said = page.getByText(/^Hold: stopped after [\d,]+ messages of 8,000\. What was changed stays changed\.$/);
      await said.waitFor();
      expect(await violations(page, 'an action that was stopped')).toEqual([]);
      const { held } = await store.books();
      expect(await said.textContent()).toContain(`after ${held.toLocaleString('en-GB')} messages`);
      expect(held).toBeLessThan(count);
      await context.close();
    });
  });

  it('goes on after a restart of the server, from where it was to the last message', async () => {
    await using folder = await temporaryFolder();
    await using first = await startServed(folder.path);
    const ada = new ConsoleClient(first.url);
    await ada.redeem(tokenOf(first.firstRunUrl), 'ada');
    await ada.ask('POST', 'api/connectors/default/pause', {});
    const count = 3_000;
    const handedIn = Array.from({ length: 10 }, async () => {
      await using smtp = await openDialogue({ port: first.smtpPort });
      await smtp.reply();
      await smtp.command('EHLO case-management');
      for (let each = 0; each < count / 10; each += 1)
        expect((await smtp.send(noreply, ['ada@contoso.example'], mail)).code).toBe(250);
    });
    await Promise.all(handedIn);
    const filter = { q: 'payslip' };
    const counted = await until('all are found', async () => {
      const answer = (await ada.ask('POST', 'api/bulk/count', { action: 'hold', filter })).json();
      return answer['count'] === count ? answer : undefined;
    });
    const order = { action: 'hold', filter: { ...filter, until: counted['until'] }, count };
    expect((await ada.ask('POST', 'api/bulk', order)).json()).toMatchObject({ state: 'running', total: count });
    await first.end();
    await using _again = await first.again();
    const { page, context } = await openConsole(browser, ada, 'messages');
    await page.getByText('Hold: 3,000 messages changed.').waitFor();
    const { actions } = (await ada.ask('GET', 'api/bulk')).json();
    expect(actions).toMatchObject([{ state: 'done', resumed: true, changed: count, unchanged: 0 }]);
    expect((await ada.ask('GET', 'api/overview')).json()).toMatchObject({ books: { held: count, queued: 0 } });
    await page.goto(`${first.url}audit`);
    await page.getByRole('cell', { name: 'message-hold-resumed' }).waitFor();
    await context.close();
  });
});
