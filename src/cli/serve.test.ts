import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { ConsoleClient, tokenOf } from '../../test/harness/console-client.ts';
import { freePort } from '../../test/harness/free-port.ts';
import { startServerProcess } from '../../test/harness/server-process.ts';
import { until } from '../../test/harness/until.ts';
import { projectRoot, runCommand, runScript, systemAccount, writeTestConfig } from './running-mailroom.sample.ts';
import { whyNotStarted } from './why-not-started.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server as a process of its own, once it listens. */
async function served(overrides: object = {}) {
  const { folder, configFile } = await writeTestConfig(overrides);
  closers.push(() => rm(folder, { recursive: true, force: true }));
  const child = spawn(
    process.execPath,
    [join(projectRoot, 'src/cli/main.ts'), 'serve', '--json', '--config', configFile],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let log = '';
  child.stderr.on('data', (piece: Buffer) => {
    log += piece;
  });
  const ended = once(child, 'close');
  closers.push(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  for await (const line of createInterface({ input: child.stdout }))
    return { folder, configFile, child, ended, log: () => log, listening: JSON.parse(line).listening };
  throw new Error(`The server ended: ${log}`);
}

describe('a service manager', () => {
  it('ends the server with one signal, and the command line then says that it is not running', async () => {
    const server = await served();
    expect(server.listening).toHaveLength(3);
    expect(await runCommand(['status', '--config', server.configFile])).toMatchObject({ status: 0 });
    server.child.kill('SIGTERM');
    expect(await server.ended).toEqual([0, null]);
    expect(server.log()).toContain('"stopped"');
    expect((await runCommand(['send', '--to', 'a@contoso.example', '--config', server.configFile])).status).toBe(75);
  });

  it('reads 78 for a configuration that is wrong, and 73 for a port that is taken, without a stack trace', async () => {
    const server = await served();
    const [{ address }] = server.listening;
    const { folder, configFile } = await writeTestConfig({
      smtp: [{ name: 'one', listen: address, auth: 'optional' }],
    });
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const taken = await runScript('src/cli/main.ts', ['serve', '--config', configFile]);
    expect(taken.status).toBe(73);
    expect(taken.stderr).toMatch(/The SMTP listener one cannot be opened/);
    expect(taken.stderr).not.toMatch(/\n\s+at /);
    writeFileSync(configFile, 'nonsense: 1\n');
    expect((await runScript('src/cli/main.ts', ['serve', '--config', configFile])).status).toBe(78);
  });

  it('does not start without what was set in the console when that is there and cannot be read', async () => {
    const { folder, configFile } = await writeTestConfig();
    closers.push(() => rm(folder, { recursive: true, force: true }));
    mkdirSync(join(folder, 'data', 'settings.yaml'), { recursive: true });
    const { status, stderr } = await runScript('src/cli/main.ts', ['serve', '--config', configFile]);
    expect([status, stderr]).toEqual([78, expect.stringMatching(/settings\.yaml cannot be read \(EISDIR\).*console/)]);
  });

  it.runIf(process.platform === 'linux')(
    'ends at once where no folder can be made, and says where and what to do',
    async () => {
      for (const dataDir of ['/proc/mailroom', '/proc', '/proc/mailroom/data']) {
        const { folder, configFile } = await writeTestConfig({ dataDir });
        closers.push(() => rm(folder, { recursive: true, force: true }));
        const { status, stderr } = await runScript('src/cli/main.ts', ['serve', '--config', configFile]);
        expect([status, stderr]).toEqual([
          73,
          expect.stringMatching(
            /(?:^|\n)mailroom: The folder \/proc\/(?:mailroom|bodies) cannot be made \(ENOENT\)\. Name another place[^\n]*\n$/,
          ),
        ]);
      }
      const setup = [
        'setup',
        '--yes',
        '--tenant',
        'contoso.com',
        '--user-name',
        systemAccount,
        '--folder',
        '/proc/none',
      ];
      expect(await runCommand(setup)).toMatchObject({
        status: 77,
        stderr: expect.stringMatching(/^mailroom: The folder \/proc\/none cannot be made \(ENOENT\)\. [^\n]*\n$/),
      });
    },
  );

  it('is told in a sentence what is wrong with the folder, the disk or a file, and what to do', async () => {
    const { folder, configFile } = await writeTestConfig();
    closers.push(() => rm(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'data'), 'a file where the folder should be');
    const { status, stderr } = await runScript('src/cli/main.ts', ['serve', '--config', configFile]);
    expect([status, stderr]).toEqual([
      73,
      expect.stringMatching(/data\/bodies cannot be used \(ENOTDIR\)\. .*correct it/),
    ]);
    const said = (message: string) => whyNotStarted(new Error(message), '/var/lib/mailroom');
    expect(said("EACCES: permission denied, open '/var/lib/mailroom/index.db'")).toMatch(
      /^\/var\/lib\/mailroom\/index\.db cannot be used \(EACCES\)\. .*chown -R \S+ \/var\/lib\/mailroom$/,
    );
    expect(said("ENOENT: no such file or directory, open '/etc/mailroom/ca.pem'")).toMatch(
      /ca\.pem .*correct the path/,
    );
    expect(said('database or disk is full')).toMatch(
      /\/var\/lib\/mailroom cannot be used: database or disk is full\. /,
    );
    expect(said('Another Mailroom has it.')).toBe('Another Mailroom has it.');
  });

  it('sends mail although the list of alerts is damaged, or the file of the console, which stays closed then', async () => {
    const { folder, configFile } = await writeTestConfig({ console: { listen: '127.0.0.1:0' } });
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const data = join(folder, 'data');
    mkdirSync(data, { mode: 0o700 });
    const garbage = 'This is what a bad disk makes of a database. '.repeat(100);
    writeFileSync(join(data, 'alerts.db'), garbage);
    const server = await startServerProcess({ configFile, ports: [] });
    closers.push(() => server.end('SIGKILL'));
    await until('it has started', () => server.output().includes('"started"'));
    expect(server.output()).toMatch(/alerts-damaged\.db.*The list of alerts was damaged/);
    expect(await server.end('SIGTERM')).toBe(0);
    writeFileSync(join(data, 'console.db'), garbage);
    for (const end of ['-wal', '-shm']) rmSync(join(data, `console.db${end}`), { force: true });
    const second = await startServerProcess({ configFile, ports: [] });
    closers.push(() => second.end('SIGKILL'));
    await until('it has started', () => second.output().includes('"started"'));
    expect(second.output()).toMatch(
      /The console stays closed\. [^"]*console\.db cannot be used: [^"]*move it away and start again/,
    );
    expect(second.output()).not.toMatch(/http console|first-run#/);
    expect((await runCommand(['status', '--config', configFile])).status).toBe(0);
    const verdict = await runCommand(['audit', 'verify', '--config', configFile]);
    expect([verdict.status, verdict.stderr]).toEqual([
      1,
      expect.stringMatching(/console\.db cannot be read: [^\n]+\n$/),
    ]);
  });

  it('does not start a second server on the same data, and the first goes on', async () => {
    const server = await served();
    const second = await runScript('src/cli/main.ts', ['serve', '--config', server.configFile]);
    expect(second.status).toBe(73);
    expect(second.stderr).toContain('is in use by another Mailroom');
    expect(await runCommand(['status', '--config', server.configFile])).toMatchObject({ status: 0 });
  });
});

describe('an administrator who rotates the delivery log', () => {
  it.skipIf(process.platform === 'win32')(
    'finds later mail in the new file after SIGHUP, and it is for his eyes only',
    async () => {
      const server = await served({ observe: { deliveryLog: 'delivery.log' } });
      const log = join(server.folder, 'delivery.log');
      const send = (subject: string) =>
        runCommand([
          'send',
          '--from',
          systemAccount,
          '--to',
          'a@contoso.example',
          '--subject',
          subject,
          '--config',
          server.configFile,
        ]);
      await send('before');
      await until('the line is written', () => readFileSync(log, 'utf8').includes('"subject":"before"'));
      renameSync(log, `${log}.1`);
      server.child.kill('SIGHUP');
      await until('the server has seen the signal', async () => {
        await send('after');
        return readFileSync(log, 'utf8').includes('"subject":"after"');
      });
      expect(statSync(log).mode & 0o777).toBe(0o600);
      expect(readFileSync(log, 'utf8')).not.toContain('"subject":"before"');
    },
  );
});

describe('an administrator of the web console', () => {
  it('gets one link from the first start, stays signed in over a restart, and nobody gets a second link', async () => {
    const port = await freePort();
    const { folder, configFile } = await writeTestConfig({ console: { listen: `127.0.0.1:${port}` } });
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const first = await startServerProcess({ configFile, ports: [port] });
    closers.push(() => first.end('SIGKILL'));
    const link = await until('the link is printed', () => /http:\S+first-run#\S+/.exec(first.output())?.[0]);
    const ada = new ConsoleClient(`http://127.0.0.1:${port}/`);
    expect((await ada.redeem(tokenOf(link), 'ada')).status).toBe(200);
    // Its connection stays open, and the server ends all the same.
    expect(await first.end('SIGTERM')).toBe(0);
    // The link is for the person who starts it: it stands in no line of the log.
    for (const line of first.output().split('\n')) if (line.startsWith('{')) expect(line).not.toContain('first-run#');

    const second = await startServerProcess({ configFile, ports: [port] });
    closers.push(() => second.end('SIGKILL'));
    expect((await ada.ask('GET', 'api/session')).json()).toMatchObject({ user: { name: 'ada' } });
    expect(second.output()).not.toContain('first-run#');
    const verdict = await runCommand(['audit', 'verify', '--json', '--config', configFile]);
    expect(JSON.parse(verdict.stdout)).toMatchObject({ entries: 1 });
    expect(verdict.status).toBe(0);
  });
});
