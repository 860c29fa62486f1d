import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { guideView } from '../../src/assistant/guide.ts';
import { migrationRecordOf } from '../../src/assistant/migration-record.ts';
import { runCommand, systemAccount, writeTestConfig } from '../../src/cli/running-mailroom.sample.ts';
import { readSetupState } from '../../src/setup/automatic/setup-state.ts';
import { RenewalHistory } from '../../src/setup/renewal/renewal-history.ts';
import { ConsoleClient, tokenOf } from '../harness/console-client.ts';
import { startServerProcess } from '../harness/server-process.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { until } from '../harness/until.ts';
import { withConsole } from '../harness/with-console.ts';

it('a-damaged-record-of-credentials-takes-neither-the-first-screen-nor-its-figures-away', async () => {
  await withConsole(async ({ mailroom, folder, url, firstRunUrl }) => {
    writeFileSync(join(folder, 'data', 'credentials.json'), '{"torn');
    const ada = new ConsoleClient(url);
    await ada.redeem(tokenOf(firstRunUrl), 'ada');
    expect((await ada.ask('GET', 'api/overview')).status).toBe(200);
    expect(mailroom.credentials.list()).toMatchObject([
      { kind: 'unreadable', whyNot: expect.stringMatching(/credentials\.json is damaged: .*move it away/) },
    ]);
  });
});

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

it('a-server-starts-and-takes-mail-with-each-of-its-records-cut-in-half-and-says-of-each-where-it-is', async () => {
  const { folder, configFile } = await writeTestConfig({ console: { listen: '127.0.0.1:0' } });
  closers.push(() => rm(folder, { recursive: true, force: true }));
  const data = join(folder, 'data');
  const started = async () => {
    const server = await startServerProcess({ configFile, ports: [] });
    closers.push(() => server.end('SIGKILL'));
    await until('it has started', () => server.output().includes('"started"'));
    return server;
  };
  expect(await (await started()).end('SIGTERM')).toBe(0);
  mkdirSync(join(data, 'drafts'), { recursive: true });
  writeFileSync(join(data, 'credentials.json'), '{"format":1,"connectors":{"default":{"removals":[{"kind":"sec');
  for (const name of ['renewals.jsonl', 'checks.jsonl']) writeFileSync(join(data, name), '{"at":1,"connector":"defa');
  writeFileSync(join(data, 'drafts', 'cut.json'), '{"message":"');
  writeFileSync(join(data, 'lock'), 'not what SQLite locks. '.repeat(100));
  for (const name of ['alerts.db', 'console.db', 'index.db'])
    truncateSync(join(data, name), Math.floor(statSync(join(data, name)).size / 2));

  const said = await runCommand(['credential', 'status', '--config', configFile]);
  expect(said).toMatchObject({ status: 69, stdout: '' });
  expect(said.stderr).toMatch(
    /^mailroom: \/\S+credentials\.json is damaged: it is not as Mailroom wrote it\. [^\n]+\n$/,
  );

  const server = await started();
  const log = server.output();
  expect(log).toMatch(/credentials-damaged\.json.*The record of credentials was damaged/);
  expect(log).toMatch(/alerts-damaged\.db.*The list of alerts was damaged/);
  expect(log).toMatch(/cut\.json.*The record of a draft is damaged/);
  expect(log).toMatch(/The console stays closed\. [^"]*console\.db cannot be used/);
  expect(readdirSync(data)).toEqual(expect.arrayContaining(['credentials-damaged.json', 'alerts-damaged.db']));
  const send = ['send', '--from', systemAccount, '--to', 'a@contoso.example', '--config', configFile];
  expect(await runCommand(send)).toMatchObject({ stdout: expect.stringContaining('held') });
  const after = await runCommand(['credential', 'status', '--config', configFile]);
  expect(after).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/^Lines of \S+renewals\.jsonl that cannot be read and are left out: 1\.\n$/),
  });
  expect(await server.end('SIGTERM')).toBe(0);
});

it('a-line-that-a-crash-has-cut-does-not-take-the-next-one-with-it', async () => {
  await using folder = await temporaryFolder();
  const history = new RenewalHistory(folder.path);
  writeFileSync(history.file, '{"at":1,"connector":"defa');
  const entry = { at: 2, connector: 'default', step: 'proven', by: 'itself' } as const;
  history.add(entry);
  history.add({ ...entry, at: 3 });
  expect(history.list(10)).toEqual([{ ...entry, at: 3 }, entry]);
  expect(history.unreadable()).toMatch(/left out: 1\./);
});

it('set-up-and-migration-name-the-damaged-record-and-leave-it-where-it-is', async () => {
  await using folder = await temporaryFolder();
  for (const [name, read] of [
    ['setup.json', readSetupState],
    ['policy-migration-default.json', () => migrationRecordOf(folder.path, 'default').read()],
    [
      'guided-default.json',
      () => guideView('default', { dataDir: folder.path, connector: undefined, item: undefined }, 'global'),
    ],
  ] as const) {
    const file = join(folder.path, name);
    writeFileSync(file, '{"format":1,');
    expect(() => read(file)).toThrow(/^\/\S+ is damaged: it is not as Mailroom wrote it\. [^\n]*ove it away/);
    expect(readFileSync(file, 'utf8')).toBe('{"format":1,');
  }
});
