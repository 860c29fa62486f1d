/**
 * `console`: how soon the console stands in a browser, what it costs to load, and how long searches over a million messages
 * take, asked of a server of its own over HTTP and in Chromium with its processor slowed down four times.
 */
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { openWindow, startBrowser } from '../test/harness/browser.ts';
import { ConsoleClient, tokenOf } from '../test/harness/console-client.ts';
import { startServed } from '../test/harness/served-console.ts';
import { temporaryFolder } from '../test/harness/temporary-folder.ts';
import type { BenchContext, BenchResult } from './bench.ts';
import { fillIndex } from './console/fill.ts';
import { searches } from './console/searches.ts';
import { median, percentile, round } from './statistics.ts';
import { table } from './table.ts';

/** What the console promises. */
const promised = { firstLoadKB: 350, interactiveMs: 1_500, listMs: 100 };
const slowDown = 4;

export async function consoleBench(context: BenchContext): Promise<BenchResult> {
  const rounds = context.rounds ?? (context.short ? 5 : 15);
  const messages = context.short ? 50_000 : 1_000_000;
  await using folder = await temporaryFolder(context.folder);
  const now = Date.now();
  context.say(
    `An index of ${messages.toLocaleString('en-GB')} messages${context.short ? ' (a million without --short)' : ''} …`,
  );
  fillIndex(join(folder.path, 'data'), messages, now, context.say);
  await using served = await startServed(folder.path);
  const ada = new ConsoleClient(served.url);
  await ada.redeem(tokenOf(served.firstRunUrl), 'ada');
  const rows = [];
  for (const { name, query } of await searches(ada, now)) {
    const taken: number[] = [];
    let found = 0;
    for (let turn = 0; turn < rounds; turn += 1) {
      const startedAt = performance.now();
      const answer = await ada.ask('GET', `api/messages?${new URLSearchParams(query)}`);
      taken.push(performance.now() - startedAt);
      const list = answer.json()['messages'];
      if (answer.status !== 200 || !Array.isArray(list)) throw new Error(`${name}: ${answer.status} ${answer.text}`);
      found = list.length;
    }
    rows.push({ name, found, ms: round(median(taken), 1), p95Ms: round(percentile(taken, 0.95), 1) });
  }
  context.say(
    `\n${table(
      ['search', 'found', 'ms', 'p95 ms'],
      rows.map(({ name, found, ms, p95Ms }) => [name, found, ms, p95Ms]),
    )}`,
  );
  const browser = await startBrowser();
  try {
    const loads = [];
    for (let turn = 0; turn < Math.min(rounds, 5); turn += 1) loads.push(await load(browser, served.url, ada.cookie));
    const firstLoadKB = round(median(loads.map(({ bytes }) => bytes / 1_024)), 1);
    const interactiveMs = round(median(loads.map(({ interactiveMs: ms }) => ms)), 0);
    const messagesMs = round(median(loads.map(({ messagesMs: ms }) => ms)), 0);
    const slowest = Math.max(...rows.map(({ ms }) => ms ?? Number.POSITIVE_INFINITY));
    context.say(
      table(
        ['in Chromium, processor slowed down four times', 'figure', 'promised'],
        [
          ['first load, KB compressed', firstLoadKB, promised.firstLoadKB],
          ['interactive, ms', interactiveMs, promised.interactiveMs],
          ['from the click to the list of messages, ms', messagesMs, null],
          ['slowest search (median), ms', slowest, promised.listMs],
        ],
      ),
    );
    const ok =
      (firstLoadKB ?? Number.POSITIVE_INFINITY) < promised.firstLoadKB &&
      (interactiveMs ?? Number.POSITIVE_INFINITY) < promised.interactiveMs &&
      slowest < promised.listMs;
    return {
      ok,
      report: { messages, firstLoadKB, interactiveMs, messagesMs, slowestMs: slowest, searches: rows, rounds },
    };
  } finally {
    await browser.close();
  }
}

/** One first visit, with nothing kept from before. */
async function load(browser: Browser, url: string, cookie: string | undefined) {
  const { page, context } = await openWindow(browser);
  const [name = '', value = ''] = cookie?.split('=') ?? [];
  await context.addCookies([{ name, value, url }]);
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.enable');
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowDown });
  let bytes = 0;
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  const startedAt = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  // Interactive: the answer to "is mail going out?" stands there, and the search takes what is typed.
  await page.getByText('Sending. Nothing waits.').waitFor();
  const search = page.getByRole('searchbox').first();
  await search.fill('x');
  const interactiveMs = performance.now() - startedAt;
  await search.fill('');
  await page.getByText('Last hour:').waitFor();
  const firstBytes = bytes;
  const clickedAt = performance.now();
  await page.getByRole('link', { name: 'Messages', exact: true }).click();
  await page.getByRole('checkbox').nth(20).waitFor();
  const messagesMs = performance.now() - clickedAt;
  await context.close();
  return { bytes: firstBytes, interactiveMs, messagesMs };
}
