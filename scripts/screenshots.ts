/**
 * Takes the pictures of README and guide from the real thing: `npm run screenshots`, or with a folder to look at every
 * screen, and what opens on it, at three widths and in three themes; names after the folder take only some of them.
 */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { mailWith } from '../test/console/hostile-mail.ts';
import { openWindow, startBrowser } from '../test/harness/browser.ts';
import { ConsoleClient, tokenOf } from '../test/harness/console-client.ts';
import { until } from '../test/harness/until.ts';
import { type ConsoleRun, withConsole } from '../test/harness/with-console.ts';

const [folder, only = ''] = process.argv.slice(2);
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

/** What an administrator has set. */
async function settings(ada: ConsoleClient): Promise<void> {
  const add = async (list: string, name: string, values: object, make: string[] = []) => {
    const version = (await ada.ask('GET', `api/settings/${list}`)).json()['version'];
    const answer = await ada.ask('POST', `api/settings/${list}`, { name, version, values, make });
    if (answer.status !== 200) throw new Error(answer.text);
  };
  const account = 'noreply@contoso.example';
  await add('clients', 'case-management', { login: 'case-management', senders: ['@contoso.example'] }, [
    'password',
    'apiKey',
  ]);
  await add(
    'clients',
    'printers',
    { login: 'printers', addresses: ['10.1.2.0/24'], senders: [account], quota: { messagesPerHour: 500 } },
    ['password'],
  );
  await add('routes', 'invoices', { when: { client: ['case-management'], subject: 'invoice' }, hold: true });
  await add('routes', 'fabrikam', { when: { recipientDomain: ['fabrikam.example'] }, senders: [account] });
  await add('alerts', 'operators', { kind: 'webhook', form: 'teams', url: 'http://127.0.0.1:9/hook', quiet: '1 h' });
}

/** Mail that Graph refuses for good, and the alert that tells of it. */
async function failure({ tenant, smtpPort, settled }: ConsoleRun, ada: ConsoleClient): Promise<void> {
  const body = {
    error: { code: 'ErrorMessageSizeExceeded', message: 'The message exceeds the maximum supported size.' },
  };
  tenant.enqueueFault({ endpoint: 'sendMail', action: { kind: 'answer', status: 413, body } });
  await mailWith(smtpPort, { subject: 'Scan of 200 pages' });
  await settled();
  // A minute's failures are told together.
  await until(
    'the alert stands in the list',
    async () => (await ada.ask('GET', 'api/alerts')).text.includes('message has failed'),
    { deadlineMs: 120_000 },
  );
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
  const trial = placesOf(undefined, undefined).find(({ name }) => name === 'route-tried');
  await page.goto(`${run.url}${trial?.path}`);
  await page.locator('h1').waitFor();
  await trial?.before?.(page);
  await page.screenshot({ path: join(images, 'routes.png') });
  await page.goto(`${run.url}connectors/smtp`);
  const limit = page.getByText('Limit the app', { exact: true });
  await limit.click();
  await page.getByLabel('A mailbox that it must not be able to use, for the proof').fill('grace@contoso.example');
  await page.getByRole('button', { name: 'Show the script' }).click();
  await page.getByText('New-ManagementRoleAssignment').first().waitFor();
  await limit.evaluate((element) => element.scrollIntoView());
  await page.screenshot({ path: join(images, 'connector-limit.png') });
}

/** Where to look, and what to do there before the picture. */
interface Place {
  readonly name: string;
  readonly path: string;
  readonly before?: (page: Page) => Promise<void>;
}

function placesOf(sent: string | undefined, held: string | undefined): readonly Place[] {
  const press = (name: string) => (page: Page) => page.getByRole('button', { name, exact: true }).click();
  return [
    { name: 'overview', path: '' },
    { name: 'messages', path: 'messages' },
    { name: 'messages-none', path: 'messages?q=nowhere@contoso.example' },
    { name: 'messages-asked', path: 'messages', before: press('Hold') },
    { name: 'message', path: `messages/${sent}` },
    { name: 'message-held', path: `messages/${held}` },
    {
      name: 'message-content',
      path: `messages/${sent}`,
      async before(page) {
        await press('Show the content')(page);
        await page.getByRole('tab', { name: 'Header' }).click();
      },
    },
    { name: 'connector', path: 'connectors/smtp' },
    {
      name: 'connector-checked',
      path: 'connectors/smtp',
      async before(page) {
        await press('Run the checks')(page);
        await page.getByRole('button', { name: 'Run the checks' }).waitFor({ timeout: 60_000 });
      },
    },
    { name: 'clients', path: 'clients' },
    { name: 'client-edit', path: 'clients', before: press('Edit printers') },
    { name: 'routes', path: 'routes' },
    { name: 'route-edit', path: 'routes', before: press('Edit invoices') },
    {
      name: 'route-tried',
      path: 'routes',
      async before(page) {
        await page.getByLabel('Client', { exact: true }).selectOption('case-management');
        await page.getByLabel('Sender', { exact: true }).fill('noreply@contoso.example');
        await page.getByLabel('Recipients', { exact: true }).fill('ada@contoso.example');
        await page.getByLabel('Subject', { exact: true }).fill('Your invoice 4711');
        await page.getByLabel('Subject', { exact: true }).press('Enter');
        await page.getByText('It is held until').waitFor();
      },
    },
    { name: 'alerts', path: 'alerts' },
    { name: 'alert-edit', path: 'alerts', before: press('Edit operators') },
    { name: 'limits', path: 'limits' },
    { name: 'audit', path: 'audit' },
    { name: 'users', path: 'users' },
    { name: 'own', path: 'own' },
    { name: 'about', path: 'about' },
  ];
}

const looks = [
  ['light', 1_440],
  ['light', 820],
  ['light', 390],
  ['dark', 1_440],
  ['dark', 390],
  ['contrast', 1_440],
] as const;

async function shootAll(browser: Browser, run: ConsoleRun, cookie: string | undefined, into: string): Promise<void> {
  const [message] = await run.store.list({ limit: 1, states: ['sent'] });
  const [held] = await run.store.list({ limit: 1, states: ['held'] });
  const wanted = only.split(',').filter((each) => each !== '');
  const places = placesOf(message?.id, held?.id).filter(
    ({ name }) => wanted.length === 0 || wanted.some((each) => name.startsWith(each)),
  );
  for (const [theme, width] of looks) {
    const { page, context } = await openWindow(browser, { width });
    await page.addInitScript(`localStorage.setItem('mailroom.theme', '${theme}')`);
    if (wanted.length === 0) {
      await page.goto(run.url);
      await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
      await page.screenshot({ path: join(into, `sign-in-${theme}-${width}.png`) });
    }
    await signIn(page, run, cookie);
    for (const { name, path, before } of places) {
      await page.goto(run.url + path);
      await page.locator('h1').waitFor();
      await page.getByText('Loading').waitFor({ state: 'detached' });
      await before?.(page);
      await page.screenshot({ path: join(into, `${name}-${theme}-${width}.png`), fullPage: true });
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
    await settings(ada);
    await failure(run, ada);
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
