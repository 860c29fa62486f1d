/** What an administrator does at the console's screens. */
import type { Page } from 'playwright-core';
import { until } from '../../harness/until.ts';

/** Settings > Connectors > eMail (SMTP), at the address that the manual names. */
export async function openConnector(page: Page, url: string): Promise<void> {
  await page.goto(`${url}connectors/SMTP.aspx`);
  await page.getByRole('heading', { name: 'eMail (SMTP)' }).waitFor();
  await page.getByRole('button', { name: 'Save' }).waitFor();
}

export async function saveIds(
  page: Page,
  ids: { readonly clientId: string; readonly tenantId: string; readonly userName: string },
  origin: string,
  caFile: string,
): Promise<void> {
  await page.getByLabel('OAuth Client ID', { exact: true }).fill(ids.clientId);
  await page.getByLabel('Tenant ID', { exact: true }).fill(ids.tenantId);
  await page.getByLabel('User Name', { exact: true }).fill(ids.userName);
  await page.getByLabel('Cloud', { exact: true }).selectOption('custom');
  await page.getByLabel('Host of sign-in').fill(origin);
  await page.getByLabel('Host of Microsoft Graph').fill(origin);
  await page.getByText('More settings').click();
  await page.getByLabel('File on the server').fill(caFile);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('No credential yet').waitFor();
}

/** Saves the secret; the checks run by themselves. Gives what each check said. */
export async function saveSecret(page: Page, value: string): Promise<ReadonlyMap<string, string>> {
  await page.getByLabel('Public Key (secret)', { exact: true }).fill(value);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved. It is in force.').waitFor();
  return answers(page);
}

export async function runChecks(page: Page, forbidden = ''): Promise<ReadonlyMap<string, string>> {
  await page.getByLabel(/^A mailbox that the app must not/).fill(forbidden);
  await page.getByRole('button', { name: 'Run the checks' }).click();
  return answers(page);
}

/** Waits for the end of the checks, and gives the state by the statement. */
async function answers(page: Page): Promise<ReadonlyMap<string, string>> {
  const items = page.locator('main li').filter({ hasText: /\.$|Evidence/ });
  await until(
    'the checks have ended',
    async () =>
      (await page.getByRole('button', { name: 'Run the checks' }).isVisible()) &&
      (await page.getByText('asking Microsoft …').count()) === 0 &&
      (await items.filter({ hasText: 'Evidence' }).count()) > 0,
    { deadlineMs: 60_000 },
  );
  const texts = await items.allInnerTexts();
  return new Map(
    texts.map((text) => {
      const [, state = '', statement = ''] =
        /^(yes|no|look at this|not known|not asked yet)\s*(?::\s*)?([^\n]*?\.)/.exec(text) ?? [];
      return [statement, state];
    }),
  );
}
