/** Settings that are made in the console: live at once, kept over a restart, and never a secret given back. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { createAppCertificate } from '../../src/microsoft/app-certificate.ts';
import { ConsoleClient, consoleUsers, tokenOf } from '../harness/console-client.ts';
import { openDialogue } from '../harness/smtp-dialogue.ts';
import { type ConsoleRun, consoleSystemAccount, withConsole } from '../harness/with-console.ts';

const grace = 'grace@contoso.example';
const mail = `From: ${consoleSystemAccount}\r\nTo: ${grace}\r\nSubject: Case 4711\r\n\r\nHello.`;

async function administrator({ url, firstRunUrl }: ConsoleRun): Promise<ConsoleClient> {
  const ada = new ConsoleClient(url);
  await ada.redeem(tokenOf(firstRunUrl), 'ada');
  return ada;
}

async function settings(client: ConsoleClient, list = 'connectors') {
  const answer = (await client.ask('GET', `api/settings/${list}`)).json();
  const items: unknown = answer['items'];
  return { version: String(answer['version']), items: Array.isArray(items) ? items : [] };
}

/** The four fields of the manual, for a registration of the practice tenant. */
function connectorOf({ tenant }: ConsoleRun) {
  const { app, secret } = tenant.addApp();
  const values = {
    cloud: { custom: { login: tenant.origin, graph: tenant.origin } },
    caFile: 'ca.pem',
    oauthClientId: app.clientId,
    tenantId: tenant.tenantId,
    userName: consoleSystemAccount,
    secret,
    limits: 'unlimited',
  };
  return { values, secret };
}

async function add(client: ConsoleClient, list: string, name: string, values: object, make: string[] = []) {
  const { version } = await settings(client, list);
  return client.ask('POST', `api/settings/${list}`, { name, version, values, make });
}

it('a-server-without-a-connector-says-later, and sends as soon as one is saved, on the same connection', async () => {
  await withConsole(
    async (running) => {
      const ada = await administrator(running);
      await using smtp = await openDialogue({ port: running.smtpPort });
      await smtp.reply();
      await smtp.command('EHLO case-management');
      const early = await smtp.send(consoleSystemAccount, [grace], mail);
      expect([early.code, early.lines.at(-1)]).toEqual([451, expect.stringMatching(/^4\.3\.5 .*later/)]);
      const { values, secret } = connectorOf(running);
      const saved = await add(ada, 'connectors', 'default', values);
      expect([saved.status, saved.text.includes(secret)]).toEqual([200, false]);
      expect((await smtp.send(consoleSystemAccount, [grace], mail)).code).toBe(250);
      await running.settled();
      expect(await running.store.books()).toMatchObject({ accepted: 1, sent: 1 });
    },
    {},
    { connectors: [] },
  );
});

it('a-saved-secret-stands-nowhere-but-sealed-in-the-vault', async () => {
  await withConsole(
    async (running) => {
      const ada = await administrator(running);
      const { values, secret } = connectorOf(running);
      await add(ada, 'connectors', 'default', values);
      const data = join(running.folder, 'data');
      const file = readFileSync(join(data, 'settings.yaml'), 'utf8');
      expect(parse(file)).toMatchObject({ connectors: [{ name: 'default', secret: { vault: expect.any(String) } }] });
      expect(statSync(join(data, 'settings.yaml')).mode & 0o777).toBe(0o600);
      const shown = await ada.ask('GET', 'api/settings/connectors');
      const trail = await ada.ask('GET', 'api/audit?limit=100');
      expect(shown.json()['items']).toMatchObject([{ name: 'default', secrets: ['secret'], fixed: {} }]);
      expect(trail.text).toContain('connectors-add');
      for (const text of [file, readFileSync(join(data, 'vault.json'), 'utf8'), shown.text, trail.text])
        expect(text.includes(secret)).toBe(false);
      // What another start would read.
      const loaded = loadConfig({
        file: join(running.folder, 'mailroom.yaml'),
        env: {},
        readFile: (path) => readFileSync(path, 'utf8'),
        hostname: 'localhost',
        settings: 'of-data-folder',
      });
      if (!loaded.ok) throw new Error(loaded.problems.map(({ sentence }) => sentence).join('\n'));
      const [connector] = loaded.config.connectors;
      const credential = connector?.kind === 'graph' ? connector.credential : undefined;
      expect(credential?.kind === 'secret' && credential.secret.reveal()).toBe(secret);
    },
    {},
    { connectors: [] },
  );
});

it('what-does-not-fit-is-said-field-by-field, and nothing is changed', async () => {
  await withConsole(
    async (running) => {
      const ada = await administrator(running);
      const { values } = connectorOf(running);
      const guid = '11111111-2222-4333-8444-555555555555';
      const wrong = await add(ada, 'connectors', 'default', { ...values, tenantId: 'common', secret: guid, colour: 1 });
      expect(wrong.status).toBe(422);
      expect(wrong.json()['fields']).toEqual(
        expect.arrayContaining([
          { field: 'tenantId', sentence: expect.stringMatching(/names no tenant/) },
          { field: 'secret', sentence: expect.stringMatching(/not its value/) },
          { field: 'colour', sentence: expect.stringMatching(/is not known/) },
        ]),
      );
      expect(existsSync(join(running.folder, 'data', 'settings.yaml'))).toBe(false);
      expect((await settings(ada)).items).toEqual([]);
      const read = await add(ada, 'connectors', 'default', { ...values, secret: { file: '/etc/shadow' } });
      expect(read.json()['fields']).toEqual([{ field: 'secret', sentence: expect.stringMatching(/secret itself/) }]);
    },
    {},
    { connectors: [] },
  );
});

it('the-ids-are-saved-before-the-secret-is-made, as the manual goes, and it is no way out until then', async () => {
  await withConsole(
    async (running) => {
      const ada = await administrator(running);
      const { secret, ...ids } = connectorOf(running).values;
      expect((await add(ada, 'connectors', 'default', { ...ids, tenantId: 'common' })).status).toBe(422);
      expect((await add(ada, 'connectors', 'default', ids)).status).toBe(200);
      const { version, items } = await settings(ada);
      expect(items).toMatchObject([{ name: 'default', values: { tenantId: ids.tenantId }, secrets: [] }]);
      expect((await ada.ask('GET', 'api/connectors')).json()['connectors']).toEqual([]);
      const change = { version, values: { secret } };
      expect((await ada.ask('PATCH', 'api/settings/connectors/default', change)).status).toBe(200);
      expect((await ada.ask('GET', 'api/connectors')).json()['connectors']).toMatchObject([{ name: 'default' }]);
    },
    {},
    { connectors: [] },
  );
});

it('two-administrators-do-not-overwrite-each-other', async () => {
  await withConsole(async (running) => {
    const ada = await administrator(running);
    const { version } = await settings(ada, 'routes');
    const route = (name: string) => ({ name, version, values: { when: { subject: name }, hold: true } });
    const both = await Promise.all(['one', 'two'].map((name) => ada.ask('POST', 'api/settings/routes', route(name))));
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(both.find(({ status }) => status === 409)?.json()['code']).toBe('settings-changed');
    expect((await settings(ada, 'routes')).items).toHaveLength(1);
  });
});

it('what-the-file-or-the-environment-says-is-fixed, with its place, and the rest is free', async () => {
  const env = { MAILROOM__ROUTES__CASES__SENDER: consoleSystemAccount };
  const routes = [{ name: 'cases', when: { subject: 'Case' } }];
  await withConsole(
    async (running) => {
      const ada = await administrator(running);
      const { version, items } = await settings(ada, 'routes');
      expect(items).toMatchObject([
        {
          name: 'cases',
          fixed: {
            when: expect.stringMatching(/^mailroom\.yaml:\d+$/),
            sender: 'environment MAILROOM__ROUTES__CASES__SENDER',
          },
          fixedBy: expect.stringMatching(/^mailroom\.yaml:\d+$/),
        },
      ]);
      const change = (values: object) => ada.ask('PATCH', 'api/settings/routes/cases', { version, values });
      const fixed = await change({ sender: grace });
      expect([fixed.status, fixed.json()['code']]).toEqual([409, 'settings-fixed']);
      expect((await change({ hold: true })).status).toBe(200);
      expect((await settings(ada, 'routes')).items).toMatchObject([{ name: 'cases', values: { hold: true } }]);
      const { version: now } = await settings(ada, 'routes');
      expect((await ada.ask('DELETE', `api/settings/routes/cases?version=${now}`)).status).toBe(409);
    },
    {},
    { routes },
    env,
  );
});

it('mail-of-a-removed-connector-stays-and-says-so, and goes when there is one of that name again', async () => {
  await withConsole(
    async (running) => {
      const ada = await administrator(running);
      const { values } = connectorOf(running);
      await add(ada, 'connectors', 'main', values);
      await ada.ask('POST', 'api/connectors/main/pause', {});
      await using smtp = await openDialogue({ port: running.smtpPort });
      await smtp.reply();
      await smtp.command('EHLO case-management');
      expect((await smtp.send(consoleSystemAccount, [grace], mail)).code).toBe(250);
      const { version } = await settings(ada);
      expect((await ada.ask('DELETE', `api/settings/connectors/main?version=${version}`)).status).toBe(204);
      expect((await smtp.send(consoleSystemAccount, [grace], mail)).code).toBe(451);
      expect(await running.store.pauses()).toMatchObject([{ connector: 'main', detail: /removed/ }]);
      await add(ada, 'connectors', 'main', values);
      await running.settled();
      expect(await running.store.books()).toMatchObject({ accepted: 1, sent: 1 });
    },
    {},
    { connectors: [] },
  );
});

it('a-client-made-in-the-console-logs-in-with-what-was-shown-once, until it is removed', async () => {
  await withConsole(
    async (running) => {
      const ada = await administrator(running);
      const made = await add(ada, 'clients', 'printers', { login: 'printers', senders: ['*'] }, ['password', 'apiKey']);
      const { password, apiKey } = made.json();
      expect([String(password).length, String(apiKey).length]).toEqual([32, 32]);
      const { version, items } = await settings(ada, 'clients');
      expect(items.at(-1)).toMatchObject({ name: 'printers', secrets: ['passwordHash', 'apiKeyHash'] });
      const login = async () => {
        await using smtp = await openDialogue({ port: running.smtpPort });
        await smtp.reply();
        await smtp.command('EHLO printer');
        return (await smtp.command(`AUTH PLAIN ${Buffer.from(`\0printers\0${password}`).toString('base64')}`)).code;
      };
      expect(await login()).toBe(235);
      expect((await ada.ask('DELETE', `api/settings/clients/printers?version=${version}`)).status).toBe(204);
      expect(await login()).toBe(535);
    },
    {},
    {},
    { MAILROOM__SMTP__0__ALLOW_PLAINTEXT_AUTH: 'true' },
  );
});

it('the-audit-trail-has-both-sides-of-a-change', async () => {
  await withConsole(async (running) => {
    const { administrator: ada, operator } = await consoleUsers(running.url, running.firstRunUrl);
    await add(ada, 'routes', 'cases', { when: { subject: 'Case' } });
    const { version } = await settings(ada, 'routes');
    const refused = await operator.ask('PATCH', 'api/settings/routes/cases', { version, values: { hold: true } });
    expect(refused.status).toBe(403);
    await ada.ask('PATCH', 'api/settings/routes/cases', { version, values: { hold: true } });
    const { entries } = (await ada.ask('GET', 'api/audit?limit=5')).json();
    expect(Array.isArray(entries) && entries[0]).toMatchObject({
      who: 'ada',
      action: 'routes-change',
      target: 'cases',
      before: JSON.stringify({ name: 'cases', when: { subject: 'Case' } }),
      after: JSON.stringify({ name: 'cases', when: { subject: 'Case' }, hold: true }),
    });
  });
});

it('routes-are-moved-among-those-of-the-console; one that only adds to the file’s stays where the file has it', async () => {
  await withConsole(
    async (running) => {
      const ada = await administrator(running);
      for (const name of ['first', 'second']) await add(ada, 'routes', name, { when: { subject: name } });
      const seen = await settings(ada, 'routes');
      const adds = { version: seen.version, values: { hold: true } };
      expect((await ada.ask('PATCH', 'api/settings/routes/cases', adds)).status).toBe(200);
      const order = async (names: string[]) =>
        ada.ask('POST', 'api/settings/routes/order', { version: (await settings(ada, 'routes')).version, names });
      expect((await order(['cases', 'second', 'first'])).json()['code']).toBe('settings-changed');
      expect((await order(['second', 'first'])).status).toBe(200);
      expect((await settings(ada, 'routes')).items).toMatchObject([
        { name: 'cases', values: { hold: true } },
        { name: 'second' },
        { name: 'first' },
      ]);
    },
    {},
    { routes: [{ name: 'cases', when: { subject: 'Case' } }] },
  );
});

it('which-route-takes-this-message is asked without sending it: the gate answers, with the reason for each route', async () => {
  await withConsole(
    async (running) => {
      const { viewer } = await consoleUsers(running.url, running.firstRunUrl);
      const asked = async (subject: string, mailFrom = consoleSystemAccount) =>
        (
          await viewer.ask('POST', 'api/routes/try', { client: 'local', mailFrom, recipients: [grace], subject })
        ).json();
      expect(await asked('Case 4711')).toEqual({
        decision: { route: 'cases', connector: 'default', sender: grace, held: true, fallBack: [] },
        routes: [
          { name: 'elsewhere', fails: ['sender', 'recipientDomain'] },
          { name: 'cases', fails: [] },
        ],
      });
      expect(await asked('Other')).toMatchObject({ decision: { route: 'default', sender: consoleSystemAccount } });
      expect(await asked('Case 4711', grace)).toMatchObject({ refusal: { code: 'sender-not-allowed' } });
      expect(await running.store.books()).toMatchObject({ accepted: 0 });
    },
    {},
    {
      routes: [
        { name: 'elsewhere', when: { sender: grace, recipientDomain: 'fabrikam.example', client: 'local' } },
        { name: 'cases', when: { subject: 'case' }, sender: grace, hold: true },
      ],
    },
  );
});

it('a-kept-secret-is-not-had-by-sending-it-elsewhere', async () => {
  await withConsole(
    async (running) => {
      const ada = await administrator(running);
      const change = async (list: string, name: string, values: object) => {
        const { version } = await settings(ada, list);
        const answer = await ada.ask('PATCH', `api/settings/${list}/${name}`, { version, values });
        return [answer.status, ...(answer.status === 200 ? [] : [answer.json()['fields']])];
      };
      const { values, secret } = connectorOf(running);
      await add(ada, 'connectors', 'default', values);
      const elsewhere = { custom: { login: 'https://127.0.0.1:9', graph: 'https://127.0.0.1:9' } };
      const again = (field: string) => [422, [{ field, sentence: expect.stringContaining('put in again') }]];
      expect(await change('connectors', 'default', { cloud: elsewhere })).toEqual(again('secret'));
      expect(await change('connectors', 'default', { cloud: values.cloud, limits: 'unlimited' })).toEqual([200]);
      expect(await change('connectors', 'default', { cloud: elsewhere, secret })).toEqual([200]);

      const host = {
        kind: 'smtp',
        host: 'smtp.example.com',
        userName: consoleSystemAccount,
        login: 'a',
        password: 'b',
      };
      await add(ada, 'connectors', 'smart-host', host);
      expect(await change('connectors', 'smart-host', { host: 'localhost', tls: 'none' })).toEqual(again('password'));
      const { userName: from, ...rest } = host;
      await add(ada, 'alerts', 'by-mail', { ...rest, from, to: [grace] });
      expect(await change('alerts', 'by-mail', { port: 2525 })).toEqual(again('password'));

      // The file's own connector: what the file leaves open does not open its secret.
      const [status, fields] = await change('connectors', 'of-the-file', { cloud: elsewhere });
      expect([status, JSON.stringify(fields)]).toEqual([422, expect.stringMatching(/"cloud".*mailroom\.yaml:\d+/)]);

      const { secret: _, caFile: __, ...ids } = values;
      const reads = await add(ada, 'connectors', 'reader', { ...ids, federated: { tokenFile: '/etc/passwd' } });
      expect([reads.status, reads.text]).toEqual([422, expect.stringContaining('in the file alone')]);
    },
    {},
    {
      connectors: [
        {
          name: 'of-the-file',
          oauthClientId: '00000000-0000-4000-8000-000000000001',
          tenantId: 'contoso.example',
          userName: consoleSystemAccount,
          secret: 'put-in-by-root',
        },
      ],
    },
  );
});

it('a-certificate-that-is-not-in-the-registration-takes-the-place-of-no-secret-that-works', async () => {
  await withConsole(
    async (running) => {
      const ada = await administrator(running);
      const { app, secret } = running.tenant.addApp();
      const { values } = connectorOf(running);
      await add(ada, 'connectors', 'default', { ...values, oauthClientId: app.clientId, secret });
      const made = await createAppCertificate('Mailroom', 30, Date.now());
      const put = async () => {
        const { version } = (await ada.ask('GET', 'api/settings/connectors')).json();
        const certificate = { certificate: made.certificatePem, key: made.privateKeyPem };
        return ada.ask('PATCH', 'api/settings/connectors/default', { version, values: { certificate } });
      };
      const refused = await put();
      expect(refused.json()).toMatchObject({
        code: 'settings-invalid',
        fields: [
          { field: 'certificate', sentence: expect.stringMatching(/^is not proven, so that the old credential/) },
        ],
      });
      expect(refused.text).not.toContain('PRIVATE KEY');
      expect((await ada.ask('GET', 'api/connectors')).text).toContain('"credential":"secret"');
      app.addCertificate(made.certificatePem);
      expect((await put()).status).toBe(200);
      expect((await ada.ask('GET', 'api/connectors')).text).toContain('"credential":"certificate"');
    },
    {},
    { connectors: [] },
  );
});
