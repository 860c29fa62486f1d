/** Microsoft 365 set up from the console: an administrator signs in with a code, and the rest is watched. */
import { join } from 'node:path';
import { fetch } from 'undici';
import { expect, it } from 'vitest';
import { ConsoleClient, tokenOf } from '../harness/console-client.ts';
import { jobSchema, signingIn, textsOf, watchJob } from '../harness/console-jobs.ts';
import { type Person, personWithBrowser } from '../harness/person-with-browser.ts';
import { type ConsoleRun, consoleSystemAccount, withConsole } from '../harness/with-console.ts';
import { mailWith } from './hostile-mail.ts';

const admin = 'admin@contoso.example';
const grace = 'grace@contoso.example';
const minuteMs = 60_000;
interface Stage {
  readonly running: ConsoleRun;
  readonly ada: ConsoleClient;
  readonly person: Person;
}

function onStage(play: (stage: Stage) => Promise<void>): Promise<void> {
  return withConsole(
    async (running) => {
      running.tenant.addUser(admin, { directoryRoles: ['Global Administrator'] });
      await using person = await personWithBrowser(running.tenant, admin);
      const ada = new ConsoleClient(running.url);
      await ada.redeem(tokenOf(running.firstRunUrl), 'ada');
      await play({ running, ada, person });
    },
    {},
    { connectors: [] },
  );
}

function setUp({ running, ada }: Stage, more: object = {}) {
  const { origin, tenantId } = running.tenant;
  return ada.ask('POST', 'api/setup/automatic', {
    connector: 'default',
    tenant: tenantId,
    userName: consoleSystemAccount,
    cloud: { login: origin, graph: origin },
    caFile: join(running.folder, 'ca.pem'),
    ...more,
  });
}

it('automatic: a code, and the app, its certificate, its permission, the consent and the connector are there', async () => {
  await onStage(async (stage) => {
    const { running, ada, person } = stage;
    const job = await watchJob(ada, await setUp(stage), signingIn(person));
    expect([job.state, textsOf(job).at(-1)]).toEqual(['done', 'yes: The connector default is saved and in force.']);
    running.tenant.clock.advance(2 * minuteMs);
    const app = running.tenant.directory.state.applications.at(-1);
    expect(app?.web.redirectUris).toEqual([`${new URL(running.url).origin}/connectors/SMTP.aspx`]);
    await mailWith(running.smtpPort, { subject: 'Case 4711', to: grace });
    await running.settled();
    expect(await running.store.books()).toMatchObject({ accepted: 1, sent: 1 });
    const trail = (await ada.ask('GET', 'api/audit?limit=20')).text;
    expect(trail).toContain('setup-automatic');
    expect(trail).toContain('connectors-set-up');
    expect(JSON.stringify(job) + trail).not.toContain('PRIVATE KEY');
  });
});

it('stopped-while-it-waits-for-the-code, it says so, and another one may begin', async () => {
  await onStage(async (stage) => {
    const { ada } = stage;
    const begun = await setUp(stage);
    expect((await setUp(stage)).json()['code']).toBe('too-much-under-way');
    let isStopped = false;
    const job = await watchJob(ada, begun, async ({ id, signIn }) => {
      if (!signIn || isStopped) return;
      isStopped = true;
      await ada.ask('DELETE', `api/jobs/${id}`, {});
    });
    expect([job.state, textsOf(job).at(-1)]).toEqual(['stopped', 'no: It was stopped; what is done stays done.']);
    const again = jobSchema.parse((await setUp(stage)).json());
    expect(again.state).toBe('running');
    await ada.ask('DELETE', `api/jobs/${again.id}`, {});
  });
});

it('consent-by-link: an answer that nobody asked for is told apart, a refusal that says True is one, and mail goes by itself when the grant shows', async () => {
  await onStage(async ({ running, ada, person }) => {
    const { tenant } = running;
    const redirectUri = `${new URL(running.url).origin}/connectors/SMTP.aspx`;
    const { app, secret } = tenant.addApp({ roles: [], redirectUris: [redirectUri] });
    const mailSend = { id: 'b633e1c5-b582-4048-a93e-9f11b44c7e96', type: 'Role' } as const;
    app.application.requiredResourceAccess = [
      { resourceAppId: '00000003-0000-0000-c000-000000000000', resourceAccess: [mailSend] },
    ];
    const { version } = (await ada.ask('GET', 'api/settings/connectors')).json();
    const values = {
      cloud: { custom: { login: tenant.origin, graph: tenant.origin } },
      caFile: join(running.folder, 'ca.pem'),
      oauthClientId: app.clientId,
      tenantId: tenant.tenantId,
      userName: consoleSystemAccount,
      secret,
    };
    await ada.ask('POST', 'api/settings/connectors', { name: 'default', version, values });
    await mailWith(running.smtpPort, { subject: 'before the grant', to: grace });
    expect((await ada.ask('GET', 'api/connectors/default/consent')).json()).toEqual({ granted: false });
    const opened = async (query: string) => (await fetch(`${running.url}connectors/SMTP.aspx?${query}`)).text();
    expect(await opened('admin_consent=True&tenant=evil&state=mine')).toContain('was not made by Mailroom');
    const link = async () => String((await ada.ask('POST', 'api/connectors/default/consent', {})).json()['link']);
    const refused = new URL(await link()).searchParams.get('state');
    expect(await opened(`admin_consent=True&error=access_denied&state=${refused}`)).toContain('Consent was not given');
    // Without an answer in it, the address is the console's screen.
    expect(await opened('')).toContain('<div id="root">');
    const answer = await person.consentAt(await link());
    tenant.clock.advance(10 * minuteMs);
    expect(await (await fetch(answer)).text()).toContain('Thank you.');
    await running.settled(60_000);
    expect(await running.store.books()).toMatchObject({ accepted: 1, sent: 1 });
  });
});

it('large mail by uploads: Mail.ReadWrite is asked for with the set-up, or granted later; and never beside a role', async () => {
  await onStage(async (stage) => {
    const { running, ada, person } = stage;
    const { state } = running.tenant.directory;
    const granted = () => {
      const app = state.applications.at(-1);
      const principal = state.servicePrincipals.find(({ appId }) => appId === app?.appId);
      return state.appRoleAssignments.filter(({ principalId }) => principalId === principal?.id).length;
    };
    const act = signingIn(person);
    expect((await watchJob(ada, await setUp(stage), act)).state).toBe('done');
    expect(granted()).toBe(1);
    const grant = async () => watchJob(ada, await ada.ask('POST', 'api/connectors/default/grant', {}), act);
    const first = await grant();
    expect([first.state, ...textsOf(first).slice(-2)]).toEqual([
      'done',
      expect.stringMatching(/^yes: Mail\.ReadWrite is listed/),
      expect.stringMatching(/^yes: Mail\.ReadWrite is granted/),
    ]);
    expect([granted(), (await grant()).state, granted()]).toEqual([2, 'done', 2]);
    // As though a role of Exchange had taken the place of both.
    state.appRoleAssignments.splice(-2);
    const refused = await grant();
    expect([refused.state, textsOf(refused).at(-1)]).toEqual([
      'failed',
      expect.stringContaining('Nothing was granted'),
    ]);
    expect(granted()).toBe(0);
    expect((await ada.ask('GET', 'api/audit?limit=20')).text).toContain('grant-uploads');
  });
  await onStage(async (stage) => {
    const { ada, person } = stage;
    const job = await watchJob(ada, await setUp(stage, { largeMessages: 'upload' }), signingIn(person));
    expect(job.state).toBe('done');
    const connectors = (await ada.ask('GET', 'api/connectors')).text;
    expect(connectors).toContain('"largeMessages":"upload"');
    const app = stage.running.tenant.directory.state.applications.at(-1);
    expect(app?.requiredResourceAccess[0]?.resourceAccess).toHaveLength(2);
  });
});
