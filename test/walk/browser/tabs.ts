/** Two tabs of one Chromium: the console of a served Mailroom, and the practice tenant's portal. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { stringify } from 'yaml';
import { startBrowser } from '../../harness/browser.ts';
import { samplePassword } from '../../harness/console-client.ts';
import { freePort } from '../../harness/free-port.ts';
import { type ServerProcess, startServerProcess } from '../../harness/server-process.ts';
import { type Place, systemAccount } from '../manual/place.ts';

export const apiKey = 'a-key-for-the-walk-in-the-browser';

export interface Tabs extends AsyncDisposable {
  readonly browser: Browser;
  readonly server: ServerProcess;
  /** With a slash at its end. */
  readonly url: string;
  readonly smtpPort: number;
  readonly httpPort: number;
  readonly console: Page;
  /** Signed in as the system account. */
  readonly portal: Page;
  /** A tab of its own, signed in as a Global Administrator. */
  readonly admin: Page;
  /** Errors of the console's page. */
  readonly complaints: string[];
}

/** A server with a console and no connector, and the tabs. */
export async function openTabs({ folder, tenant }: Place): Promise<Tabs> {
  const [smtpPort, httpPort, consolePort] = [await freePort(), await freePort(), await freePort()];
  const configFile = join(folder, 'mailroom.yaml');
  const configuration = {
    dataDir: join(folder, 'data'),
    hostname: 'localhost',
    smtp: [{ name: 'local', listen: `127.0.0.1:${smtpPort}`, auth: 'optional' }],
    http: [{ name: 'api', listen: `127.0.0.1:${httpPort}` }],
    console: { listen: `127.0.0.1:${consolePort}` },
    clients: [
      { name: 'programs', addresses: ['127.0.0.0/8'] },
      { name: 'portal', apiKey },
    ],
  };
  writeFileSync(configFile, stringify(configuration), { mode: 0o600 });
  const server = await startServerProcess({ configFile, ports: [smtpPort, httpPort, consolePort] });
  const browser = await startBrowser();
  const complaints: string[] = [];
  const tab = async () => {
    // The portal's certificate is of an authority that only the product was told of.
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB', reducedMotion: 'reduce' });
    return context.newPage();
  };
  const [consoleTab, portal, admin] = [await tab(), await tab(), await tab()];
  consoleTab.on('pageerror', (error) => complaints.push(error.message));
  await signInAtPortal(portal, tenant.origin, systemAccount);
  await signInAtPortal(admin, tenant.origin, 'admin@contoso.example');
  return {
    browser,
    server,
    // A name that Entra takes as a redirect URI without TLS.
    url: `http://localhost:${consolePort}/`,
    smtpPort,
    httpPort,
    console: consoleTab,
    portal,
    admin,
    complaints,
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function signInAtPortal(page: Page, origin: string, address: string): Promise<void> {
  await page.goto(`${origin}/portal/apps`);
  await page.locator('input[name="address"]').fill(address);
  await page.locator('input[name="password"]').fill('practice');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'App registrations' }).waitFor();
}

/** By the link that serve printed: name, password, and then the set-up. */
export async function firstRun({ console: page, server, url }: Tabs): Promise<void> {
  const [, token = ''] = /first-run#(\S+)/.exec(server.output()) ?? [];
  await page.goto(`${url}first-run#${token}`);
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password').fill(samplePassword);
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.getByRole('heading', { name: 'eMail (SMTP)' }).waitFor();
}
