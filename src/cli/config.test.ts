import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { writeLocalhostCertificate } from '../../test/harness/certificate.ts';
import { parsePasswordHash, verifyPassword } from '../policy/password-hash.ts';
import { exitCodes } from './exit-codes.ts';
import { createProgram } from './program.ts';
import { projectRoot, runCommand, runScript, writeTestConfig } from './running-mailroom.sample.ts';

let folder = '';
let configFile = '';
beforeAll(async () => {
  ({ folder, configFile } = await writeTestConfig());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('an administrator who prints the configuration to show it to somebody', () => {
  it.each([
    ['YAML', []],
    ['JSON', ['--json']],
  ])('shows no password, key or secret with it, as %s', async (_form, more) => {
    const { status, stdout } = await runCommand(['config', 'print', '--config', configFile, ...more]);
    expect(status).toBe(0);
    expect(stdout).toContain('[secret]');
    for (const secret of ['a password for tests', 'a-key-for-tests-with-some-length', 'a secret for tests'])
      expect(stdout).not.toContain(secret);
  });
});

describe('an administrator who checks a file before the restart', () => {
  it('hears of a certificate that is not there, of a key that is another one’s, and of an authority that is none', async () => {
    const { folder: own, configFile: file } = await writeTestConfig();
    try {
      const first = await writeLocalhostCertificate(await mkdtemp(join(own, 'first-')));
      const second = await writeLocalhostCertificate(await mkdtemp(join(own, 'second-')));
      const text = readFileSync(file, 'utf8');
      const check = async (tls: { certificate: string; key: string }, caFile = first.caFile) => {
        const http = { name: 'secure', listen: '127.0.0.1:0', tls };
        const all: { connectors: object[] } = parse(text);
        await writeFile(file, stringify({ ...all, http: [http], connectors: [{ ...all.connectors[0], caFile }] }));
        const { status, stderr } = await runCommand(['config', 'check', '--config', file]);
        return [status, stderr];
      };
      const fits = { certificate: first.certificateFile, key: first.keyFile };
      expect(await check(fits)).toEqual([0, '']);
      const said = (words: RegExp) => [78, expect.stringMatching(words)];
      expect(await check({ ...fits, certificate: 'none.crt' })).toEqual(
        said(/listener secure names \S+none\.crt.*ENOENT/),
      );
      expect(await check({ ...fits, key: second.keyFile })).toEqual(said(/are no certificate with its private key/));
      expect(await check(fits, first.keyFile)).toEqual(said(/caFile of the connector default .*no certificate stands/));
    } finally {
      await rm(own, { recursive: true, force: true });
    }
  });
});

describe('an administrator who wonders where a value comes from', () => {
  it('sees file and line, variable, or the console of each that was set, and no secret', async () => {
    const { folder: own, configFile: file } = await writeTestConfig({ queue: { drain: '20 s' } });
    try {
      await mkdir(join(own, 'data'));
      await writeFile(
        join(own, 'data/settings.yaml'),
        'clients:\n  - name: from-console\n    addresses: [10.9.0.0/16]\n',
        {
          mode: 0o600,
        },
      );
      const env = { MAILROOM__QUEUE__EXPIREAFTER: '3 d' };
      const asJson = await runCommand(['config', 'print', '--origins', '--json', '--config', file], { env });
      const origins: readonly { key: string }[] = JSON.parse(asJson.stdout);
      const lines = readFileSync(file, 'utf8').split('\n');
      const lineOf = (text: string) => `${file}:${lines.findIndex((line) => line.includes(text)) + 1}`;
      const of = (key: string) => origins.find((each) => each.key === key);
      expect(of('queue.drain')).toMatchObject({ value: '20 s', from: 'file', place: lineOf('drain: 20 s') });
      expect(of('clients[0].password')).toMatchObject({ value: '[secret]', place: lineOf('a password for tests') });
      expect(of('clients[1].addresses[0]')).toMatchObject({ value: '10.9.0.0/16', from: 'settings' });
      expect(of('queue.expireAfter')).toMatchObject({
        from: 'environment',
        place: 'environment MAILROOM__QUEUE__EXPIREAFTER',
      });
      expect(of('queue.reserve')).toBeUndefined();
      const asText = await runCommand(['config', 'print', '--origins', '--config', file], { env });
      expect(asText.stdout).toMatch(/^queue\.drain +\S+mailroom\.yaml:\d+ +20 s$/m);
    } finally {
      await rm(own, { recursive: true, force: true });
    }
  });
});

describe('an administrator who mends a broken configuration', () => {
  it('reads about every mistake at once, and a program gets exit code 78', async () => {
    const broken = join(folder, 'broken.yaml');
    await writeFile(broken, 'hostnam: x\nqueue: { drain: soon }\nconnectors: []\n', { mode: 0o600 });
    const result = await runScript('src/cli/main.ts', ['config', 'check', '--config', broken]);
    expect(result.status).toBe(78);
    expect(result.stdout).toBe('');
    for (const words of ['hostnam', 'hostname', 'drain', 'connectors', 'broken.yaml'])
      expect(result.stderr).toContain(words);
    expect(result.stderr).not.toMatch(/\n\s+at /);
    const asJson = await runCommand(['config', 'check', '--json', '--config', broken]);
    expect(asJson).toMatchObject({ status: 78, stderr: '' });
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      ok: false,
      problems: expect.arrayContaining([expect.anything()]),
    });
  });

  it('hears that a good one is good', async () => {
    const result = await runCommand(['config', 'check', '--config', configFile]);
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(result.stdout).toContain(`${configFile} is a valid configuration.`);
    expect(JSON.parse((await runCommand(['config', 'check', '--json', '--config', configFile])).stdout)).toMatchObject({
      ok: true,
    });
  });

  it('has the file named by MAILROOM_CONFIG looked at, and one that is not there reported', async () => {
    expect(await runCommand(['config', 'check'], { env: { MAILROOM_CONFIG: configFile } })).toMatchObject({
      status: 0,
    });
    const missing = await runCommand(['config', 'check'], { env: { MAILROOM_CONFIG: join(folder, 'no.yaml') } });
    expect(missing.status).toBe(78);
    expect(missing.stderr).toContain('no.yaml');
  });
});

describe('an administrator who makes credentials', () => {
  it('gets a hash that the password opens, and no other', async () => {
    const { stdout } = await runCommand(['config', 'hash-password'], { input: 'correct horse\n' });
    const hash = parsePasswordHash(stdout.trim());
    if (!hash) throw new Error(`no hash: ${stdout}`);
    expect(await verifyPassword('correct horse', hash)).toBe(true);
    expect(await verifyPassword('correct horse\n', hash)).toBe(false);
    expect(await runCommand(['config', 'hash-password'])).toMatchObject({ status: 64, stdout: '' });
  });

  it('gets a key whose hash the configuration takes', async () => {
    const { apiKey, apiKeyHash } = JSON.parse((await runCommand(['config', 'new-key', '--json'])).stdout);
    const file = join(folder, 'key.yaml');
    const text = readFileSync(configFile, 'utf8').replace(
      'apiKey: a-key-for-tests-with-some-length',
      `apiKeyHash: ${apiKeyHash}`,
    );
    await writeFile(file, text, { mode: 0o600 });
    expect(apiKey.length).toBeGreaterThan(30);
    expect(await runCommand(['config', 'check', '--config', file])).toMatchObject({ status: 0 });
  });
});

describe('somebody who does not know the commands', () => {
  it('finds an example in the help of each of them', async () => {
    const nothing = () => undefined;
    const out = { isTTY: false, columns: 100, write: nothing, error: nothing, drained: () => Promise.resolve() };
    const program = await createProgram(new Command(), {
      env: {},
      root: '',
      version: '',
      stdin: process.stdin,
      out,
      exitCode: 0,
    });
    const leaves = (command: Command): Command[] =>
      command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
    expect(leaves(program).length).toBeGreaterThan(15);
    for (const command of leaves(program)) {
      let help = '';
      command.configureOutput({
        writeOut: (text) => {
          help += text;
        },
      });
      command.outputHelp();
      expect(help, command.name()).toMatch(/Examples?:\n {2}\S/);
    }
  });

  it('gets exit code 64 and a hint for a command that there is not', async () => {
    const result = await runScript('src/cli/main.ts', ['qeue']);
    expect(result).toMatchObject({ status: 64, stdout: '' });
    expect(result.stderr).toMatch(/unknown command 'qeue'/);
  });

  it('gets different numbers for different ends, as sysexits.h has them', () => {
    const numbers = Object.values(exitCodes).map(([number]) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
    const header = { usage: 64, data: 65, noUser: 67, unavailable: 69, software: 70, cannotCreate: 73, tempFail: 75 };
    for (const [name, number] of Object.entries({ ...header, noPermission: 77, config: 78 }))
      expect(Object.entries(exitCodes).find(([each]) => each === name)?.[1][0]).toBe(number);
  });

  it('can start the practice tenant and a Mailroom against it with what it prints', async () => {
    const caFile = join(folder, 'tenant-ca.pem');
    const child = spawn(process.execPath, [join(projectRoot, 'src/cli/main.ts'), 'tenant', '--ca-file', caFile], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'close');
    let text = '';
    for await (const piece of child.stdout) {
      text += piece;
      if (text.includes('nothing is kept')) child.kill('SIGTERM');
    }
    const env = Object.fromEntries(
      [...text.matchAll(/^ {2}(MAILROOM_\w+)=(.*)$/gm)].map(([, name, value]) => [name ?? '', value ?? '']),
    );
    const empty = join(folder, 'empty.yaml');
    await writeFile(empty, `dataDir: ${join(folder, 'data')}\n`, { mode: 0o600 });
    const shown = await runCommand(['config', 'print', '--json', '--config', empty], { env });
    expect(shown).toMatchObject({ status: 0, stderr: '' });
    const [connector] = JSON.parse(shown.stdout).connectors;
    expect(connector).toMatchObject({
      cloud: { custom: { login: env['MAILROOM__CONNECTORS__0__CLOUD__CUSTOM__LOGIN'] } },
      caFile,
    });
    expect(await ended).toEqual([0, null]);
  });
});
