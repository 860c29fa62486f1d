/**
 * One SMTP session. States: greeting → commands in the clear (only EHLO, STARTTLS, NOOP, RSET, QUIT) → TLS → commands
 * again → AUTH → MAIL, RCPT, DATA → the message → commands. Lines are taken one at a time and answered before the next, so
 * that pipelined commands keep their order; what came before STARTTLS was answered is thrown away (RFC 3207 §4.2).
 */
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { readHeader } from '../../graph/mail/mime-message.ts';
import { submitMessage } from '../../mailboxes/transport.ts';
import type { Service } from '../../service.ts';
import { logIn, maySubmitAs, type Submitter } from './xoauth2.ts';

export interface SessionParts {
  readonly service: Service;
  readonly socket: Socket;
  readonly secureContext: SecureContext;
  readonly fault: (stage: 'connect' | 'auth' | 'data') => string | undefined;
  /** Sessions that are logged in, by mailbox. */
  readonly connections: Map<string, number>;
}

const host = 'PRACTICE.outlook.office365.com';
/** Bytes of a command line; XOAUTH2 with its token is the longest. */
const lineLimit = 16 * 1024;
const messageLimit = 150 * 1024 * 1024;
const errorLimit = 20;
const endOfData = '\r\n.\r\n';

export class SubmissionSession {
  readonly #parts: SessionParts;
  #socket: Socket;
  #buffer = Buffer.alloc(0);
  #busy = false;
  #ended = false;
  #isSecure = false;
  #greeted = false;
  #errors = 0;
  /** Set while the answer to `334` is awaited. */
  #awaitsToken = false;
  #submitter: Submitter | undefined;
  #from: string | undefined;
  #recipients: string[] = [];
  #inData = false;
  #pieces: Buffer[] = [];
  #piecesSize = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#socket = parts.socket;
  }

  begin(): void {
    this.#listen(this.#socket);
    this.#reply(this.#fault('connect') ?? `220 ${host} Microsoft ESMTP MAIL Service ready`);
  }

  #listen(socket: Socket): void {
    socket.on('data', (bytes: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, bytes]);
      this.#turn().catch(() => socket.destroy());
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#logOut());
  }

  async #turn(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let more = true; more && !this.#ended; )
        more = this.#inData ? await this.#takeData() : await this.#takeLine();
    } finally {
      this.#busy = false;
    }
  }

  async #takeLine(): Promise<boolean> {
    const end = this.#buffer.indexOf('\r\n');
    if (end === -1) {
      if (this.#buffer.length > lineLimit) this.#end('500 5.5.1 Command too long');
      return false;
    }
    const line = this.#buffer.toString('latin1', 0, end);
    this.#buffer = this.#buffer.subarray(end + 2);
    if (this.#awaitsToken) await this.#authenticate(line);
    else await this.#command(line);
    return true;
  }

  async #command(line: string): Promise<void> {
    const [verb = '', ...words] = line.split(' ');
    const rest = words.join(' ');
    switch (verb.toUpperCase()) {
      case 'EHLO':
      case 'HELO':
        return this.#greet(verb.toUpperCase() === 'EHLO');
      case 'STARTTLS':
        return this.#startTls();
      case 'AUTH':
        return this.#auth(rest);
      case 'MAIL':
        return this.#mail(rest);
      case 'RCPT':
        return this.#recipient(rest);
      case 'DATA':
        return this.#data();
      case 'RSET':
        this.#reset();
        return this.#reply('250 2.0.0 Resetting');
      case 'NOOP':
        return this.#reply('250 2.0.0 OK');
      case 'QUIT':
        return this.#end('221 2.0.0 Service closing transmission channel');
      default:
        return this.#wrong('500 5.3.3 Unrecognized command');
    }
  }

  #greet(isExtended: boolean): void {
    this.#greeted = true;
    this.#reset();
    if (!isExtended) return this.#reply(`250 ${host} Hello`);
    const extensions = this.#isSecure
      ? ['SIZE 157286400', 'PIPELINING', 'DSN', 'ENHANCEDSTATUSCODES', 'AUTH LOGIN XOAUTH2', '8BITMIME', 'SMTPUTF8']
      : ['SIZE 157286400', 'PIPELINING', 'DSN', 'ENHANCEDSTATUSCODES', 'STARTTLS', '8BITMIME', 'SMTPUTF8'];
    const lines = [`${host} Hello`, ...extensions];
    this.#reply(lines.map((line, index) => `250${index < lines.length - 1 ? '-' : ' '}${line}`).join('\r\n'));
  }

  #startTls(): void {
    if (this.#isSecure) return this.#wrong('503 5.5.1 TLS is active already');
    this.#reply('220 2.0.0 SMTP server ready');
    const plain = this.#socket;
    plain.removeAllListeners('data');
    // Whatever was sent along in the clear is no part of the session (command injection).
    this.#buffer = Buffer.alloc(0);
    const secure = new TLSSocket(plain, { isServer: true, secureContext: this.#parts.secureContext });
    this.#socket = secure;
    this.#isSecure = true;
    this.#greeted = false;
    this.#listen(secure);
  }

  async #auth(rest: string): Promise<void> {
    if (!this.#greeted) return this.#wrong('503 5.5.2 Send hello first');
    if (!this.#isSecure) return this.#wrong('530 5.7.0 Must issue a STARTTLS command first');
    if (this.#submitter) return this.#wrong('503 5.5.1 Already authenticated');
    const [mechanism = '', initial] = rest.split(' ');
    if (mechanism.toUpperCase() === 'LOGIN' || mechanism.toUpperCase() === 'PLAIN')
      return this.#wrong('550 5.7.30 Basic authentication is not supported for Client Submission.');
    if (mechanism.toUpperCase() !== 'XOAUTH2') return this.#wrong('504 5.7.4 Unrecognized authentication type');
    if (initial) return this.#authenticate(initial);
    this.#awaitsToken = true;
    this.#reply('334 ');
  }

  async #authenticate(text: string): Promise<void> {
    this.#awaitsToken = false;
    const fault = this.#fault('auth');
    if (fault) return this.#wrong(fault);
    if (this.#ended) return;
    if (text === '*') return this.#wrong('501 5.7.0 Authentication cancelled');
    const end = await logIn(this.#parts.service, text);
    if (end.kind === 'refused') return this.#wrong(end.reply);
    const { tenant, mailbox } = end.submitter;
    const limit = tenant.profile.smtpConnectionsPerMailbox;
    const open = this.#parts.connections.get(mailbox.id) ?? 0;
    if (limit !== null && open >= limit)
      return this.#end(
        '432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information.',
      );
    this.#parts.connections.set(mailbox.id, open + 1);
    this.#submitter = end.submitter;
    this.#reply('235 2.7.0 Authentication successful');
  }

  #logOut(): void {
    const id = this.#submitter?.mailbox.id;
    this.#submitter = undefined;
    if (id !== undefined) this.#parts.connections.set(id, (this.#parts.connections.get(id) ?? 1) - 1);
  }

  #mail(rest: string): void {
    if (!this.#submitter) return this.#wrong(`530 5.7.57 Client not authenticated to send mail. [${host}]`);
    if (this.#from !== undefined) return this.#wrong('503 5.5.2 Sender already specified');
    const address = /^FROM:\s*<([^<>\s]*)>/i.exec(rest)?.[1];
    if (address === undefined) return this.#wrong('501 5.5.4 Invalid arguments');
    const size = Number(/ SIZE=(\d{1,12})/i.exec(rest)?.[1] ?? 0);
    const limit = this.#submitter.mailbox.maxSendBytes ?? this.#submitter.tenant.profile.maxSendBytes;
    if (limit !== null && size > limit) return this.#wrong('552 5.3.4 Message size exceeds fixed maximum message size');
    if (address !== '' && !maySubmitAs(this.#submitter, address))
      return this.#wrong('550 5.7.60 SMTP; Client does not have permissions to send as this sender');
    this.#from = address;
    this.#reply('250 2.1.0 Sender OK');
  }

  #recipient(rest: string): void {
    if (this.#from === undefined || !this.#submitter) return this.#wrong('503 5.5.2 Need mail command');
    const address = /^TO:\s*<([^<>\s]+@[^<>\s]+)>/i.exec(rest)?.[1];
    if (address === undefined) return this.#wrong('501 5.1.3 Invalid address');
    const limit = this.#submitter.mailbox.recipientLimit ?? this.#submitter.tenant.profile.recipientsPerMessage;
    if (limit !== null && this.#recipients.length >= limit) return this.#reply('452 4.5.3 Too many recipients');
    this.#recipients.push(address);
    this.#reply('250 2.1.5 Recipient OK');
  }

  #data(): void {
    if (this.#recipients.length === 0) return this.#wrong('503 5.5.2 Need rcpt command');
    this.#inData = true;
    this.#reply('354 Start mail input; end with <CRLF>.<CRLF>');
  }

  async #takeData(): Promise<boolean> {
    const isEmpty = this.#piecesSize === 0 && this.#buffer.subarray(0, 3).equals(Buffer.from('.\r\n'));
    const end = isEmpty ? 0 : this.#buffer.indexOf('\r\n.\r\n');
    if (end === -1) {
      // Only what may be the beginning of the end is looked at again: a large message comes in thousands of pieces.
      this.#keepData(Math.max(0, this.#buffer.length - endOfData.length + 1));
      if (this.#piecesSize > messageLimit) this.#end('552 5.3.4 Message size exceeds fixed maximum message size');
      return false;
    }
    this.#keepData(isEmpty ? 0 : end + 2);
    this.#buffer = this.#buffer.subarray(3);
    const stuffed = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#piecesSize = 0;
    this.#inData = false;
    const raw = withoutStuffing(stuffed);
    const reply = this.#fault('data') ?? (await this.#submit(raw));
    this.#reset();
    this.#reply(reply);
    return true;
  }

  #keepData(bytes: number): void {
    if (bytes === 0) return;
    this.#pieces.push(this.#buffer.subarray(0, bytes));
    this.#piecesSize += bytes;
    this.#buffer = this.#buffer.subarray(bytes);
  }

  async #submit(raw: Buffer): Promise<string> {
    const submitter = this.#submitter;
    if (!submitter) return '530 5.7.57 Client not authenticated to send mail.';
    const { service } = this.#parts;
    const { tenant, mailbox } = submitter;
    if (!submitter.mayOpen)
      return `430 4.2.0 STOREDRV; mailbox logon failure; Failed to process message due to a transient exception with message Cannot open mailbox ${mailbox.address}. MapiExceptionLogonFailed: Unable to make connection to the server. [Hostname=${host}]`;
    if (mailbox.mailboxFull)
      return `554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded; Failed to process message due to a permanent exception [Hostname=${host}]`;
    if (!tenant.limits.sending.hasRecipientsLeft(mailbox.address))
      return `554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message due to a permanent exception with message The message can't be submitted because the sender's submission quota was exceeded. [Hostname=${host}]`;
    const header = await readHeader(raw).catch(() => undefined);
    if (!header) return `554 5.6.0 Corrupt message content [Hostname=${host}]`;
    const { from, internetMessageId, subject } = header;
    if (from !== undefined && !maySubmitAs(submitter, from))
      return `554 5.2.252 SendAsDenied; ${mailbox.address} not allowed to send as ${from}; STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message due to a permanent exception with message [BeginDiagnosticData]Cannot submit message. [Hostname=${host}]`;
    const recipients = this.#recipients;
    submitMessage(service, tenant, {
      sender: mailbox,
      recipients,
      raw,
      from,
      saveToSentItems: true,
      internetMessageId,
      subject,
    });
    return `250 2.0.0 OK ${internetMessageId} [Hostname=${host}]`;
  }

  #reset(): void {
    this.#from = undefined;
    this.#recipients = [];
  }

  /** A fault's reply; `drop` ends the connection instead. */
  #fault(stage: 'connect' | 'auth' | 'data'): string | undefined {
    const wish = this.#parts.fault(stage);
    if (wish !== 'drop') return wish;
    this.#ended = true;
    this.#socket.destroy();
    return undefined;
  }

  #wrong(text: string): void {
    this.#errors += 1;
    if (this.#errors > errorLimit)
      this.#end('421 4.7.0 Too many errors on this connection, closing transmission channel');
    else this.#reply(text);
  }

  #end(text: string): void {
    this.#reply(text);
    this.#ended = true;
    this.#socket.end();
  }

  #reply(text: string): void {
    if (!this.#ended && this.#socket.writable) this.#socket.write(`${text}\r\n`);
  }
}

/** Takes the dots away that were put before lines that begin with one (RFC 5321 §4.5.2). */
function withoutStuffing(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let from = bytes[0] === 0x2e ? 1 : 0;
  for (let at = bytes.indexOf('\n.', from); at !== -1; at = bytes.indexOf('\n.', from)) {
    pieces.push(bytes.subarray(from, at + 1));
    from = at + 2;
  }
  return Buffer.concat([...pieces, bytes.subarray(from)]);
}
