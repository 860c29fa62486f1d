import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommand, writeTestConfig } from './running-mailroom.sample.ts';

const secret = 'Qx8~typed-by-nobody';
const connector = {
  name: 'default',
  cloud: { custom: { login: 'https://127.0.0.1:9', graph: 'https://127.0.0.1:9' } },
  oauthClientId: '11111111-2222-4333-8444-555555555555',
  tenantId: 'contoso.example',
  userName: 'noreply@contoso.example',
  secret: { vault: 'app-secret' },
};

let folder: string;
let config: string[];
beforeEach(async () => {
  const written = await writeTestConfig({ connectors: [connector] });
  folder = written.folder;
  config = ['--config', written.configFile];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const data = (name: string) => join(folder, 'data', name);

test('a-secret-that-the-configuration-misses is put in by the command that the sentence names', async () => {
  const before = await runCommand(['config', 'check', ...config]);
  expect(before.status).toBe(78);
  expect(before.stderr).toMatch(/mailroom\.yaml:\d+ connectors\[0\]\.secret names the entry app-secret of the vault/);
  expect(before.stderr).toContain('Put it in with: mailroom vault put app-secret');
  const put = await runCommand(['vault', 'put', 'app-secret', ...config], { input: `  ${secret}\r\n` });
  expect(put).toEqual({
    status: 0,
    stderr: '',
    stdout: 'app-secret is in the vault. In the configuration: { vault: app-secret }\n',
  });
  expect((await runCommand(['config', 'check', ...config])).stderr).toBe('');
  const printed = await runCommand(['config', 'print', ...config]);
  const listed = await runCommand(['vault', 'list', '--json', ...config]);
  expect(JSON.parse(listed.stdout).entries).toEqual([{ name: 'app-secret', putAt: expect.any(String) }]);
  for (const text of [printed.stdout, listed.stdout, readFileSync(data('vault.json'), 'utf8')])
    expect(text).not.toContain(secret);
});

test('the ID of a secret is told apart in the vault too', async () => {
  await runCommand(['vault', 'put', 'app-secret', ...config], { input: '11111111-2222-4333-8444-000000000000' });
  expect((await runCommand(['config', 'check', ...config])).stderr).toContain('which is the ID of a client secret');
});

test('a wrong key, a damaged vault and a missing entry are each told in one sentence', async () => {
  await runCommand(['vault', 'put', 'app-secret', ...config], { input: secret });
  const said = async (...words: string[]) => {
    const { stderr, status } = await runCommand([...words, ...config]);
    return `${status} ${stderr.replaceAll(folder, '…')}`;
  };
  expect(await said('vault', 'remove', 'other')).toMatch(/^69 .*has no entry other\. It has: app-secret\./);
  const key = readFileSync(data('vault.key'));
  writeFileSync(data('vault.key'), Buffer.alloc(32, 7));
  expect(await said('config', 'check')).toContain('is not the one that the vault …/data/vault.json was sealed with');
  writeFileSync(data('vault.key'), key);
  writeFileSync(data('vault.json'), 'half of it');
  expect(await said('vault', 'list')).toMatch(/^69 .*vault\.json is damaged/);
});

test('rekey leaves everything readable, and the old key opens nothing', async () => {
  await runCommand(['vault', 'put', 'app-secret', ...config], { input: secret });
  const old = readFileSync(data('vault.key'));
  expect((await runCommand(['vault', 'rekey', ...config])).stdout).toContain('The vault has a new key');
  expect((await runCommand(['config', 'check', ...config])).status).toBe(0);
  writeFileSync(data('vault.key'), old);
  expect((await runCommand(['config', 'check', ...config])).status).toBe(78);
});

test('a certificate and its key may both stand in the vault', async () => {
  const { secret: _secret, ...rest } = connector;
  const certificate = { certificate: { vault: 'app.crt' }, key: { vault: 'app.key' } };
  const written = await writeTestConfig({ connectors: [{ ...rest, certificate }] });
  const printed = await runCommand(['config', 'print', '--json', '--config', written.configFile]);
  expect(JSON.parse(printed.stdout).connectors[0].credential).toMatchObject({
    kind: 'certificate',
    key: { vault: 'app.key' },
  });
  await rm(written.folder, { recursive: true, force: true });
});
