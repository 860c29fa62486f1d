/**
 * Takes the pictures of README and guide from the real thing: `npm run screenshots`, or with a folder to look at every
 * screen at three widths and in two themes.
 */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { mailWith } from '../test/console/hostile-mail.ts';
import { openWindow, startBrowser } from '../test/harness/browser.ts';
import { ConsoleClient, tokenOf } from '../test/harness/console-client.ts';
import { type ConsoleRun, withConsole } from '../test/harness/with-console.ts';

const [folder] = process.argv.slice(2);
const images = join(dirname(import.meta.dirname), 'docs', 'images');
const subjects = [
  'Case 2026-0417 was assigned to you',
  'Reset your password',
  'Scan from MFP-3rd-floor',
  'Hearing 2026-0417',
];

async function seed({ smtpPort, settled, mailroom, store }: ConsoleRun): Promise<void> {
  for (let round = 0; round < 8; round += 1)
    for (const subject of subjects) await mailWith(smtpPort, { subject, html: `<p>${subject}.</p>` });
  await settled();
  await mailroom.operator.pauseConnector('default', 'for a moment');
  for (const subject of subjects.slice(0, 3)) await mailWith(smtpPort, { subject });
  const waiting = await store.list({ limit: 10, states: ['queued'] });
  await mailroom.operator.intervene(
    'hold',
    waiting.slice(0, 1).map(({ id }) => id),
    'ada',
  );
  await mailroom.operator.intervene(
    'cancel',
    waiting.slice(1, 2).map(({ id }) => id),
    'ada',
  );
  await mailroom.operator.resumeConnector('default', 'again');
  await settled();
}

async function signIn(page: Page, { url }: ConsoleRun, cookie: string | undefined): Promise<void> {
  const [name = '', value = ''] = cookie?.split('=') ?? [];
  await page.context().addCookies([{ name, value, url }]);
}

async function shoot(browser: Browser, run: ConsoleRun, cookie: string | undefined): Promise<void> {
  const { page } = await openWindow(browser);
  await signIn(page, run, cookie);
  await page.goto(run.url);
  await page.getByText('Last hour:').waitFor();
  await page.screenshot({ path: join(images, 'overview.png') });
  const [message] = await run.store.list({ limit: 1, states: ['sent'] });
  await page.goto(`${run.url}messages/${message?.id}`);
  await page.getByText('Attempt 1: sent').waitFor();
  await page.screenshot({ path: join(images, 'message.png') });
}

async function shootAll(browser: Browser, run: ConsoleRun, cookie: string | undefined, into: string): Promise<void> {
  const [message] = await run.store.list({ limit: 1, states: ['sent'] });
  const places = {
    overview: '',
    messages: 'messages',
    message: `messages/${message?.id}`,
    connector: 'connectors/smtp',
    clients: 'clients',
    routes: 'routes',
    alerts: 'alerts',
    limits: 'limits',
    audit: 'audit',
    users: 'users',
    own: 'own',
    about: 'about',
  };
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [1_280, 800, 390]) {
      const { page, context } = await openWindow(browser, { colorScheme, width });
      await signIn(page, run, cookie);
      for (const [name, place] of Object.entries(places)) {
        await page.goto(run.url + place);
        await page.locator('h1').waitFor();
        await page.getByText('Loading').waitFor({ state: 'detached' });
        await page.screenshot({ path: join(into, `${name}-${colorScheme}-${width}.png`), fullPage: true });
      }
      await context.close();
    }
}

mkdirSync(folder ?? images, { recursive: true });
await withConsole(
  async (run) => {
    const ada = new ConsoleClient(run.url);
    await ada.redeem(tokenOf(run.firstRunUrl), 'ada');
    await seed(run);
    const browser = await startBrowser();
    try {
      await (folder === undefined ? shoot(browser, run, ada.cookie) : shootAll(browser, run, ada.cookie, folder));
    } finally {
      await browser.close();
    }
  },
  {},
  {},
  {},
  { limits: { messagesPerMinute: 300, concurrency: 4, recipientsPerDay: 10_000 } },
);
