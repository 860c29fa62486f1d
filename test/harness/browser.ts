/** Debian's Chromium, headless, looking at a console; always closed. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findProgram } from '../../scripts/test-tools.mjs';

export interface BrowserWishes {
  readonly colorScheme?: 'light' | 'dark';
  /** Pixels. */
  readonly width?: number;
}

export interface BrowserRun {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page complained about: refused by its policy, failed, thrown. */
  readonly complaints: string[];
}

/** Starts the browser. @throws when there is none: ask `available('chromium')` first. */
export function startBrowser(): Promise<Browser> {
  const executablePath = findProgram('chromium');
  if (executablePath === undefined) throw new Error('There is no chromium here.');
  // Debian's sandbox needs user namespaces, which containers often lack.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** Opens one window with nothing kept from others. */
export async function openWindow(browser: Browser, wishes: BrowserWishes = {}): Promise<BrowserRun> {
  const context = await browser.newContext({
    colorScheme: wishes.colorScheme ?? 'light',
    viewport: { width: wishes.width ?? 1_280, height: 900 },
    reducedMotion: 'reduce',
    locale: 'en-GB',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return { page, context, complaints };
}
