/** Sign-in with Entra: there and back to the practice tenant, by app role; and what somebody may try on the way. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetch } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assignAppRole } from '../../practice-tenant/directory/consent.ts';
import { type PracticeTenant, startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { available } from '../harness/available.ts';
import { violations } from '../harness/axe.ts';
import { startBrowser } from '../harness/browser.ts';
import { ConsoleClient, tokenOf } from '../harness/console-client.ts';
import { withMailroom } from '../harness/mailroom-in-process.ts';
import { type Person, personWithBrowser } from '../harness/person-with-browser.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

const roles = ['Administrator', 'Operator', 'Viewer'].map((value, index) => ({
  id: `0000000${index}-0000-4000-8000-000000000000`,
  value,
}));
const people = { adele: 'Administrator', olga: 'Operator', vic: 'Viewer', nobody: undefined } as const;

let tenant: PracticeTenant;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let entra: Readonly<Record<string, unknown>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  tenant = await startPracticeTenant({ users: ['noreply@contoso.example'] });
  const { app, secret } = tenant.addApp({
    displayName: 'Mailroom console',
    roles: [],
    redirectUris: ['http://127.0.0.1/api/entra/back'],
  });
  for (const role of roles)
    app.servicePrincipal.appRoles.push({
      ...role,
      displayName: role.value,
      description: role.value,
      allowedMemberTypes: ['User'],
      isEnabled: true,
    });
  for (const [name, role] of Object.entries(people)) {
    const user = tenant.addUser(`${name}@contoso.example`);
    const appRoleId = roles.find(({ value }) => value === role)?.id;
    if (appRoleId !== undefined)
      assignAppRole(
        tenant.directory,
        { principalId: user.id, resourceId: app.servicePrincipalId, appRoleId },
        tenant.clock.now(),
        0,
      );
  }
  writeFileSync(join(folder.path, 'entra-ca.pem'), tenant.caPem);
  entra = {
    cloud: { custom: { login: tenant.origin, graph: tenant.origin } },
    tenantId: tenant.tenantId,
    oauthClientId: app.clientId,
    secret,
    caFile: join(folder.path, 'entra-ca.pem'),
  };
});
afterAll(async () => {
  await tenant.close();
  await folder[Symbol.asyncDispose]();
});

function withEntra(use: (url: string, firstRunUrl: string | undefined) => Promise<void>): Promise<void> {
  return withMailroom(
    {
      tenant,
      systemAccount: 'noreply@contoso.example',
      overrides: { console: { listen: '127.0.0.1:0', entra } },
    },
    ({ mailroom: { console: { url = '', firstRunUrl } = {} } }) => use(url, firstRunUrl),
  );
}

/** Begins a sign-in; gives where it leads and the cookie of this browser. */
async function begin(url: string, returnTo: string): Promise<{ location: string; cookie: string }> {
  const answer = await fetch(`${url}api/entra/sign-in?${new URLSearchParams({ returnTo })}`, { redirect: 'manual' });
  expect(answer.status).toBe(302);
  const cookie = answer.headers.getSetCookie().find((each) => each.startsWith('mailroom_entra=')) ?? '';
  expect(cookie).toMatch(/Path=\/api\/entra; HttpOnly; SameSite=Lax/);
  return { location: answer.headers.get('location') ?? '', cookie: cookie.split(';')[0] ?? '' };
}

/** The person signs in at Entra; gives the address that it leads back to, unopened. */
async function atEntra(person: Person, location: string): Promise<string> {
  // At the first time, Entra may ask for consent before it leads on.
  return (await person.open(location)).headers.get('location') ?? person.consentAt(location);
}

async function back(address: string, cookie: string): Promise<{ page: string; session: string | undefined }> {
  const answer = await fetch(address, { headers: { cookie }, redirect: 'manual' });
  const session = answer.headers.getSetCookie().find((each) => each.startsWith('mailroom_session='));
  return { page: await answer.text(), session: session?.split(';')[0] };
}

it('gets-in-by-app-role, to the very place, and with the role that Entra says', async () => {
  await withEntra(async (url) => {
    await using olga = await personWithBrowser(tenant, 'olga@contoso.example');
    const { location, cookie } = await begin(url, '/messages?state=failed');
    expect(location).toMatch(/code_challenge_method=S256/);
    const { page, session } = await back(await atEntra(olga, location), cookie);
    expect(page).toContain('content="0;url=/messages?state=failed"');
    const client = new ConsoleClient(url);
    client.cookie = session;
    expect((await client.ask('GET', 'api/session')).json()).toMatchObject({
      user: { name: 'olga@contoso.example', role: 'operator' },
    });
    expect((await client.ask('GET', 'api/users')).status).toBe(403);
    expect((await client.ask('GET', 'api/me')).json()).toMatchObject({ sessions: [{ way: 'entra' }] });
  });
});

it('an-account-without-a-role-is-told-so, and one that is kept out stays out', async () => {
  await withEntra(async (url, firstRunUrl) => {
    await using nobody = await personWithBrowser(tenant, 'nobody@contoso.example');
    const first = await begin(url, '/');
    const refused = await back(await atEntra(nobody, first.location), first.cookie);
    expect(refused.page).toContain('url=/?signIn=entra-no-role');
    expect(refused.session).toBeUndefined();
    await using vic = await personWithBrowser(tenant, 'vic@contoso.example');
    const second = await begin(url, '/');
    expect((await back(await atEntra(vic, second.location), second.cookie)).session).toBeDefined();
    const ada = new ConsoleClient(url);
    await ada.redeem(tokenOf(firstRunUrl), 'ada');
    const { users } = (await ada.ask('GET', 'api/users')).json();
    const { id } = Array.isArray(users) ? users.find(({ name }: { name: string }) => name.startsWith('vic')) : {};
    await ada.ask('PATCH', `api/users/${id}`, { disabled: true });
    const third = await begin(url, '/');
    expect((await back(await atEntra(vic, third.location), third.cookie)).session).toBeUndefined();
  });
});

it('an-answer-of-another-sign-in-is-worth-nothing: another browser, another state, the same one again', async () => {
  await withEntra(async (url) => {
    await using olga = await personWithBrowser(tenant, 'olga@contoso.example');
    const own = await begin(url, '/');
    const other = await begin(url, '/');
    const address = await atEntra(olga, own.location);
    // A browser into which somebody put their own answer, to have it signed in as themselves.
    expect((await back(address, other.cookie)).page).toContain('signIn=entra-refused');
    expect((await back(address, '')).page).toContain('signIn=entra-refused');
    const good = await back(address, own.cookie);
    expect(good.session).toBeDefined();
    expect((await back(address, own.cookie)).page).toContain('signIn=entra-refused');
    const third = await begin(url, '/');
    const changed = new URL(await atEntra(olga, third.location));
    changed.searchParams.set('code', 'somebody-elses');
    expect((await back(changed.href, third.cookie)).session).toBeUndefined();
  });
});

it('the-way-back-leads-nowhere-else: another host as the place to return to is not taken', async () => {
  await withEntra(async (url) => {
    await using olga = await personWithBrowser(tenant, 'olga@contoso.example');
    for (const evil of ['//evil.example', '/\\evil.example', 'https://evil.example/', '/"><script>', '/a\nb']) {
      const { location, cookie } = await begin(url, evil);
      const { page } = await back(await atEntra(olga, location), cookie);
      expect(page).toContain('content="0;url=/"');
      expect(page).not.toContain('evil');
    }
  });
});

describe.skipIf(!available('chromium'))('with the button, in Chromium', () => {
  it('each role gets in at Entra’s own page, to the very place, and sees what is its own; no role is told so', async () => {
    const browser = await startBrowser();
    try {
      await withEntra(async (url) => {
        const signIn = async (name: string) => {
          const context = await browser.newContext({
            ignoreHTTPSErrors: true,
            locale: 'en-GB',
            reducedMotion: 'reduce',
          });
          const page = await context.newPage();
          await page.goto(`${url}messages?state=failed`);
          const button = page.getByRole('link', { name: 'Sign in with Microsoft Entra' });
          await button.waitFor();
          if (name === 'adele') expect(await violations(page, 'sign-in with Entra')).toEqual([]);
          // By keyboard, as the rest.
          await button.press('Enter');
          await page.locator('#address').fill(`${name}@contoso.example`);
          await page.locator('#password').fill('practice');
          await page.locator('#password').press('Enter');
          const accept = page.getByRole('button', { name: 'Accept' });
          await accept
            .or(page.locator('h1').filter({ hasText: /Messages|Mailroom/ }))
            .first()
            .waitFor();
          if (await accept.isVisible()) await accept.click();
          return { page, context };
        };
        for (const [name, role] of [
          ['adele', 'Administrator'],
          ['olga', 'Operator'],
          ['vic', 'Viewer'],
        ] as const) {
          const { page, context } = await signIn(name);
          await page.getByRole('heading', { name: 'Messages' }).waitFor();
          expect(page.url()).toBe(`${url}messages?state=failed`);
          await page.getByTitle(`Signed in as ${name}@contoso.example, ${role}`).waitFor();
          expect(await page.getByRole('link', { name: 'Users' }).count()).toBe(role === 'Administrator' ? 1 : 0);
          await page.goto(`${url}connectors/smtp`);
          const pause = page.getByRole('button', { name: 'Pause' });
          await pause.waitFor();
          expect((await pause.getAttribute('aria-disabled')) === 'true').toBe(role === 'Viewer');
          await context.close();
        }
        const { page, context } = await signIn('nobody');
        await page.getByText('Your account has no role in this console.').waitFor();
        expect(await violations(page, 'no role')).toEqual([]);
        await context.close();
      });
    } finally {
      await browser.close();
    }
  });
});
