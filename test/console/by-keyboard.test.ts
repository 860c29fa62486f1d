/** Every task of operating, by keyboard alone: no click, no mouse. A stop of the keyboard is found by its name, as a screen reader says it. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { available } from '../harness/available.ts';
import { openWindow, startBrowser } from '../harness/browser.ts';
import { ConsoleClient, consoleUsers, samplePassword, tokenOf } from '../harness/console-client.ts';
import { openConsole } from '../harness/console-window.ts';
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

async function answer(page: Page, name: string): Promise<void> {
  await page.getByRole('alertdialog').waitFor();
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

  it('makes a client, changes it, adds routes and moves one, tries them out, adds a way of alerts and tests it, runs the checks, asks for a second factor', async () => {
    await withConsole(async (running) => {
      const ada = new ConsoleClient(running.url);
      await ada.redeem(tokenOf(running.firstRunUrl), 'ada');
      const { page, context } = await openConsole(browser, ada, 'clients');
      const type = async (field: string | RegExp, text: string) => {
        await goTo(page, field);
        await page.keyboard.type(text);
      };
      const open = async (place: string) => {
        await goTo(page, place, 'Shift+Tab');
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { name: place, level: 1 }).waitFor();
      };
      await press(page, 'Add a client');
      await page.keyboard.type('printers');
      await type('May send as', '@contoso.example');
      await page.keyboard.press('Enter');
      await page.getByText('it is shown only once').waitFor();
      await press(page, 'I have kept it');
      await press(page, 'Edit printers');
      await type('Messages an hour, at most', '500');
      await press(page, 'Save');
      await page.getByText('500 messages an hour').waitFor();
      await open('Routes');
      for (const name of ['invoices', 'scans']) {
        await press(page, 'Add a route');
        await page.keyboard.type(name);
        await type('Part of the subject', name);
        await goTo(page, /^Hold the mail/);
        await page.keyboard.press('Space');
        await press(page, 'Add');
        await page.getByText(`${name} is saved and in force.`).waitFor();
      }
      await press(page, 'Move scans up');
      await page.getByText('scans is now number 1 of 2.').waitFor();
      await goTo(page, 'Client');
      await page.keyboard.type('local');
      await type('Sender', 'noreply@contoso.example');
      await type('Recipients', 'ada@contoso.example');
      await type('Subject', 'Your scans');
      await page.keyboard.press('Enter');
      await page.getByText('The route scans takes it').waitFor();
      await goTo(page, 'Remove invoices', 'Shift+Tab');
      await page.keyboard.press('Enter');
      await answer(page, 'Remove');
      await page.getByText('invoices is removed.').waitFor();
      await goTo(page, 'Alerts').catch(() => goTo(page, 'Alerts', 'Shift+Tab'));
      await page.keyboard.press('Enter');
      await press(page, 'Add a way');
      await page.keyboard.type('team');
      await type('URL of the webhook', 'http://127.0.0.1:9/hook');
      await page.keyboard.press('Enter');
      await page.getByText('team is saved and in force.').waitFor();
      await press(page, 'Send a test by team');
      await page.getByText('team did not take it').waitFor();
      await goTo(page, 'eMail (SMTP)', 'Shift+Tab');
      await page.keyboard.press('Enter');
      await press(page, 'Run the checks');
      await page.getByRole('listitem').filter({ hasText: 'Entra accepts the app' }).getByText('yes').waitFor();
      await goTo(page, 'ada', 'Shift+Tab');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Your sign-in' }).waitFor();
      await type('Your password', samplePassword);
      await press(page, 'Set up');
      await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor();
      await context.close();
    });
  });
});
