/**
 * The manual from its first line to its last in Chromium: a served Mailroom's console in one tab, the practice tenant's
 * portal in another, as its reader would do it. Only time is helped along: what takes Microsoft minutes or hours does not
 * take the walk as long.
 */
import { createTransport } from 'nodemailer';
import { fetch } from 'undici';
import { temporaryFolder } from '../../harness/temporary-folder.ts';
import { until } from '../../harness/until.ts';
import { ceo, openPlace, type Place, secondAccount, systemAccount } from '../manual/place.ts';
import { type ManualRow, Rows } from '../manual/rows.ts';
import { openConnector, runChecks, saveIds, saveSecret } from './console-steps.ts';
import { limits, type Measured, measure } from './measure.ts';
import {
  addGroup,
  addPermission,
  connectExchange,
  deleteSecret,
  grant,
  newSecret,
  register,
  type,
} from './portal-steps.ts';
import { apiKey, firstRun, openTabs, type Tabs } from './tabs.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const recipient = 'citizen@example.net';

const statements = {
  credential: 'Entra accepts the app and its credential.',
  roles: 'The token is for the right service and carries the permission to send.',
  mailbox: 'The app may send as the system account.',
  forbidden: 'The app may not send as anybody else.',
};

export interface BrowserWalk extends Measured {
  readonly rows: Readonly<Record<ManualRow, 'pass' | 'fail'>>;
}

export function isPassed({ rows, axeViolations, firstLoadKB, interactiveMs }: BrowserWalk): boolean {
  const isWalked = Object.values(rows).every((row) => row === 'pass');
  return isWalked && axeViolations === 0 && firstLoadKB < limits.firstLoadKB && interactiveMs < limits.interactiveMs;
}

/** The rows, then the measures. @param say shows each statement as it is proven */
export function walkBrowser(say: (line: string) => void): Promise<BrowserWalk> {
  return walkWith(say, async (rows, tabs, messageId) => ({ rows, ...(await measure(tabs, messageId, say)) }));
}

/** The rows alone, for a machine that is busy. */
export function walkRows(say: (line: string) => void): Promise<BrowserWalk['rows']> {
  return walkWith(say, (rows) => Promise.resolve(rows));
}

async function walkWith<T>(
  say: (line: string) => void,
  end: (rows: BrowserWalk['rows'], tabs: Tabs, messageId: string) => Promise<T>,
): Promise<T> {
  const rows = new Rows(say);
  await using folder = await temporaryFolder();
  await using place = await openPlace(folder.path, rows);
  await using tabs = await openTabs(place);
  await firstRun(tabs);
  const app = await registerTheApp(place, tabs);
  await makeTheSecret(place, tabs, app.overview);
  await permitIt(place, tabs, app.overview);
  await limitIt(place, tabs, app.clientId);
  const messageId = await sendMail(place, tabs);
  await renewIt(place, tabs, app.overview);
  rows.prove('M4', 'no error stood in the console of the browser', tabs.complaints.length === 0);
  // Waited for here: the tabs and the server are closed on the way out.
  const ended = await end(rows.result(), tabs, messageId);
  return ended;
}

async function registerTheApp({ rows, tenant, caFile }: Place, tabs: Tabs) {
  const { console: page, portal, url } = tabs;
  await tabs.admin.goto(`${tenant.origin}/portal/exchange/mailboxes`);
  rows.prove(
    'M1',
    'the system account is a mailbox in the Exchange admin center',
    (await tabs.admin.getByText(systemAccount).count()) > 0,
  );
  const redirectUri = `${url}connectors/SMTP.aspx`;
  const app = await register(portal, tenant.origin, redirectUri);
  rows.prove('M2', 'the first account type is chosen by default', app.isFirstChosen);
  const [known] = tenant.directory.state.applications.filter(({ appId }) => appId === app.clientId);
  rows.prove('M2', 'the registration has the redirect URI', known?.web.redirectUris.includes(redirectUri) ?? false);
  rows.prove('M3', 'the overview shows the client ID', known !== undefined);
  rows.prove('M3', 'and the tenant ID', app.tenantId === tenant.tenantId);
  await openConnector(page, url);
  const path = await page.getByText('Settings › Connectors › eMail (SMTP)').count();
  rows.prove('M4', 'the console has Settings > Connectors > eMail (SMTP) at the manual’s address', path === 1);
  const ids = { clientId: app.clientId, tenantId: app.tenantId, userName: systemAccount };
  await saveIds(page, ids, tenant.origin, caFile);
  await page.reload();
  const kept = await page.getByLabel('OAuth Client ID', { exact: true }).inputValue();
  rows.prove('M4', 'OAuth Client ID, Tenant ID and User Name are saved', kept === app.clientId);
  return app;
}

async function makeTheSecret({ rows, tenant }: Place, { console: page, portal, url }: Tabs, overview: string) {
  const secret = await newSecret(portal, overview, 'eCASE mail on this machine');
  rows.prove('M5', 'the portal offers 24 months at most', secret.has24Months);
  rows.prove('M5', 'its value is shown once', !(await portal.content()).includes(secret.value));
  rows.prove('M6', 'the portal shows when it ends', /^\d{4}-\d\d-\d\d$/.test(secret.endsOn));
  tenant.clock.advance(2 * minuteMs);
  await openConnector(page, url);
  const said = await saveSecret(page, secret.value);
  rows.prove('M4', 'Public Key (secret) is saved', await page.getByText('Saved. It is in force.').isVisible());
  rows.prove('M4', 'and the checks run in place: Entra accepts it', said.get(statements.credential) === 'yes');
  rows.prove('M8', 'nothing is granted yet, and the console says so', said.get(statements.mailbox) === 'no');
  await page.reload();
  await page.getByLabel('Public Key (secret)', { exact: true }).waitFor();
  const shown = await page.getByLabel('Public Key (secret)', { exact: true }).inputValue();
  rows.prove('M5', 'the console never shows it again', shown === '' && !(await page.content()).includes(secret.value));
}

async function permitIt({ rows, tenant }: Place, { console: page, portal, admin, smtpPort }: Tabs, overview: string) {
  const permissions = await addPermission(portal, overview);
  rows.prove('M7', 'Mail.Send is among the permissions', (await portal.getByText('Mail.Send').count()) > 0);
  const notGranted = await portal.getByText('Not granted for').count();
  rows.prove('M7', 'as an application permission that is not granted yet', notGranted > 0);
  await bySmtp(smtpPort, 'before the grant');
  const isTold = await grant(portal, permissions, admin, tenant.origin);
  rows.prove('M8', 'the administrator is told, and approves', isTold);
  tenant.clock.advance(hourMs);
  const said = await runChecks(page, ceo);
  rows.prove('M8', 'the console sees the grant', said.get(statements.roles) === 'yes');
  rows.prove('M8', 'and the system account may send', said.get(statements.mailbox) === 'yes');
  await resumeIfPaused(page);
  await until(
    'the mail that waited has arrived',
    () => Promise.resolve(arrived({ tenant }).includes('before the grant')),
    {
      deadlineMs: 60_000,
    },
  );
  rows.prove('M8', 'the mail that waited for the grant went out', arrived({ tenant }).length === 1);
  rows.prove('M9', 'a mailbox that is open is shown red', said.get(statements.forbidden) === 'no');
}

async function resumeIfPaused(page: Tabs['console']): Promise<void> {
  const resume = page.getByRole('button', { name: 'Resume' });
  if (await resume.isVisible()) await resume.click();
}

async function limitIt({ rows, tenant }: Place, { console: page, admin }: Tabs, clientId: string) {
  const { origin } = tenant;
  await addGroup(admin, origin, [systemAccount, secondAccount]);
  const group = tenant.directory.state.groups.find(({ displayName }) => displayName === 'System accounts');
  rows.prove(
    'M11',
    'the Exchange admin center has made a mail-enabled security group with both accounts',
    group?.mailEnabled === true && group.securityEnabled && group.members.length === 2,
  );
  tenant.clock.advance(hourMs);
  await connectExchange(admin, origin);
  const policy = ['New-ApplicationAccessPolicy', 'RestrictAccess', clientId, '', 'system-accounts@contoso.example'];
  const made = await type(admin, origin, ...policy);
  rows.prove('M10', 'New-ApplicationAccessPolicy answers with the policy', made.includes('System accounts'));
  const standing = tenant.directory.state.exchange.accessPolicies;
  rows.prove('M10', 'one policy stands, RestrictAccess', standing[0]?.accessRight === 'RestrictAccess');
  const tested = async (mailbox: string) =>
    type(admin, origin, 'cls', 'Test-ApplicationAccessPolicy', clientId, mailbox);
  rows.prove('M12', 'Exchange says granted', /AccessCheckResult\s*: Granted/.test(await tested(systemAccount)));
  rows.prove('M12', 'and denied', /AccessCheckResult\s*: Denied/.test(await tested(ceo)));
  tenant.clock.advance(3 * hourMs);
  const said = await runChecks(page, ceo);
  rows.prove('M12', 'Graph grants the system account, says the console', said.get(statements.mailbox) === 'yes');
  rows.prove('M12', 'and refuses the forbidden mailbox', said.get(statements.forbidden) === 'yes');
  rows.prove('M9', 'and nothing is red any more', ![...said.values()].includes('no'));
}

async function sendMail({ rows, tenant }: Place, { console: page, url, smtpPort, httpPort }: Tabs): Promise<string> {
  await bySmtp(smtpPort, 'by SMTP');
  const answer = await fetch(`http://127.0.0.1:${httpPort}/v1/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      from: systemAccount,
      to: [recipient],
      subject: 'by HTTP',
      text: 'A message of the system.',
    }),
  });
  rows.prove('M13', 'HTTP answers 202', answer.status === 202);
  await until('all mail has arrived', () => Promise.resolve(arrived({ tenant }).length >= 3), { deadlineMs: 30_000 });
  rows.prove(
    'M13',
    'each message arrived once',
    arrived({ tenant }).toSorted().join() === ['before the grant', 'by HTTP', 'by SMTP'].join(),
  );
  const others = tenant.mailbox(secondAccount, 'sentitems').length;
  rows.prove(
    'M1',
    'they left as the system account',
    others === 0 && tenant.mailbox(systemAccount, 'sentitems').length === 3,
  );
  await page.goto(`${url}messages`);
  await page.getByRole('link', { name: 'by SMTP' }).click();
  await page.getByText('Attempt 1: sent').waitFor();
  rows.prove('M13', 'the console has the fate of each on record', true);
  return page.url().split('/').at(-1) ?? '';
}

async function renewIt({ rows, tenant }: Place, { console: page, portal, url, smtpPort }: Tabs, overview: string) {
  const secret = await newSecret(portal, overview, 'eCASE mail renewed');
  tenant.clock.advance(2 * minuteMs);
  await openConnector(page, url);
  const said = await saveSecret(page, secret.value);
  rows.prove('M6', 'the new secret is proven as it is saved', said.get(statements.credential) === 'yes');
  await deleteSecret(portal, overview, 'eCASE mail on this machine');
  tenant.clock.advance(2 * hourMs);
  await bySmtp(smtpPort, 'after the renewal');
  await until('it has arrived', () => Promise.resolve(arrived({ tenant }).includes('after the renewal')), {
    deadlineMs: 30_000,
  });
  rows.prove('M6', 'mail goes on with the old one gone, without a restart', true);
}

function arrived({ tenant }: Pick<Place, 'tenant'>): readonly string[] {
  return tenant.mailbox(recipient).map(({ subject }) => subject);
}

async function bySmtp(port: number, subject: string): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true });
  await transport.sendMail({ from: systemAccount, to: recipient, subject, text: 'A message of the system.' });
  transport.close();
}
