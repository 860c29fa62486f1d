/**
 * One connection to a mail server: connected, logged in, good for one message after the other. The wire is Nodemailer's;
 * this knows how far a message came when something broke, which decides between "certainly not sent" and "nobody knows".
 *
 * A message counts as out from the moment its last piece is handed over: the server takes it for complete only with the
 * line that follows, but what cannot be known is not claimed.
 */
import { Readable } from 'node:stream';
import type { default as SMTPConnection, SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';
import { readReply, type SmtpReply, type SmtpStage } from './smtp-reply.ts';

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** `none`: in the clear. */
  readonly tls: 'starttls' | 'implicit' | 'none';
  /** PEM of authorities to trust besides the usual ones. */
  readonly ca?: readonly string[] | undefined;
  /** What Mailroom calls itself in EHLO. */
  readonly name: string;
  readonly timings: SmtpTimings;
}

export interface SmtpTimings {
  /** ms until the connection stands, TLS and greeting included. */
  readonly connectMs: number;
  /** ms of silence from the server while it owes an answer or should take bytes. */
  readonly silenceMs: number;
}

/** RFC 5321 §4.5.3.2 asks for ten minutes after the last byte; a server that is silent for five has gone as a rule. */
export const defaultSmtpTimings: SmtpTimings = { connectMs: 30_000, silenceMs: 300_000 };

/** How a connection logs in. `token` is asked for its value at each login. */
export type SmtpLogin =
  | { readonly kind: 'none' }
  | { readonly kind: 'password'; readonly login: string; readonly password: string }
  | { readonly kind: 'token'; readonly user: string; readonly token: string };

/** Why something did not come about; exactly one of these. */
export type SmtpFailure =
  | { readonly kind: 'reply'; readonly reply: SmtpReply }
  | { readonly kind: 'tls'; readonly why: string }
  /** `bodyOut`: the server may have the whole message. */
  | { readonly kind: 'broken'; readonly why: string; readonly bodyOut: boolean }
  /** The bytes could not be read; the server does not have all of them. */
  | { readonly kind: 'unreadable'; readonly why: string }
  /** Too large by what the server announces: nothing was sent. */
  | { readonly kind: 'too-large'; readonly most: number };

export interface OutgoingMessage {
  readonly mailFrom: string;
  /** As they go onto the wire. */
  readonly recipients: readonly string[];
  readonly size: number;
  readonly stream: () => AsyncIterable<Buffer>;
  readonly dsn?: { readonly ret?: string; readonly notify?: string };
}

export interface SentMessage {
  /** The reply that took it, in the server's words. */
  readonly reply: SmtpReply;
  readonly refused: readonly { readonly recipient: string; readonly reply: SmtpReply }[];
}

export type SmtpSent =
  | { readonly sent: true; readonly message: SentMessage }
  | { readonly sent: false; readonly failure: SmtpFailure; readonly refused: SentMessage['refused'] };

/** What the server said it can do (EHLO). */
export interface SmtpAbilities {
  readonly extensions: ReadonlySet<string>;
  /** Largest message, bytes; undefined when it names none. */
  readonly size: number | undefined;
}

export class SmtpLink {
  readonly #connection: SMTPConnection;
  readonly #broken = Promise.withResolvers<never>();
  #isOver = false;
  #stage: SmtpStage = 'connect';
  #ehlo = '';
  /** When it was last of use, ms of a clock that never goes back. */
  usedAt = performance.now();
  /** Messages that went over it. */
  messages = 0;

  private constructor(server: SmtpServer, Connection: typeof SMTPConnection) {
    this.#connection = new Connection(optionsFor(server, (text) => this.#heard(text)));
    this.#broken.promise.catch(() => undefined);
    this.#connection.on('error', (error: Error) => this.#over(error));
    this.#connection.on('end', () => this.#over(new Error('The mail server closed the connection.')));
  }

  /** Connects and logs in. @throws SmtpLinkError */
  static async open(server: SmtpServer, login: SmtpLogin, signal: AbortSignal): Promise<SmtpLink> {
    // Read when it is needed: a server that sends by Graph alone does without its memory.
    const { default: Connection } = await import('nodemailer/lib/smtp-connection');
    const link = new SmtpLink(server, Connection);
    const stop = () => link.close();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await link.#step((done) => link.#connection.connect(done));
      link.#stage = 'auth';
      if (login.kind !== 'none') await link.#step((done) => link.#logIn(login, done));
      link.#stage = 'mail';
      return link;
    } catch (error) {
      link.close();
      throw new SmtpLinkError(failureOf(error, link.#stage, false));
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Whether it can take another message, as far as one knows without asking. */
  get isOpen(): boolean {
    return !this.#isOver;
  }

  get abilities(): SmtpAbilities {
    const lines = this.#ehlo.split('\n').map((line) => line.replace(/^\d{3}[ -]/, '').trim());
    const size = Number(/^SIZE\s+(\d{1,15})$/i.exec(lines.find((line) => /^SIZE\b/i.test(line)) ?? '')?.[1] ?? 0);
    return {
      extensions: new Set(lines.slice(1).map((line) => line.split(' ')[0]?.toUpperCase() ?? '')),
      size: size > 0 ? size : undefined,
    };
  }

  /** Hands one message over. Never rejects. `started` is called when its first bytes go out. */
  async send(message: OutgoingMessage, signal: AbortSignal, started: () => void): Promise<SmtpSent> {
    let isOut = false;
    let unreadable: string | undefined;
    async function* pieces(): AsyncGenerator<Buffer> {
      started();
      try {
        for await (const piece of message.stream()) yield piece;
      } catch (error) {
        unreadable = reasonOf(error);
        throw error;
      }
      isOut = true;
    }
    const stop = () => this.close();
    signal.addEventListener('abort', stop, { once: true });
    this.#stage = 'mail';
    this.messages += 1;
    const { mailFrom: from, recipients, size, dsn } = message;
    const envelope = { from, to: [...recipients], size, use8BitMime: true, ...(dsn ? { dsn } : {}) };
    try {
      if (signal.aborted) throw new Error('Mailroom is shutting down.');
      const info = await this.#step<{ response: string; rejectedErrors?: readonly object[] | undefined }>((done) =>
        this.#connection.send(envelope, Readable.from(pieces(), { objectMode: false }), done),
      );
      this.usedAt = performance.now();
      const reply = readReply('message', info?.response ?? '') ?? taken;
      return { sent: true, message: { reply, refused: refusedBy(info?.rejectedErrors ?? []) } };
    } catch (error) {
      this.close();
      const rejected = error instanceof Error && 'rejectedErrors' in error ? error.rejectedErrors : undefined;
      const failure: SmtpFailure =
        unreadable === undefined
          ? failureOf(error, isOut ? 'message' : 'mail', isOut)
          : { kind: 'unreadable', why: unreadable };
      return { sent: false, failure, refused: refusedBy(Array.isArray(rejected) ? rejected : []) };
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Says goodbye where that is possible. */
  quit(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#connection.quit();
  }

  /** Breaks it off. */
  close(): void {
    this.#over(new Error('The connection was broken off.'));
    this.#connection.close();
  }

  #over(error: Error): void {
    this.#isOver = true;
    this.#broken.reject(error);
  }

  #heard(text: string): void {
    if (this.#stage === 'connect' && /^250-/.test(text)) this.#ehlo = text;
  }

  /** One step of the dialogue, or the end of the connection. */
  #step<T>(start: (done: (error?: Error | null, value?: T) => void) => void): Promise<T | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
    start((error, value) => (error ? reject(error) : resolve(value)));
    return Promise.race([promise, this.#broken.promise]);
  }

  #logIn(login: Exclude<SmtpLogin, { kind: 'none' }>, done: (error?: Error | null) => void): void {
    if (login.kind === 'password') this.#connection.login({ user: login.login, pass: login.password }, done);
    else this.#connection.login({ method: tokenMethod, user: login.user, pass: login.token }, done);
  }
}

/** A name of our own: under its right one, the connection would take LOGIN in its place where the server offers that as well. */
const tokenMethod = 'TOKEN';

/** A connection that did not come about. */
export class SmtpLinkError extends Error {
  readonly failure: SmtpFailure;

  constructor(failure: SmtpFailure) {
    super('No connection to the mail server came about.');
    this.failure = failure;
  }
}

const taken: SmtpReply = { stage: 'message', code: 250, enhanced: undefined, text: '' };

function optionsFor(server: SmtpServer, heard: (text: string) => void): SMTPConnectionOptions {
  const { host, port, tls, ca, name, timings } = server;
  const listen = (entry: { tnx?: string }, text: string) => {
    if (entry.tnx === 'server') heard(text);
  };
  const nothing = () => undefined;
  return {
    host,
    port,
    name,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: { minVersion: 'TLSv1.2', ...(ca ? { ca: [...ca] } : {}) },
    connectionTimeout: timings.connectMs,
    greetingTimeout: timings.connectMs,
    dnsTimeout: timings.connectMs,
    socketTimeout: timings.silenceMs,
    transactionLog: true,
    // What the server said to EHLO is told nowhere else before the first message.
    logger: {
      debug: listen,
      info: nothing,
      warn: nothing,
      error: nothing,
      trace: nothing,
      fatal: nothing,
      level: nothing,
    },
    customAuth: {
      // Exchange answers a refused token at once; others send what is wrong as a challenge, to be answered by nothing.
      async [tokenMethod]({ auth, sendCommand, resolve, reject }) {
        const { user, pass } = auth.credentials;
        const initial = Buffer.from(`user=${user}\x01auth=Bearer ${pass}\x01\x01`).toString('base64');
        let answer = await sendCommand(`AUTH XOAUTH2 ${initial}`);
        if (answer.status === 334) answer = await sendCommand('');
        if (answer.status >= 200 && answer.status < 300) resolve();
        else reject(new Error('The token was refused'));
      },
    },
  };
}

function refusedBy(errors: readonly unknown[]): SentMessage['refused'] {
  return errors.flatMap((error) => {
    if (!(error instanceof Error) || !('recipient' in error) || !('response' in error)) return [];
    const reply = readReply('recipient', String(error.response));
    return reply ? [{ recipient: String(error.recipient), reply }] : [];
  });
}

/** What an error of the connection says. `stage` where the command of the error does not say it. */
function failureOf(error: unknown, stage: SmtpStage, bodyOut: boolean): SmtpFailure {
  if (error instanceof SmtpLinkError) return error.failure;
  const facts = { code: undefined, command: undefined, response: undefined, ...(error instanceof Error ? error : {}) };
  const message = reasonOf(error);
  if (facts.command === 'STARTTLS') return { kind: 'tls', why: message };
  if (typeof facts.response === 'string') {
    const reply = readReply(stageOf(facts.command, stage), facts.response);
    if (reply) return { kind: 'reply', reply };
  }
  if (facts.code === 'EMESSAGE' && facts.command === 'MAIL FROM')
    return { kind: 'too-large', most: Number(/(\d+)$/.exec(message)?.[1] ?? 0) };
  if (stage === 'connect' && (facts.code === 'ETLS' || isAboutCertificates(error)))
    return { kind: 'tls', why: message };
  return { kind: 'broken', why: message, bodyOut };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 500) : 'unknown';
}

/** Codes of OpenSSL and of Node's check of the name; errors of the network carry their own. */
function isAboutCertificates(error: unknown): boolean {
  const code = error instanceof Error && 'originalCode' in error ? String(error.originalCode) : '';
  return /CERT|SSL|TLS|UNABLE_TO_VERIFY|SELF_SIGNED/.test(code);
}

function stageOf(command: unknown, stage: SmtpStage): SmtpStage {
  if (typeof command !== 'string') return stage;
  if (command.startsWith('AUTH')) return 'auth';
  if (command.startsWith('MAIL')) return 'mail';
  if (command.startsWith('RCPT')) return 'recipient';
  if (command === 'DATA') return stage === 'message' ? 'message' : 'data';
  return command === 'API' ? stage : 'connect';
}
