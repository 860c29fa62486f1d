import { chownSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MessageTrail } from '../domain/message.ts';
import {
  runCommand,
  runningMailroom,
  runScript,
  systemAccount,
  type TestMailroom,
  writeTestConfig,
} from './running-mailroom.sample.ts';

let server: TestMailroom;
beforeAll(async () => {
  server = await runningMailroom();
});
afterAll(() => server[Symbol.asyncDispose]());

const command = (...words: string[]) => runCommand([...words, '--config', server.configFile]);

/** Hands in a message by `mailroom send`; the server holds it. Returns its id. */
async function held(subject: string, text = 'Hello.'): Promise<string> {
  const file = join(server.folder, 'message.eml');
  await writeFile(file, `From: ${systemAccount}\r\nTo: ada@contoso.example\r\nSubject: ${subject}\r\n\r\n${text}\r\n`);
  const result = await command('send', file, '--json');
  const trail: MessageTrail = JSON.parse(result.stdout);
  expect(trail.message.state, result.stderr).toBe('held');
  return trail.message.id;
}

describe('an operator at the queue of a running server', () => {
  it('finds a message by what is known of it, and sees its whole story', async () => {
    const id = await held('The lost invoice');
    const listed = await command(
      'queue',
      'list',
      '--subject',
      'lost INVOICE',
      '--address',
      'ada@CONTOSO.example',
      '--since',
      '1 h',
    );
    expect(listed).toMatchObject({ status: 0, stderr: '' });
    expect(listed.stdout).toMatch(new RegExp(`${id} +held .*ada@contoso\\.example.*The lost invoice`));
    const shown = await command('queue', 'show', id);
    for (const words of ['The lost invoice', 'ada@contoso.example', 'accepted', 'route nothing-leaves'])
      expect(shown.stdout).toContain(words);
    const { message } = JSON.parse((await command('queue', 'show', id, '--json')).stdout);
    expect(message).toMatchObject({ id, client: 'local' });
    expect((await command('queue', 'show', id, '--raw')).stdout).toMatch(/\r\n\r\nHello\.\r\n$/);
  });

  it('is told that there is no such message (1), or no such state (64)', async () => {
    expect(await command('queue', 'show', 'nothing')).toMatchObject({ status: 1, stdout: '' });
    const wrong = await command('queue', 'list', '--state', 'lost');
    expect(wrong.status).toBe(64);
    expect(wrong.stderr).toContain('uncertain');
    expect((await command('queue', 'list', '--since', 'yesterday-ish')).status).toBe(64);
    expect((await command('queue', 'list', '--limit', 'all')).status).toBe(64);
  });

  it('cancels the message that was meant, and hears what could not be', async () => {
    const [meant, other] = [await held('cancel me'), await held('leave me')];
    expect((await command('queue', 'cancel', meant)).stdout).toBe('cancel: 1 of 1 messages.\n');
    const again = await command('queue', 'cancel', meant, 'nothing');
    expect(again.status).toBe(1);
    expect(again.stderr).toMatch(/it is cancelled[\s\S]*there is no such message/);
    const trail: MessageTrail = JSON.parse((await command('queue', 'show', meant, '--json')).stdout);
    expect(trail.events.map((event) => event.kind)).toEqual(['cancelled']);
    expect(JSON.parse((await command('queue', 'show', other, '--json')).stdout).message.state).toBe('held');
  });

  it('changes many messages only after seeing how many', async () => {
    for (let index = 0; index < 3; index += 1) await held('a whole batch');
    const bulk = ['queue', 'cancel', '--all', '--subject', 'a whole batch'];
    expect((await command(...bulk)).stdout).toBe('3 messages match. Add --yes to cancel them.\n');
    expect(JSON.parse((await command(...bulk, '--json')).stdout)).toEqual({
      action: 'cancel',
      matching: 3,
      done: false,
    });
    expect((await command(...bulk, '--limit', '2', '--yes')).stdout).toBe('cancel: 2 of 2 messages.\n');
    const left = JSON.parse(
      (await command('queue', 'list', '--subject', 'a whole batch', '--state', 'held', '--json')).stdout,
    );
    expect(left.length).toBe(1);
    expect((await command('queue', 'cancel')).status).toBe(64);
    expect((await command('queue', 'cancel', left[0].id, '--client', 'local')).status).toBe(64);
  });

  it('takes messages along, with every byte', async () => {
    const id = await held('take me along', 'caf\u00e9');
    const { stdout } = await command('queue', 'export', '--subject', 'take me along', '--bodies');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.message.id)).toEqual([id]);
    expect(Buffer.from(lines[0].mime, 'base64').toString()).toMatch(/\r\n\r\ncaf\u00e9\r\n$/);
  });

  it('pauses a way out, sees it in the status (1), and resumes it', async () => {
    expect((await command('connector', 'pause', 'default')).status).toBe(0);
    const paused = await command('status');
    expect(paused.status).toBe(1);
    expect(paused.stdout).toMatch(/^Paused: default\./);
    expect((await command('connector', 'resume', 'default')).status).toBe(0);
    const status = await command('status', '--json');
    expect(status.status).toBe(0);
    const { books, connectors, listeners } = JSON.parse(status.stdout);
    expect(connectors).toEqual([{ connector: 'default', state: 'running' }]);
    expect(listeners.length).toBe(3);
    expect(books.accepted).toBe(books.held + books.cancelled);
    expect((await command('connector', 'pause', 'nowhere')).status).toBe(1);
  });
});

describe('somebody who tries an application’s way in', () => {
  const to = ['--from', systemAccount, '--to', 'ada@contoso.example'];

  it('has the message taken by SMTP with the login of the application', async () => {
    const passwordFile = join(server.folder, 'printer.password');
    await writeFile(passwordFile, 'a password for tests\n', { mode: 0o600 });
    const login = ['--user', 'local', '--password-file', passwordFile];
    const smtp = ['send', '--smtp', `smtp://${server.address('locked')}`, '--subject', 'by SMTP', ...to];
    expect(await runCommand([...smtp, ...login])).toMatchObject({ status: 0, stdout: 'Accepted.\n' });
    expect((await server.mailroom.store.list({ subject: 'by SMTP', limit: 9 })).length).toBe(1);
    expect((await runCommand(smtp)).status).toBe(77);
  });

  it('has the message taken by HTTP, and sees what became of it', async () => {
    const keyFile = join(server.folder, 'portal.key');
    await writeFile(keyFile, 'a-key-for-tests-with-some-length\n', { mode: 0o600 });
    const http = ['send', '--http', `http://${server.address('api')}`, '--subject', 'by HTTP', ...to];
    const result = await runCommand([...http, '--api-key-file', keyFile, '--json']);
    expect(JSON.parse(result.stdout)).toMatchObject({ state: 'held', subject: 'by HTTP' });
    expect(result.status).toBe(1);
    await writeFile(keyFile, 'a-key-that-nobody-has-given-out');
    const refused = await runCommand([...http, '--api-key-file', keyFile]);
    expect(refused.status).toBe(77);
    expect(refused.stderr).toContain('auth-failed');
  });

  it('is told which rule a sender broke, by the operator’s own way', async () => {
    const result = await command('send', '--from', 'ceo@contoso.example', '--to', 'ada@contoso.example');
    expect(result.status).toBe(69);
    expect(result.stderr).toContain('not-allowed');
  });
});

describe('an operator while no server runs', () => {
  it('reads and changes the same queue, and the next server knows', async () => {
    await using stopped = await runningMailroom();
    const send = [
      'send',
      '--to',
      'ada@contoso.example',
      '--subject',
      'overnight',
      '--config',
      stopped.configFile,
      '--json',
    ];
    const { message } = JSON.parse((await runCommand(send)).stdout);
    await stopped.mailroom.stop();
    const offline = (...words: string[]) => runScript('src/cli/main.ts', [...words, '--config', stopped.configFile]);
    expect((await offline('status')).stdout).toMatch(/^Not running/);
    expect((await offline('queue', 'cancel', message.id)).stdout).toBe('cancel: 1 of 1 messages.\n');
    expect((await offline('connector', 'pause', 'nowhere')).status).toBe(1);
    expect(JSON.parse((await offline('queue', 'show', message.id, '--json')).stdout).message.state).toBe('cancelled');
    expect((await offline(...send.slice(0, 5))).status).toBe(75);
  });

  it('is not given a new, empty queue where none was', async () => {
    const { folder, configFile } = await writeTestConfig();
    const result = await runCommand(['status', '--config', configFile]);
    expect(result.status).toBe(69);
    expect(readdirSync(folder)).toEqual(['mailroom.yaml']);
    await rm(folder, { recursive: true, force: true });
  });

  it.skipIf(process.getuid?.() !== 0)('as root leaves no file behind that the server could not open', async () => {
    await using stopped = await runningMailroom();
    await stopped.mailroom.stop();
    const dataDir = join(stopped.folder, 'data');
    const serverUser = 65_534;
    for (const each of [dataDir, ...readdirSync(dataDir).map((name) => join(dataDir, name))])
      chownSync(each, serverUser, serverUser);
    chownSync(stopped.folder, serverUser, serverUser);
    const result = await runScript('src/cli/main.ts', ['status', '--config', stopped.configFile]);
    expect(result.stdout, result.stderr).toMatch(/^Not running/);
    const owners = readdirSync(dataDir).map((name) => statSync(join(dataDir, name)).uid);
    expect(new Set(owners)).toEqual(new Set([serverUser]));
    expect(readFileSync(join(dataDir, 'lock.pid'), 'utf8')).toMatch(/^\d+\n$/);
  });
});
