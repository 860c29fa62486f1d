/** Every task of operating, by keyboard alone: no click, no mouse. A stop of the keyboard is found by its name, as a screen reader says it. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { available } from '../harness/available.ts';
import { openWindow, startBrowser } from '../harness/browser.ts';
import { consoleUsers, samplePassword } from '../harness/console-client.ts';
import { until } from '../harness/until.ts';
import { withConsole } from '../harness/with-console.ts';
import { mailWith } from './hostile-mail.ts';

/** The name of what has the focus: its label, or what stands on it. */
const focusedName = `(() => {
  const element = document.activeElement;
  if (!element || element === document.body) return '';
  const labelled = element.getAttribute('aria-labelledby')?.split(' ').map((id) => document.getElementById(id)?.textContent).join(' ');
  return element.getAttribute('aria-label') ?? labelled ?? element.labels?.[0]?.textContent ?? element.textContent ?? '';
})()`;
const mostStops = 120;

async function goTo(page: Page, name: string | RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const seen: string[] = [];
  for (let step = 0; step < mostStops; step += 1) {
    await page.keyboard.press(key);
    const now = String(await page.evaluate(focusedName)).trim();
    if (typeof name === 'string' ? now === name : name.test(now)) return;
    seen.push(now);
  }
  throw new Error(`There is no stop ${name} among: ${seen.slice(0, 60).join(' | ')}`);
}

async function press(page: Page, name: string | RegExp): Promise<void> {
  await goTo(page, name);
  await page.keyboard.press('Enter');
}

/** The dialog takes the focus a moment after it shows; before that, the same name stands on the page behind it. */
async function answer(page: Page, name: string): Promise<void> {
  await page.locator('[role=alertdialog] :focus').waitFor();
  await press(page, name);
}

describe.skipIf(!available('chromium'))('somebody without a mouse', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  it('goes everywhere, pauses, finds, chooses, holds, releases all that match, reads a message and its content, adds a user, proves the trail', async () => {
    await withConsole(async (running) => {
      await consoleUsers(running.url, running.firstRunUrl);
      const { page, context, complaints } = await openWindow(browser);
      await page.goto(`${running.url}messages`);
      await page.getByRole('heading', { name: /Sign in/ }).waitFor();
      await goTo(page, 'Name');
      await page.keyboard.type('ada');
      await goTo(page, 'Password');
      await page.keyboard.type(samplePassword);
      await page.keyboard.press('Enter');
      await page.getByText('No message yet.').waitFor();

      await press(page, 'eMail (SMTP)');
      await page.getByRole('heading', { name: 'eMail (SMTP)' }).waitFor();
      await press(page, 'Pause');
      await answer(page, 'Pause');
      await page.getByRole('button', { name: 'Resume' }).waitFor();
      for (const subject of ['First', 'Second', 'Third']) await mailWith(running.smtpPort, { subject });

      await goTo(page, 'Messages', 'Shift+Tab');
      await page.keyboard.press('Enter');
      await page.getByRole('link', { name: 'Third' }).waitFor();
      await goTo(page, 'Select Second');
      await page.keyboard.press('Space');
      await goTo(page, 'Hold', 'Shift+Tab');
      await page.keyboard.press('Enter');
      await page.getByRole('alertdialog').getByText('Set 1 message aside?').waitFor();
      await answer(page, 'Hold');
      await page.getByText('1 message changed.').waitFor();
      await goTo(page, 'Release', 'Shift+Tab');
      await page.keyboard.press('Escape');

      await page.reload();
      await page.getByRole('link', { name: 'Third' }).waitFor();
      await press(page, 'Release');
      await page.getByRole('alertdialog').getByText('Let 1 message go on?').waitFor();
      await answer(page, 'Release');
      await page.getByText('Release: 1 message changed.').waitFor();
      expect((await running.store.books()).held).toBe(0);
      await press(page, 'Third');
      await page.getByText('Accepted from local').waitFor();
      await press(page, 'Show the content');
      await page.getByRole('tab', { name: 'Text' }).waitFor();
      await goTo(page, 'Text');
      for (const _ of ['HTML', 'Header']) await page.keyboard.press('ArrowRight');
      await page.getByRole('cell', { name: 'Subject', exact: true }).waitFor();

      await goTo(page, 'Limits and lanes', 'Shift+Tab');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Limits and lanes' }).waitFor();
      await goTo(page, 'Users', 'Shift+Tab').catch(() => goTo(page, 'Users'));
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Users' }).waitFor();
      await goTo(page, 'Name');
      await page.keyboard.type('grace');
      await goTo(page, 'Role');
      await page.keyboard.press('ArrowDown');
      await press(page, 'Add and make a link');
      await page.getByRole('cell', { name: /^grace/ }).waitFor();
      await goTo(page, 'Audit trail', 'Shift+Tab');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Audit trail' }).waitFor();
      await press(page, 'Verify');
      await page.getByText('each as it was written').waitFor();
      await goTo(page, 'eMail (SMTP)', 'Shift+Tab');
      await page.keyboard.press('Enter');
      await press(page, 'Resume');
      await page.getByRole('button', { name: 'Pause' }).waitFor();
      await until('all is sent', async () => (await running.store.books()).sent === 3);
      await goTo(page, 'Sign out', 'Shift+Tab');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: /Sign in/ }).waitFor();
      expect(complaints).toEqual([]);
      await context.close();
    });
  });
});
