/** What a person does at the portal's pages, by what stands on them. */
import type { Locator, Page } from 'playwright-core';

export async function register(page: Page, origin: string, redirectUri: string) {
  await page.goto(`${origin}/portal/apps`);
  await page.getByRole('link', { name: 'New registration' }).click();
  await page.getByLabel('Name', { exact: true }).fill('eCASE mail');
  const isFirstChosen = await page.getByLabel('Accounts in this organizational directory only').isChecked();
  await page.getByLabel('Redirect URI', { exact: true }).fill(redirectUri);
  await page.getByRole('button', { name: 'Register' }).click();
  const shown = (name: string) =>
    textIn(page.locator('dt', { hasText: name }).locator('xpath=following-sibling::dd[1]'));
  const clientId = await shown('Application (client) ID');
  const tenantId = await shown('Directory (tenant) ID');
  return { clientId, tenantId, isFirstChosen, overview: page.url() };
}

/** Certificates & secrets > New client secret; the value and its end as the page shows them. */
export async function newSecret(page: Page, overview: string, description: string) {
  await page.goto(overview);
  await page.getByRole('link', { name: 'Certificates & secrets' }).click();
  await page.getByRole('link', { name: 'New client secret' }).click();
  await page.getByLabel('Description').fill(description);
  const longest = await page.getByLabel('Expires').locator('option').allInnerTexts();
  await page.getByLabel('Expires').selectOption('180');
  await page.getByRole('button', { name: 'Add' }).click();
  const value = await textIn(page.locator('#secret-value'));
  const row = page.getByRole('row').filter({ has: page.locator('#secret-value') });
  const endsOn = await textIn(row.getByRole('cell').nth(1));
  await page.getByRole('link', { name: 'Certificates & secrets' }).click();
  await page.getByRole('cell', { name: description, exact: true }).waitFor();
  return { value, endsOn, has24Months: longest.some((text) => text.includes('24 months')) };
}

export async function deleteSecret(page: Page, overview: string, description: string): Promise<void> {
  await page.goto(overview);
  await page.getByRole('link', { name: 'Certificates & secrets' }).click();
  await page.getByRole('button', { name: `Delete ${description}`, exact: true }).click();
  await page.getByRole('button', { name: `Delete ${description}`, exact: true }).waitFor({ state: 'detached' });
}

/** API permissions > Add a permission > Microsoft Graph > Application permissions > mail > Mail.Send. */
export async function addPermission(page: Page, overview: string): Promise<string> {
  await page.goto(overview);
  await page.getByRole('link', { name: 'API permissions' }).click();
  const here = page.url();
  for (const link of ['Add a permission', 'Microsoft Graph', 'Application permissions'])
    await page.getByRole('link', { name: link }).first().click();
  await page.getByLabel('Select permissions').fill('mail');
  await page.getByRole('button', { name: 'Search' }).click();
  await choose(page, /^\s*Mail\.Send\s/);
  await page.getByRole('button', { name: 'Add permissions' }).click();
  await page.getByRole('cell', { name: 'Mail.Send', exact: true }).waitFor();
  return here;
}

/** Who may not grant asks, and the administrator approves. */
export async function grant(page: Page, permissions: string, admin: Page, origin: string): Promise<boolean> {
  await page.goto(permissions);
  await page.getByRole('link', { name: /^Grant admin consent for/ }).click();
  await page.getByLabel('Enter justification').fill('system mail of eCASE');
  await page.getByRole('button', { name: 'Request approval' }).click();
  await page.getByText('Your request was sent').waitFor();
  await admin.goto(`${origin}/portal/consent-requests`);
  const isTold = await admin.getByText('eCASE mail').first().isVisible();
  await admin.getByRole('button', { name: 'Approve' }).click();
  await admin.waitForLoadState();
  return isTold;
}

/** Exchange admin center > Groups > Add a group > Mail-enabled security. */
export async function addGroup(page: Page, origin: string, members: readonly string[]): Promise<void> {
  await page.goto(`${origin}/portal/exchange/groups`);
  await page.getByRole('link', { name: 'Add a group' }).click();
  const next = () => page.getByRole('button', { name: 'Next' }).click();
  await choose(page, /Mail-enabled security/);
  await next();
  await page.getByLabel('Name', { exact: true }).fill('System accounts');
  await page.getByLabel('Description').fill('Mailboxes that eCASE may send as');
  await next();
  await choose(page, /admin@contoso\.example/);
  await next();
  for (const member of members) await choose(page, member);
  await next();
  await page.locator('input[name="alias"]').fill('system-accounts');
  await next();
  await page.getByRole('button', { name: 'Create group' }).click();
  await page.getByRole('heading', { name: 'System accounts group created' }).waitFor();
}

/** Types lines at the PowerShell prompt; gives what stands in the window then. */
export async function type(page: Page, origin: string, ...lines: readonly string[]): Promise<string> {
  await page.goto(`${origin}/portal/powershell`);
  for (const line of lines) {
    await page.locator('#line').fill(line);
    await page.getByRole('button', { name: 'Enter' }).click();
    await page.waitForLoadState();
  }
  return textIn(page.locator('#output'));
}

export async function connectExchange(page: Page, origin: string): Promise<void> {
  await type(page, origin, 'Install-Module -Name ExchangeOnlineManagement -Force', 'Connect-ExchangeOnline');
  await page.locator('#address').fill('admin@contoso.example');
  await page.locator('#password').fill('practice');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('#line').waitFor();
}

async function choose(page: Page, hasText: string | RegExp): Promise<void> {
  await page.locator('label.choice', { hasText }).locator('input').check();
}

async function textIn(place: Locator): Promise<string> {
  return ((await place.textContent()) ?? '').trim();
}
