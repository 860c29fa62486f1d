/** What the console costs at first sight, and what it puts in people's way: measured in Chromium. */
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { violations } from '../../harness/axe.ts';
import type { Tabs } from './tabs.ts';

export interface Measured {
  readonly screens: number;
  readonly axeViolations: number;
  readonly firstLoadKB: number;
  readonly interactiveMs: number;
}

/** Limits that the console keeps to; the machine is slowed down four times for the second. */
export const limits = { firstLoadKB: 350, interactiveMs: 1_500, slowDown: 4 } as const;

/** @param say tells each violation */
export async function measure(tabs: Tabs, messageId: string, say: (line: string) => void): Promise<Measured> {
  const places = [
    ...['', 'messages', `messages/${messageId}`, 'connectors/smtp', 'connectors/SMTP.aspx', 'clients', 'routes'],
    ...['alerts', 'limits', 'audit', 'users', 'about'],
  ];
  const found: string[] = [];
  const { console: page } = tabs;
  for (const theme of ['light', 'dark', 'contrast'])
    for (const place of places) {
      await page.goto(tabs.url + place);
      await page.locator('h1').waitFor();
      await page.getByLabel('Colours').selectOption(theme);
      await page.getByText('Loading').waitFor({ state: 'detached' });
      found.push(...(await violations(page, `${place || 'overview'} in ${theme}`)));
    }
  await page.getByLabel('Colours').selectOption('system');
  for (const line of found) say(line);
  return { screens: places.length, axeViolations: found.length, ...(await firstLoad(tabs)) };
}

/** The first screen in a browser that has never seen it, on a processor four times as slow; the best of three. */
async function firstLoad({ browser, console: signedIn, url }: Tabs) {
  const cookies = await signedIn.context().cookies();
  const runs: { firstLoadKB: number; interactiveMs: number }[] = [];
  for (let run = 0; run < 3; run += 1) {
    const context = await browser.newContext({ reducedMotion: 'reduce', locale: 'en-GB' });
    await context.addCookies(cookies);
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: limits.slowDown });
    const sizes: Promise<number>[] = [];
    page.on('requestfinished', (request) => {
      sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
    });
    await page.goto(url, { waitUntil: 'commit' });
    const interactiveMs = await becomesInteractive(page);
    await page.waitForLoadState('networkidle');
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    runs.push({ firstLoadKB: Math.round(bytes / 1024), interactiveMs: Math.round(interactiveMs) });
    await context.close();
  }
  return {
    firstLoadKB: Math.max(...runs.map(({ firstLoadKB }) => firstLoadKB)),
    interactiveMs: Math.min(...runs.map(({ interactiveMs }) => interactiveMs)),
  };
}

/** ms from the navigation until the first screen has its heading and its search takes what is typed. */
async function becomesInteractive(page: Page): Promise<number> {
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.getByRole('searchbox').first().fill('a');
  return z.number().parse(await page.evaluate('performance.now()'));
}
