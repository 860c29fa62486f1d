/** Hands a message to an SMTP listener for sendmail(1), and says with which exit code a failure ends. */
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { ExitName } from './exit-codes.ts';
import { exitCodes } from './exit-codes.ts';

export interface SmtpHandover {
  readonly url: URL;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly caPem: string | undefined;
  readonly from: string;
  readonly recipients: readonly string[];
  readonly message: Buffer;
  readonly dsn: { readonly notify?: string; readonly ret?: 'FULL' | 'HDRS'; readonly envid?: string };
}

/** Resolves when the listener has said 250. @throws the connection's error, with `responseCode` where there was a reply. */
export async function deliverBySmtp(handover: SmtpHandover): Promise<void> {
  const { url, user, password, caPem } = handover;
  const connection = new SMTPConnection({
    host: url.hostname,
    port: Number(url.port || 25),
    secure: url.protocol === 'smtps:',
    // A password never crosses the network in the clear; on this machine it does not cross one.
    requireTLS: user !== undefined && !isLoopback(url.hostname),
    tls: { ...(caPem ? { ca: caPem } : {}), servername: isLoopback(url.hostname) ? 'localhost' : url.hostname },
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  connection.on('error', reject);
  connection.on('end', () => reject(new Error('the connection ended')));
  const { notify, ret, envid } = handover.dsn;
  const dsn =
    notify === undefined ? {} : { dsn: { notify, ...(ret ? { return: ret } : {}), ...(envid ? { id: envid } : {}) } };
  const send = () =>
    connection.send({ from: handover.from, to: [...handover.recipients], ...dsn }, handover.message, (error, info) => {
      if (error) return reject(error);
      // One refused recipient is a failure of all: the caller has one exit code, and must hear of it.
      if (info.rejected.length > 0)
        return reject(
          Object.assign(new Error(`refused: ${info.rejected.join(', ')}`), { responseCode: 550, command: 'RCPT TO' }),
        );
      resolve();
    });
  connection.connect(() => {
    if (user === undefined) return send();
    connection.login({ user, pass: password ?? '' }, (error) => (error ? reject(error) : send()));
  });
  try {
    await promise;
  } finally {
    connection.removeAllListeners('end');
    connection.quit();
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}

/** The exit code for a failure: temporary unless a reply says otherwise, so that no caller throws its message away. */
export function exitFor(error: unknown): { name: ExitName; code: number; sentence: string } {
  const reply =
    error instanceof Error && 'responseCode' in error && typeof error.responseCode === 'number'
      ? error.responseCode
      : 0;
  const command = error instanceof Error && 'command' in error ? String(error.command) : '';
  const name = exitName(reply, command);
  return { name, code: exitCodes[name][0], sentence: error instanceof Error ? error.message : 'unknown error' };
}

function exitName(reply: number, command: string): ExitName {
  if (reply < 500) return 'tempFail';
  if (reply === 530 || reply === 535 || reply === 538 || command.startsWith('MAIL')) return 'noPermission';
  if (command.startsWith('RCPT')) return 'noUser';
  return 'unavailable';
}
