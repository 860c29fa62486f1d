/** Limiting the app over the console's interface: by a sign-in that comes back to the console, proven, listed, taken back, moved. */
import { createServer, request as httpRequest } from 'node:http';
import { fetch, request } from 'undici';
import { expect, it } from 'vitest';
import { ConsoleClient, tokenOf } from '../harness/console-client.ts';
import { jobSchema, signingIn, textsOf, watchJob } from '../harness/console-jobs.ts';
import { type Person, personWithBrowser } from '../harness/person-with-browser.ts';
import { until } from '../harness/until.ts';
import {
  type ConsoleRun,
  consoleSystemAccount,
  consoleTenantAdmin,
  withQuickConsole,
} from '../harness/with-console.ts';

const grace = 'grace@contoso.example';
const limit = {
  connector: 'default',
  way: 'access-policy',
  mailboxes: [consoleSystemAccount],
  forbidden: grace,
  signIn: { way: 'browser' },
};

interface Stage {
  readonly running: ConsoleRun;
  readonly ada: ConsoleClient;
  readonly person: Person;
}

function onStage(play: (stage: Stage) => Promise<void>, basePath = '/'): Promise<void> {
  return withQuickConsole(
    async (running) => {
      await using person = await personWithBrowser(running.tenant, consoleTenantAdmin);
      const ada = new ConsoleClient(running.url);
      await ada.redeem(tokenOf(running.firstRunUrl), 'ada');
      await play({ running, ada, person });
    },
    { settings: { basePath } },
  );
}

const { way: _way, ...move } = limit;

it('set-by-a-browser-that-comes-back, both proofs stand with their evidence; what is taken back is shown first', async () => {
  await onStage(async ({ running, ada, person }) => {
    const { signIn: _signIn, ...planned } = limit;
    const plan = (await ada.ask('POST', 'api/setup/limit/plan', planned)).json();
    expect(plan['script']).toContain('New-ApplicationAccessPolicy');
    const done = async (path: string, act = signingIn(person)) =>
      watchJob(ada, await ada.ask('POST', `api/setup/limit${path}`, limit), act);
    const set = await done('');
    expect([set.state, ...textsOf(set)]).toEqual(
      expect.arrayContaining([
        'done',
        `info: Signed in as ${consoleTenantAdmin}.`,
        `yes: Exchange: ${consoleSystemAccount} is granted.`,
        `yes: Exchange: ${grace} is refused.`,
        `yes: Graph: ${consoleSystemAccount} is granted.`,
        `yes: Graph: ${grace} is refused.`,
      ]),
    );
    const proof = set.lines.find(({ text }) => text === `Exchange: ${grace} is refused.`);
    expect(proof?.evidence?.join()).toMatch(
      /^Test-ApplicationAccessPolicy -AppId \S+ -Identity grace@contoso\.example: AccessCheckResult: Denied/,
    );
    expect(textsOf(await done('/list')).at(-1)).toBe('info: 3 of 3 steps of this limit stand.');
    expect(textsOf(await done('/test'))).toContain(`yes: Graph: ${grace} is refused.`);

    const asked: string[] = [];
    const signIn = signingIn(person);
    const answering = (yes: boolean) => async (job: Parameters<typeof signIn>[0]) => {
      await signIn(job);
      if (!job.asks) return;
      asked.push(...job.asks.items);
      await ada.ask('POST', `api/jobs/${job.id}/answer`, { yes });
    };
    expect(textsOf(await done('/remove', answering(false))).at(-1)).toBe('info: Nothing was changed.');
    const standing = () =>
      running.tenant.directory.state.exchange.accessPolicies.filter(({ removedAt }) => removedAt === null);
    expect(standing()).toHaveLength(1);
    await done('/remove', answering(true));
    expect(standing()).toHaveLength(0);
    expect(asked.at(-1)).toMatch(/^Remove-ApplicationAccessPolicy/);
    const trail = (await ada.ask('GET', 'api/audit?limit=50')).text;
    for (const action of ['limit-apply', 'limit-test', 'limit-list', 'limit-remove', 'job-decline', 'job-confirm'])
      expect(trail).toContain(action);
  });
});

it('moves-to-rbac-step-by-step: waits where it must, says until when, and can be taken back from there', async () => {
  await onStage(async ({ running, ada, person }) => {
    await watchJob(ada, await ada.ask('POST', 'api/setup/limit', limit), signingIn(person));
    const order = { ...move, settleMinutes: 0 };
    const begun = await ada.ask('POST', 'api/setup/limit/migrate', order);
    const job = await watchJob(ada, begun, signingIn(person));
    expect([job.state, ...textsOf(job)]).toEqual(
      expect.arrayContaining(['done', expect.stringContaining('Graph allows the mailboxes by the role alone')]),
    );
    expect(textsOf(job).at(-1)).toMatch(/^waits: Begin it again after \d{4}-/);
    const state = (await ada.ask('GET', 'api/connectors/default/migration')).json();
    expect(Object.keys(state).toSorted()).toEqual([
      'consentWithdrawnAt',
      'goesOnAt',
      'removedPolicies',
      'roleGivenAt',
      'roleProvenAt',
    ]);
    const back = await ada.ask('POST', 'api/setup/limit/migrate', { ...order, back: true });
    expect(textsOf(await watchJob(ada, back, signingIn(person)))).toContain('yes: The role of Exchange is taken back.');
    expect((await ada.ask('GET', 'api/connectors/default/migration')).json()).toEqual({ removedPolicies: [] });
    const roles = running.tenant.directory.state.exchange.roleAssignments;
    expect(roles.filter(({ removedAt }) => removedAt === null)).toEqual([]);
  });
});

it('an-answer-with-a-state-of-somebody-else signs nobody in, and one state is good once', async () => {
  await onStage(async ({ running, ada }) => {
    const job = jobSchema.parse((await ada.ask('POST', 'api/setup/limit/list', limit)).json());
    const url = await until('it asks for a sign-in', async () => {
      const { signIn } = jobSchema.parse((await ada.ask('GET', `api/jobs/${job.id}`)).json());
      return signIn?.url;
    });
    const asked = new URL(url).searchParams;
    expect([asked.get('code_challenge_method'), asked.get('redirect_uri')]).toEqual([
      'S256',
      `http://localhost:${new URL(running.url).port}`,
    ]);
    const open = async (query: Record<string, string>) =>
      (await fetch(`${running.url}?${new URLSearchParams(query)}`)).text();
    expect(await open({ code: 'stolen', state: 'mine' })).toContain('<div id="root">');
    expect((await ada.ask('GET', `api/jobs/${job.id}`)).json()['state']).toBe('running');
    // Another one's code, in our state: the verifier is ours, and Entra refuses it.
    const state = asked.get('state') ?? '';
    expect(await open({ code: 'stolen', state })).toContain('connectors/smtp');
    expect(await open({ code: 'stolen', state })).toContain('<div id="root">');
    const ended = await watchJob(ada, await ada.ask('GET', `api/jobs/${job.id}`), async () => {});
    expect([ended.state, textsOf(ended).at(-1)]).toEqual(['failed', expect.stringContaining('AADSTS70000')]);
    expect(JSON.stringify(ended)).not.toContain(state);
  });
});

it('shown-elsewhere-than-on-this-machine: a browser needs a public client with this address, and is told so', async () => {
  await onStage(async ({ running, ada }) => {
    const refused = await ada.ask('POST', 'api/setup/limit/list', limit);
    expect([refused.status, refused.json()['code']]).toEqual([409, 'browser-sign-in-impossible']);
    const { app } = running.tenant.addApp({ roles: [] });
    const own = { ...limit, signIn: { way: 'browser', client: app.clientId } };
    const { id } = jobSchema.parse((await ada.ask('POST', 'api/setup/limit/list', own)).json());
    const url = await until('it asks for a sign-in', async () => {
      const { signIn } = jobSchema.parse((await ada.ask('GET', `api/jobs/${id}`)).json());
      return signIn?.url;
    });
    expect(new URL(url).searchParams.get('redirect_uri')).toBe(`${running.url}connectors/SMTP.aspx`);
    await ada.ask('DELETE', `api/jobs/${id}`, {});
  }, '/mail/room');
});

it('behind-a-proxy-with-a-path-progress-comes-as-it-happens, and ends with the session', async () => {
  await onStage(async ({ running, ada }) => {
    const behind = new URL(running.url);
    const proxy = createServer((incoming, outgoing) => {
      const { method, url: path, headers } = incoming;
      const onwards = httpRequest({ host: behind.hostname, port: behind.port, method, path, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(onwards);
    });
    await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
    try {
      const address = proxy.address();
      const port = typeof address === 'object' ? address?.port : 0;
      const order = { ...limit, signIn: { way: 'code' } };
      const { id } = jobSchema.parse((await ada.ask('POST', 'api/setup/limit/list', order)).json());
      const path = `http://127.0.0.1:${port}/mail/room/api/jobs/${id}/events`;
      const events = await request(path, { headers: { cookie: ada.cookie ?? '' } });
      expect([events.statusCode, events.headers['content-type']]).toEqual([200, 'text/event-stream']);
      let text = '';
      const over = (async () => {
        for await (const piece of events.body) text += String(piece);
      })();
      await until('the code comes by an event', () => /event: job\ndata: .*"code":"/.test(text));
      const otherBrowser = new ConsoleClient(running.url);
      await otherBrowser.signIn('ada');
      await ada.ask('DELETE', 'api/session', {});
      await otherBrowser.ask('DELETE', `api/jobs/${id}`, {});
      await over;
      expect(text).not.toContain('"state":"stopped"');
      expect((await request(path, { headers: { cookie: ada.cookie ?? '' } })).statusCode).toBe(401);
      const again = await request(path, { headers: { cookie: otherBrowser.cookie ?? '' } });
      expect(await again.body.text()).toContain('"state":"stopped"');
    } finally {
      proxy.close();
      proxy.closeAllConnections();
    }
  }, '/mail/room');
});
