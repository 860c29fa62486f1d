/** A window that is signed in to a console, without the way through its sign-in. */
import type { Browser } from 'playwright-core';
import { type BrowserRun, type BrowserWishes, openWindow } from './browser.ts';
import type { ConsoleClient } from './console-client.ts';

/** @param place below the console's own, such as `routes` */
export async function openConsole(
  browser: Browser,
  client: ConsoleClient,
  place: string,
  wishes: BrowserWishes = {},
): Promise<BrowserRun> {
  const run = await openWindow(browser, wishes);
  const [name = '', value = ''] = client.cookie?.split('=') ?? [];
  await run.context.addCookies([{ name, value, url: client.url }]);
  await run.page.goto(client.url + place);
  await run.page.locator('h1').waitFor();
  return run;
}
