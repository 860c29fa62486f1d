/** Hands a message to an SMTP listener for sendmail(1), and says with which exit code a failure ends. */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { ExitName } from './exit-codes.ts';
import type { SendmailArguments } from './sendmail-arguments.ts';
import type { SendmailSettings } from './sendmail-settings.ts';

export type SmtpTarget = Pick<SendmailSettings, 'url' | 'user' | 'password' | 'caPem' | 'tlsName'>;

export interface SmtpHandover extends SmtpTarget {
  readonly from: string;
  readonly recipients: readonly string[];
  readonly message: Buffer;
  readonly dsn?: SendmailArguments['dsn'];
}

/** Recipients that the listener refused for good, while it took the message for all others. */
export class RecipientsRefusedError extends Error {
  readonly command = 'RCPT TO';
  readonly responseCode = 550;
}

/**
 * Resolves when the listener has said 250 for every recipient. A listener that takes only so many recipients at once gets
 * the rest in another transaction (RFC 5321 §4.5.3.1.10).
 * @throws the connection's error, with `responseCode` where there was a reply.
 */
export async function deliverBySmtp(handover: SmtpHandover): Promise<void> {
  const { url, user, password } = handover;
  const connection = new SMTPConnection({
    host: hostOf(url),
    port: portOf(url),
    secure: url.protocol === 'smtps:',
    // A password never crosses the network in the clear; on this machine it does not cross one.
    requireTLS: user !== undefined && !isLoopback(url),
    tls: tlsOptions(handover),
  });
  const broken = Promise.withResolvers<never>();
  connection.on('error', broken.reject);
  connection.on('end', () => broken.reject(new Error('the connection ended before the message was accepted')));
  const step = <T>(start: (done: (error: Error | null | undefined, value?: T) => void) => void) => {
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
    start((error, value) => (error ? reject(error) : resolve(value)));
    return Promise.race([promise, broken.promise]);
  };
  try {
    await step((done) => connection.connect(done));
    if (user !== undefined) await step((done) => connection.login({ user, pass: password ?? '' }, done));
    await sendToAll(handover, (recipients) =>
      step((done) => connection.send(envelopeOf(handover, recipients), handover.message, done)),
    );
  } finally {
    connection.removeAllListeners('end');
    connection.quit();
  }
}

type SendOnce = (
  recipients: readonly string[],
) => Promise<{ rejectedErrors?: readonly object[] | undefined } | undefined>;

async function sendToAll({ recipients }: SmtpHandover, send: SendOnce): Promise<void> {
  const refused: string[] = [];
  for (let rest = [...recipients]; rest.length > 0; ) {
    const later: string[] = [];
    for (const error of (await send(rest))?.rejectedErrors ?? []) {
      const recipient = 'recipient' in error ? String(error.recipient) : '';
      const reply = 'responseCode' in error ? Number(error.responseCode) : 0;
      if (reply >= 500) refused.push(`${recipient} (${'response' in error ? error.response : reply})`);
      else later.push(recipient);
    }
    rest = later;
  }
  if (refused.length > 0)
    throw new RecipientsRefusedError(`refused, while the message went to all other recipients: ${refused.join(', ')}`);
}

function envelopeOf({ from, message, dsn }: SmtpHandover, recipients: readonly string[]) {
  const { notify, ret, envid } = dsn ?? {};
  const wanted = {
    ...(notify === undefined ? {} : { notify }),
    ...(ret === undefined ? {} : { ret }),
    ...(envid === undefined ? {} : { envid }),
  };
  return {
    from,
    to: [...recipients],
    size: message.length,
    use8BitMime: true,
    ...(Object.keys(wanted).length > 0 ? { dsn: wanted } : {}),
  };
}

/** After QUIT, ms for the replies that are still to come: the disk may be slow. */
const lastReplyMs = 120_000;

/** -bs: SMTP on stdin and stdout, passed through. Whoever speaks it logs in himself. */
export function passThrough(
  target: SmtpTarget,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<void> {
  const { url } = target;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let greeted = false;
  const socket: Socket =
    url.protocol === 'smtps:'
      ? connectTls({ host: hostOf(url), port: portOf(url), ...tlsOptions(target) })
      : connectTcp(portOf(url), hostOf(url));
  socket.once('data', () => {
    greeted = true;
  });
  socket.on('error', (error) => {
    if (!greeted) output.write('421 4.3.2 Mailroom does not answer; try again later\r\n');
    reject(error);
  });
  socket.on('close', () => resolve());
  let tail = '';
  input.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString('latin1')).slice(-16);
  });
  // Closing our half at once would cut off replies that are still to come; after QUIT the listener closes.
  input.on('end', () => {
    if (/(?:^|\n)quit\s*$/i.test(tail)) socket.setTimeout(lastReplyMs, () => socket.destroy());
    else socket.end();
  });
  input.pipe(socket, { end: false });
  socket.pipe(output, { end: false });
  return promise;
}

/**
 * On this machine, without a password, the certificate is not held against anything: there is nothing to overhear, and a
 * listener's certificate is made out to another name than 127.0.0.1. With a password it is, since anybody may listen on a
 * port above 1023 while Mailroom is down.
 */
function tlsOptions({ url, user, caPem, tlsName }: SmtpTarget) {
  return {
    ...(caPem ? { ca: caPem } : {}),
    servername: tlsName ?? (isLoopback(url) ? 'localhost' : hostOf(url)),
    rejectUnauthorized: !isLoopback(url) || user !== undefined || caPem !== undefined,
  };
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'smtps:' ? 465 : 25));
}

function isLoopback(url: URL): boolean {
  const host = hostOf(url);
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** The exit code for a failure: temporary unless a reply says otherwise, so that no caller throws its message away. */
export function exitFor(error: unknown): { readonly name: ExitName; readonly sentence: string } {
  const facts = { responseCode: 0, command: '', code: '', ...(error instanceof Error ? error : {}) };
  const sentence = error instanceof Error ? error.message : String(error);
  const local = facts.responseCode === 0 ? localFailure(facts.code) : undefined;
  return { name: local ?? exitName(facts.responseCode, facts.command), sentence };
}

/** Found out before the listener was asked: an address that cannot be written down, a size beyond what was announced. */
function localFailure(code: string): ExitName | undefined {
  if (code === 'EENVELOPE') return 'data';
  return code === 'EMESSAGE' ? 'unavailable' : undefined;
}

function exitName(reply: number, command: string): ExitName {
  if (reply < 500) return 'tempFail';
  // Too large, whichever command says so.
  if (reply === 552) return 'unavailable';
  if (command.startsWith('RCPT')) return 'noUser';
  if (reply === 501) return 'data';
  if (reply === 530 || reply === 535 || reply === 538 || command.startsWith('MAIL')) return 'noPermission';
  return 'unavailable';
}
