/** Every screen, and what opens on it, held against WCAG 2.2 AA by axe: in each theme, and at the width of a phone. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { available } from '../harness/available.ts';
import { violations } from '../harness/axe.ts';
import { openWindow, startBrowser } from '../harness/browser.ts';
import { ConsoleClient, tokenOf } from '../harness/console-client.ts';
import { withConsole } from '../harness/with-console.ts';
import { mailWith } from './hostile-mail.ts';

const places = [
  '',
  'messages',
  'connectors/smtp',
  'clients',
  'routes',
  'alerts',
  'limits',
  'audit',
  'users',
  'own',
  'about',
];

/** What stands open only when somebody has done something: panels, questions, tabs, refusals, nothing found. */
const openings: readonly (readonly [name: string, open: (page: Page, url: string, id: string) => Promise<void>])[] = [
  [
    'a panel with a refusal',
    async (page, url) => {
      await page.goto(`${url}routes`);
      await page.getByRole('button', { name: 'Add a route' }).click();
      await page.getByLabel('Name', { exact: true }).fill('invoices');
      await page.getByLabel('Senders', { exact: true }).fill('nobody');
      await page.keyboard.press('Enter');
      await page.getByText('must be an address').waitFor();
      await page.getByText('More settings').click();
    },
  ],
  [
    'a question',
    async (page, url) => {
      await page.goto(`${url}messages`);
      await page.getByRole('button', { name: 'Hold' }).click();
      await page.getByText('No message that matches').waitFor();
    },
  ],
  [
    'nothing found',
    async (page, url) => {
      await page.goto(`${url}messages?q=nobody@contoso.example`);
      await page.getByText('No message matches.').waitFor();
    },
  ],
  [
    'the content of a message',
    async (page, url, id) => {
      await page.goto(`${url}messages/${id}`);
      await page.getByRole('button', { name: 'Show the content' }).click();
      await page.getByRole('tab', { name: 'HTML' }).click();
      await page.frameLocator('iframe').locator('body').waitFor();
    },
  ],
  [
    'a place that is none',
    async (page, url) => {
      await page.goto(`${url}messages/01aaaaaaaaaaaaaaaaaaaaaaaa`);
      await page.getByText('There is no message of this id.').waitFor();
    },
  ],
];

describe.skipIf(!available('chromium'))('somebody who does not see well', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  it.each([
    ['light', 1_280],
    ['dark', 1_280],
    ['contrast', 1_280],
    ['light', 360],
  ] as const)(
    'sees-every-screen-without-a-barrier, and all that opens there: %s, %i pixels wide',
    async (theme, width) => {
      await withConsole(async (running) => {
        await mailWith(running.smtpPort, { subject: 'Hello', html: '<p>Hello</p>' });
        await running.settled();
        const [message] = await running.store.list({ limit: 1 });
        const found: string[] = [];
        const { page, context } = await openWindow(browser, { width });
        await page.addInitScript(`localStorage.setItem('mailroom.theme', '${theme}')`);
        await page.goto(running.url);
        await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
        found.push(...(await violations(page, 'sign-in')));
        await page.goto(running.firstRunUrl ?? '');
        await page.getByLabel('Password').waitFor();
        found.push(...(await violations(page, 'first-run')));
        const ada = new ConsoleClient(running.url);
        await ada.redeem(tokenOf(running.firstRunUrl), 'ada');
        const [name = '', value = ''] = ada.cookie?.split('=') ?? [];
        await context.addCookies([{ name, value, url: running.url }]);
        for (const place of [...places, `messages/${message?.id}`]) {
          await page.goto(running.url + place);
          await page.locator('h1').waitFor();
          await page.getByText('Loading').waitFor({ state: 'detached' });
          found.push(...(await violations(page, place || 'overview')));
          const over: unknown = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          if (Number(over) > 0) found.push(`${place}: ${over} pixels too wide`);
        }
        for (const [what, open] of openings) {
          await open(page, running.url, message?.id ?? '');
          found.push(...(await violations(page, what)));
        }
        await context.close();
        expect(found).toEqual([]);
      });
    },
    120_000,
  );
});
