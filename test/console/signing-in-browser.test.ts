/** Signing in as people do it, in Chromium: a passkey of a virtual device, an authenticator app, a session that ends under one's hands. */
import { Secret, TOTP } from 'otpauth';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { available } from '../harness/available.ts';
import { type BrowserRun, openWindow, startBrowser } from '../harness/browser.ts';
import { ConsoleClient, consoleUsers, samplePassword } from '../harness/console-client.ts';
import { withConsole } from '../harness/with-console.ts';

describe.skipIf(!available('chromium'))('somebody who signs in', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  async function signIn({ page }: BrowserRun, name: string): Promise<void> {
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
    await page.getByLabel('Password', { exact: true }).fill(samplePassword);
    await page.getByLabel('Password', { exact: true }).press('Enter');
  }

  it('makes a passkey, and gets in with it alone, by keyboard; one that was forgotten opens nothing', async () => {
    await withConsole(async (running) => {
      await consoleUsers(running.url, running.firstRunUrl);
      const window = await openWindow(browser);
      const { page, context, complaints } = window;
      // Passkeys hang on a host name, and an address is none.
      const url = running.url.replace('127.0.0.1', 'localhost');
      const devtools = await context.newCDPSession(page);
      await devtools.send('WebAuthn.enable');
      await devtools.send('WebAuthn.addVirtualAuthenticator', {
        options: {
          protocol: 'ctap2',
          transport: 'internal',
          hasResidentKey: true,
          hasUserVerification: true,
          isUserVerified: true,
          automaticPresenceSimulation: true,
        },
      });
      await page.goto(`${url}own`);
      await signIn(window, 'otto');
      await page.getByRole('heading', { name: 'Your sign-in' }).waitFor();
      await page.getByLabel('Name, such as the device').fill('Laptop');
      const form = page.locator('form').filter({ hasText: 'Add a passkey' });
      await form.getByLabel('Your password').fill(samplePassword);
      await form.getByRole('button', { name: 'Add a passkey' }).press('Enter');
      await page.getByRole('cell', { name: 'Laptop', exact: true }).waitFor();
      await page.getByRole('button', { name: 'Sign out', exact: true }).click();
      await page.getByRole('button', { name: 'Sign in with a passkey' }).press('Enter');
      await page.getByRole('heading', { name: 'Your sign-in' }).waitFor();
      await page.getByRole('cell', { name: 'passkey', exact: true }).waitFor();
      expect(complaints).toEqual([]);
      await page.getByRole('button', { name: 'Forget the passkey Laptop' }).press('Enter');
      await page.getByRole('cell', { name: 'Laptop', exact: true }).waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Sign out', exact: true }).click();
      await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
      await page.getByText('(passkey-refused)').waitFor();
      await context.close();
    });
  });

  it('sets up an authenticator app from the picture’s key, and is asked for its code from then on', async () => {
    await withConsole(async (running) => {
      await consoleUsers(running.url, running.firstRunUrl);
      const window = await openWindow(browser);
      const { page, context, complaints } = window;
      await page.goto(`${running.url}own`);
      await signIn(window, 'vera');
      await page.getByRole('heading', { name: 'Your sign-in' }).waitFor();
      const setUp = page.locator('form').filter({ hasText: 'Set up' });
      await setUp.getByLabel('Your password').fill(samplePassword);
      await setUp.getByLabel('Your password').press('Enter');
      await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor();
      const shown = await page.getByText('Or type this key by hand:').textContent();
      const [secret = ''] = /[A-Z2-7]{32}/.exec(shown ?? '') ?? [];
      const totp = new TOTP({ secret: Secret.fromBase32(secret) });
      await page.getByRole('textbox', { name: 'Code' }).fill(totp.generate());
      await page.getByRole('button', { name: 'Confirm' }).click();
      await page.getByText('Keep these recovery codes').waitFor();
      const [recovery = ''] =
        /(?:[0-9a-z]{4}-){3}[0-9a-z]{4}/.exec((await page.locator('pre').textContent()) ?? '') ?? [];
      expect(complaints).toEqual([]);
      await page.getByRole('button', { name: 'Sign out', exact: true }).click();
      await signIn(window, 'vera');
      await page.getByRole('textbox', { name: 'Code' }).fill(recovery);
      await page.getByRole('textbox', { name: 'Code' }).press('Enter');
      await page.getByText('9 recovery codes are left').waitFor();
      await context.close();
    });
  });

  it('keeps what was typed when the session ends under the hands, and goes on at the same place', async () => {
    await withConsole(async (running) => {
      const { administrator } = await consoleUsers(running.url, running.firstRunUrl);
      const window = await openWindow(browser);
      const { page, context } = window;
      await page.goto(`${running.url}users`);
      await signIn(window, 'ada');
      await page.getByRole('heading', { name: 'Users' }).waitFor();
      await page.getByRole('textbox', { name: 'Name', exact: true }).fill('grace');
      // An administrator elsewhere signs everybody out.
      const users = (await administrator.ask('GET', 'api/users')).json()['users'];
      const ada = Array.isArray(users) ? users.find(({ name }: { name: string }) => name === 'ada') : undefined;
      await administrator.ask('DELETE', `api/users/${ada?.id}/sessions`);
      await page.getByRole('button', { name: 'Add and make a link' }).click();
      await page.getByText('what you had typed is kept').waitFor();
      await signIn(window, 'ada');
      await page.getByRole('heading', { name: 'Users' }).waitFor();
      expect(await page.getByRole('textbox', { name: 'Name', exact: true }).inputValue()).toBe('grace');
      await page.getByRole('button', { name: 'Add and make a link' }).click();
      await page.getByRole('cell', { name: /^grace/ }).waitFor();
      expect(page.url()).toBe(`${running.url}users`);
      await context.close();
    });
  });

  it('sees nothing of whoever sat there before, after a sign-out', async () => {
    await withConsole(async (running) => {
      await consoleUsers(running.url, running.firstRunUrl);
      const window = await openWindow(browser);
      const { page, context } = window;
      await page.goto(`${running.url}users`);
      await signIn(window, 'ada');
      await page.getByRole('heading', { name: 'Users' }).waitFor();
      await page.getByRole('button', { name: 'Sign out', exact: true }).click();
      await page.getByRole('heading', { name: 'Mailroom – Sign in' }).waitFor();
      expect(await page.locator('body').textContent()).not.toContain('Keep out');
      await signIn(window, 'vera');
      await page.getByRole('link', { name: 'vera' }).waitFor();
      expect(await page.getByRole('link', { name: 'Users' }).count()).toBe(0);
      await context.close();
    });
  });

  it('two users at once: what one does, the other sees without loading anew', async () => {
    await withConsole(async (running) => {
      await consoleUsers(running.url, running.firstRunUrl);
      const [one, other] = [await openWindow(browser), await openWindow(browser)];
      for (const [window, name] of [
        [one, 'otto'],
        [other, 'ada'],
      ] as const) {
        await window.page.goto(running.url);
        await signIn(window, name);
        await window.page.getByText('Sending. Nothing waits.').waitFor();
      }
      const otto = new ConsoleClient(running.url);
      await otto.signIn('otto');
      await one.page.goto(`${running.url}connectors/smtp`);
      await one.page.getByRole('button', { name: 'Pause' }).click();
      await one.page.getByRole('alertdialog').getByRole('button', { name: 'Pause' }).click();
      await other.page.getByText(/^Paused: default/).waitFor();
      await one.context.close();
      await other.context.close();
    });
  });
});
