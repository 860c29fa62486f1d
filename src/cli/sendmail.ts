/**
 * sendmail(1): takes a message on stdin and hands it to the local SMTP listener. Quiet on success; exit codes of
 * sysexits.h, so that a caller knows whether to keep the message.
 *
 * As with Postfix, addresses on the command line and those that -t takes from the header both get the message.
 */
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { hostname, userInfo } from 'node:os';
import { buffer } from 'node:stream/consumers';
import { headerWithoutBcc } from '../mime/envelope-header.ts';
import { parseRootHeader } from '../mime/root-header.ts';
import { exitCodes } from './exit-codes.ts';
import { addressesIn } from './header-recipients.ts';
import { parseSendmailArguments, type SendmailArguments, sendmailHelp } from './sendmail-arguments.ts';
import { deliverBySmtp, exitFor } from './sendmail-smtp.ts';

const settingsFile = '/etc/mailroom/sendmail.conf';

/** Where to hand in, from the environment, else from the settings file (`URL=`, `USER=`, `PASSWORD_FILE=`, `CA_FILE=` …). */
function readSettings(env: NodeJS.ProcessEnv): (name: string) => string | undefined {
  const fromFile = new Map<string, string>();
  if (existsSync(settingsFile))
    for (const line of readFileSync(settingsFile, 'utf8').split('\n')) {
      const [, name, value] = /^\s*([A-Z_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
      if (name && value !== undefined) fromFile.set(name, value);
    }
  const plain = (name: string) => env[`MAILROOM_SENDMAIL_${name}`] || fromFile.get(name);
  return (name) => {
    const file = plain(`${name}_FILE`);
    return plain(name) ?? (file ? readFileSync(file, 'utf8').trim() : undefined);
  };
}

async function main(): Promise<number> {
  const parsed = parseSendmailArguments(process.argv.slice(2));
  if (parsed.kind === 'help') {
    process.stdout.write(sendmailHelp);
    return exitCodes.ok[0];
  }
  if (parsed.kind === 'wrong') return complain('usage', parsed.sentence);
  const setting = readSettings(process.env);
  const url = new URL(setting('URL') ?? 'smtp://127.0.0.1:2525');
  if (parsed.arguments.mode === 'smtp') return passThrough(url);
  const message = readMessage(await buffer(process.stdin), parsed.arguments);
  const recipients = [
    ...new Set([...parsed.arguments.recipients, ...(parsed.arguments.fromHeader ? addressesIn(message) : [])]),
  ];
  if (recipients.length === 0)
    return complain('usage', 'no recipients; name them, or use -t to take them from the header');
  const { name, code, sentence } = await deliverBySmtp({
    url,
    user: setting('USER'),
    password: setting('PASSWORD'),
    caPem: setting('CA_PEM') ?? setting('CA'),
    from: parsed.arguments.from ?? `${userInfo().username}@${hostname()}`,
    recipients,
    message: parsed.arguments.fromHeader ? withoutBcc(message) : message,
    dsn: parsed.arguments.dsn,
  }).then(
    () => ({ name: 'ok' as const, code: 0, sentence: '' }),
    (error: unknown) => exitFor(error),
  );
  return name === 'ok' ? code : complain(name, sentence);
}

function complain(name: keyof typeof exitCodes, sentence: string): number {
  process.stderr.write(`sendmail: ${sentence}\n`);
  return exitCodes[name][0];
}

/** What came on stdin as a message: up to a lone dot unless -i says otherwise, line ends CR LF, with a From. */
function readMessage(input: Buffer, wishes: SendmailArguments): Buffer {
  // One character a byte: what is not a line end stays as it is.
  let text = input.toString('latin1').replace(/\r\n|\r|\n/g, '\r\n');
  if (!wishes.ignoreDots) {
    const end = text.startsWith('.\r\n') ? 0 : text.indexOf('\r\n.\r\n');
    if (end !== -1) text = text.slice(0, end === 0 ? 0 : end + 2);
  }
  const message = Buffer.from(text, 'latin1');
  const header = parseRootHeader(message);
  if (header.fields.some((field) => field.name === 'from')) return message;
  const address = wishes.from ?? `${userInfo().username}@${hostname()}`;
  const from = wishes.fullName ? `"${wishes.fullName.replace(/["\\\r\n]/g, '')}" <${address}>` : address;
  // Text without any header is all body, and stays so.
  const gap = header.fields.length === 0 && header.bodyStart === 0 ? '\r\n' : '';
  return Buffer.concat([Buffer.from(`From: ${from}\r\n${gap}`), message]);
}

function withoutBcc(message: Buffer): Buffer {
  const header = parseRootHeader(message);
  return header.fields.length === 0
    ? message
    : Buffer.concat([headerWithoutBcc(header), message.subarray(header.bodyStart)]);
}

/** -bs: SMTP on stdin and stdout, passed through to the listener. */
function passThrough(url: URL): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const socket = connect(Number(url.port || 25), url.hostname);
  socket.on('error', (error) => {
    process.stdout.write('421 4.3.0 Service not available\r\n');
    resolve(complain('tempFail', error.message));
  });
  socket.on('close', () => resolve(0));
  process.stdin.pipe(socket);
  socket.pipe(process.stdout);
  return promise;
}

process.exitCode = await main().catch((error: unknown) =>
  complain('software', error instanceof Error ? error.message : String(error)),
);
if (!process.stdin.destroyed) process.stdin.destroy();
