import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeLocalhostCertificate } from '../../test/harness/certificate.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import type { QueuedMessage } from '../domain/message.ts';
import {
  projectRoot,
  type RunResult,
  runningMailroom,
  runScript,
  systemAccount,
  type TestMailroom,
} from './running-mailroom.sample.ts';

let server: TestMailroom;
beforeAll(async () => {
  server = await runningMailroom();
});
afterAll(() => server[Symbol.asyncDispose]());

const nobody = { MAILROOM_SENDMAIL_CONF: '/nonexistent/sendmail.conf' };

function sendmail(
  args: readonly string[],
  input: string | Buffer,
  env: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  return runScript('bin/sendmail.mjs', args, {
    input,
    env: { ...nobody, MAILROOM_SENDMAIL_URL: `smtp://${server.address('open')}`, ...env },
  });
}

interface Arrived {
  readonly message: QueuedMessage;
  readonly text: string;
  readonly recipients: readonly string[];
}

/** What has come in under a subject, oldest first. */
async function arrived(subject: string): Promise<readonly Arrived[]> {
  const found = await server.mailroom.store.list({ subject, limit: 100 });
  return Promise.all(
    found.toReversed().map(async (message) => ({
      message,
      text: (await (await server.mailroom.store.openBody(message.id)).bytes()).toString('latin1'),
      recipients: message.envelope.recipients.map((recipient) => recipient.address),
    })),
  );
}

const from = `From: ${systemAccount}\n`;
const sender = ['-f', systemAccount];

describe('a program that pipes its mail into sendmail', () => {
  it('hears nothing when the mail was taken, and its bytes are what it wrote', async () => {
    const result = await sendmail(['-i', ...sender, 'ada@contoso.example'], `${from}Subject: plain\n\nOne.\n.\nTwo.\n`);
    expect(result).toEqual({ status: 0, stdout: '', stderr: '' });
    const [mail] = await arrived('plain');
    expect(mail?.recipients).toEqual(['ada@contoso.example']);
    expect(mail?.message.envelope.mailFrom).toBe(systemAccount);
    expect(mail?.text.split('\r\n\r\n').slice(1).join('\r\n\r\n')).toBe('One.\r\n.\r\nTwo.\r\n');
  });

  it('without -i has its message end at a lone dot', async () => {
    await sendmail([...sender, 'ada@contoso.example'], `${from}Subject: dotted\n\nOne.\n.\nnot sent\n`);
    const [mail] = await arrived('dotted');
    expect(mail?.text).toContain('One.');
    expect(mail?.text).not.toContain('not sent');
  });

  it('shows no blind recipient to the others with -t', async () => {
    const header = `${from}To: ada@contoso.example\nCc: "B, C" <bob@contoso.example>\nBcc: eve@contoso.example\n`;
    expect(await sendmail(['-ti', ...sender], `${header}Subject: blind\n\nx\n`)).toMatchObject({ status: 0 });
    const [mail] = await arrived('blind');
    expect(mail?.recipients.toSorted()).toEqual(['ada@contoso.example', 'bob@contoso.example', 'eve@contoso.example']);
    expect(mail?.text).not.toMatch(/bcc|eve/i);
  });

  it('reaches those on the command line as well as those of the header, as with Postfix', async () => {
    await sendmail(
      ['-t', '-i', ...sender, '--', 'zoe@contoso.example'],
      `${from}To: ada@contoso.example\nSubject: both\n\nx\n`,
    );
    const [mail] = await arrived('both');
    expect(mail?.recipients.toSorted()).toEqual(['ada@contoso.example', 'zoe@contoso.example']);
  });

  it('keeps its 8-bit bytes', async () => {
    const body = Buffer.from(`${from}Subject: bytes\n\ncaf\xe9 \x80\xff\n`, 'latin1');
    expect(await sendmail([...sender, 'ada@contoso.example'], body)).toMatchObject({ status: 0 });
    expect((await arrived('bytes'))[0]?.text).toContain('caf\xe9 \x80\xff\r\n');
  });

  it('reaches more recipients than the listener takes at once, each of them once', async () => {
    const all = Array.from({ length: 7 }, (_, index) => `r${index}@contoso.example`);
    expect(await sendmail([...sender, ...all], `${from}Subject: crowd\n\nx\n`)).toMatchObject({
      status: 0,
      stderr: '',
    });
    const mails = await arrived('crowd');
    expect(mails.length).toBe(3);
    expect(mails.flatMap((mail) => mail.recipients).toSorted()).toEqual(all);
  });
});

describe('mail of cron', () => {
  const cronMail = 'From: root (Cron Daemon)\nTo: root\nSubject: Cron job\n\n 10%\r 90%\r100%\n';
  const settings = { MAILROOM_SENDMAIL_DOMAIN: 'host.example' };

  it('goes to root of this machine, though it names no domain at all', async () => {
    const result = await sendmail(['-FCronDaemon', '-i', '-B8BITMIME', '-oem', 'root'], cronMail, {
      ...settings,
      USER: 'nobody',
    });
    expect(result).toMatchObject({ status: 0, stderr: '' });
    const [mail] = await arrived('Cron job');
    expect(mail?.recipients).toEqual(['root@host.example']);
    expect(mail?.message.envelope.mailFrom).toMatch(/@host\.example$/);
    expect(mail?.text).toMatch(/^From: "Cron Daemon" <[^>]+@host\.example>\r$/m);
    expect(mail?.text).toContain(' 10%\r\n 90%\r\n100%\r\n');
  });

  it('goes to the administrator when the settings name one', async () => {
    const more = { ...settings, MAILROOM_SENDMAIL_LOCAL: 'ops@contoso.example', MAILROOM_SENDMAIL_FROM: systemAccount };
    await sendmail(['-i', '-t'], cronMail.replace('Cron job', 'For the administrator'), more);
    const [mail] = await arrived('For the administrator');
    expect(mail?.recipients).toEqual(['ops@contoso.example']);
    expect(mail?.text).toContain(`From: "Cron Daemon" <${systemAccount}>`);
  });

  it.skipIf(!existsSync(join(projectRoot, '.runtime', 'node_modules')))(
    'is sent by a script without Node.js on its PATH',
    async () => {
      const { promise, resolve } = Promise.withResolvers<number | string | null | undefined>();
      const child = execFile(
        join(projectRoot, 'bin', 'sendmail'),
        ['-i', ...sender, 'ada@contoso.example'],
        { env: { ...nobody, PATH: '/usr/bin:/bin', MAILROOM_SENDMAIL_URL: `smtp://${server.address('open')}` } },
        (error) => resolve(error?.code ?? 0),
      );
      child.stdin?.end(`${from}Subject: bare path\n\nx\n`);
      expect(await promise).toBe(0);
      expect((await arrived('bare path')).length).toBe(1);
    },
  );
});

describe('a caller that decides by the exit code', () => {
  const mail = `${from}Subject: judged\n\nx\n`;

  it('keeps its mail (75) when nobody listens', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await new Promise<void>((done) => free.once('listening', done));
    const bound = free.address();
    const port = typeof bound === 'object' && bound ? bound.port : 0;
    await new Promise<void>((done) => free.close(() => done()));
    const result = await sendmail([...sender, 'ada@contoso.example'], mail, {
      MAILROOM_SENDMAIL_URL: `smtp://127.0.0.1:${port}`,
    });
    expect(result.status).toBe(75);
    expect(result.stderr).toMatch(/^sendmail: .*ECONNREFUSED/);
  });

  it('keeps its mail (75) when the settings are wrong, and no password is shown', async () => {
    const result = await sendmail(['ada@contoso.example'], mail, { MAILROOM_SENDMAIL_URL: 'user:hunter2@nowhere' });
    expect(result.status).toBe(75);
    expect(result.stderr).toContain('URL is not of the form');
    expect(result.stderr).not.toContain('hunter2');
  });

  it.each([
    ['64 for an unknown option', ['--nonsense'], mail, 64],
    ['64 without recipients', sender, mail, 64],
    ['65 for a recipient in the header that nobody can read', ['-t', ...sender], `To: ada <ada@\n${mail}`, 65],
    [
      '67 when one of two recipients is refused',
      [...sender, 'ada@contoso.example', 'no such@contoso.example'],
      mail,
      67,
    ],
    ['67 for a recipient that is refused', [...sender, 'no such@contoso.example'], mail, 67],
    ['77 for a sender that may not send', ['-f', 'ceo@contoso.example', 'ada@contoso.example'], mail, 77],
  ])('gets %s', async (_name, args, input, status) => {
    const result = await sendmail(args, input);
    expect(result.status, result.stderr).toBe(status);
    expect(result.stderr).toMatch(/^sendmail: .+\n$/);
  });

  it('gets 77 for a wrong password, and 0 for the right one from a file', async () => {
    const wrong = { MAILROOM_SENDMAIL_URL: `smtp://${server.address('locked')}`, MAILROOM_SENDMAIL_USER: 'local' };
    expect(
      (await sendmail([...sender, 'ada@contoso.example'], mail, { ...wrong, MAILROOM_SENDMAIL_PASSWORD: 'no' })).status,
    ).toBe(77);
    const passwordFile = join(server.folder, 'password');
    const settingsFile = join(server.folder, 'sendmail.conf');
    await writeFile(passwordFile, 'a password for tests\n', { mode: 0o600 });
    await writeFile(
      settingsFile,
      `# for all programs\nURL=smtp://${server.address('locked')}\nUSER = local\nPASSWORD_FILE=${passwordFile}\n`,
    );
    const env = { MAILROOM_SENDMAIL_CONF: settingsFile };
    const result = await runScript('bin/sendmail.mjs', [...sender, 'ada@contoso.example'], { input: mail, env });
    expect(result).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('keeps its mail (75) when a setting is misspelt, and does not repeat the line', async () => {
    const settingsFile = join(server.folder, 'misspelt.conf');
    await writeFile(
      settingsFile,
      `URL=smtp://${server.address('open')}\n\n  # the password\nPASSWROD=not-for-the-log\n`,
    );
    const result = await sendmail(['ada@contoso.example'], mail, { MAILROOM_SENDMAIL_CONF: settingsFile });
    expect([result.status, result.stderr]).toEqual([
      75,
      expect.stringMatching(/misspelt\.conf:4 is no setting\. .*URL, USER/),
    ]);
    expect(result.stderr).not.toContain('not-for-the-log');
  });

  it('keeps its mail (75) when the settings cannot be read', async () => {
    // A folder, since root may read every file.
    const result = await sendmail(['ada@contoso.example'], mail, { MAILROOM_SENDMAIL_CONF: server.folder });
    expect(result.status).toBe(75);
    expect(result.stderr).toContain(`${server.folder} cannot be read`);
  });
});

describe('a password in the settings', () => {
  it('is given only to a listener that proves who it is, where it offers TLS', async () => {
    await using certificates = await temporaryFolder();
    const { certificateFile, keyFile, caFile } = await writeLocalhostCertificate(certificates.path);
    const tls = { mode: 'offered', certificate: certificateFile, key: keyFile };
    await using own = await runningMailroom({ smtp: [{ name: 'tls', listen: '127.0.0.1:0', auth: 'optional', tls }] });
    const mail = `${from}Subject: over TLS\n\nx\n`;
    const hand = (env: Readonly<Record<string, string>>) =>
      sendmail([...sender, 'ada@contoso.example'], mail, {
        MAILROOM_SENDMAIL_URL: `smtp://${own.address('tls')}`,
        ...env,
      });
    const login = { MAILROOM_SENDMAIL_USER: 'local', MAILROOM_SENDMAIL_PASSWORD: 'a password for tests' };
    const unproven = await hand(login);
    expect(unproven.status).toBe(75);
    expect(unproven.stderr).toMatch(/certificate/);
    expect(await hand({ ...login, MAILROOM_SENDMAIL_CA_FILE: caFile })).toMatchObject({ status: 0, stderr: '' });
    // Without a password there is nothing to give away, and most certificates name another host than 127.0.0.1.
    expect(await hand({})).toMatchObject({ status: 0, stderr: '' });
    const found = await own.mailroom.store.list({ subject: 'over TLS', limit: 9 });
    expect(found.map((message) => message.origin.tls)).toEqual([true, true]);
  });
});

describe('a program that speaks SMTP to sendmail -bs', () => {
  it('gets a reply to each command and its mail in', async () => {
    const dialogue = [
      `EHLO ${hostname().replace(/[^a-z0-9.-]/gi, '') || 'localhost'}`,
      `MAIL FROM:<${systemAccount}>`,
      'RCPT TO:<ada@contoso.example>',
      'DATA',
      `From: ${systemAccount}\r\nSubject: piped\r\n\r\nx\r\n.`,
      'QUIT',
      '',
    ];
    const result = await sendmail(['-bs'], dialogue.join('\r\n'));
    expect(result.status, result.stderr).toBe(0);
    expect(result.stdout).toMatch(/^220 [\s\S]*\r\n221 /);
    expect((await arrived('piped')).length).toBe(1);
  });
});
