/**
 * One SMTP session: a state machine over bytes, without a socket, so that it can be driven byte by byte in tests.
 *
 * ## What it is doing (`#mode`)
 * - `command`: looks for a line. Entered at the start and after every reply but 354 and 334.
 * - `auth`: the next line belongs to AUTH. Left with 235, 501, 535 or 454.
 * - `data`: bytes go to the message until CR LF . CR LF. Entered with 354, left with the answer to the message.
 * - `bdat`: so many bytes go to the message, whatever they are (RFC 3030). Left when they are in.
 * - `closed`: nothing is read any more. Entered by QUIT, by a 421, and when the client has gone.
 *
 * While an answer is being worked on (`#busy`: a password, a slow disk, a message that is being made durable), bytes wait
 * in `#input` and the transport is paused, so that answers keep the order of the commands and memory stays bounded. Every
 * command gets one reply, whatever happens; replies to pipelined commands leave in one write.
 *
 * ## What it knows
 * - the client: since connecting (by address) or AUTH; nothing but STARTTLS makes it forget.
 * - the transaction: since MAIL FROM; ended by the message's answer, RSET, EHLO, HELO and STARTTLS.
 */
import type { Fault, FaultCode } from '../../domain/catalogue.ts';
import type { CrashProbe } from '../../domain/crash-point.ts';
import type { Clock, Logger } from '../../domain/ports.ts';
import type { Gate, KnownClient } from '../../policy/gate.ts';
import type { Intake } from '../intake.ts';
import { type AuthExchange, type AuthStep, beginAuth } from './auth-exchange.ts';
import { DotDecoder } from './dot-decoder.ts';
import { MessageReceiver } from './message-receiver.ts';
import type { SmtpListenerOptions, SmtpMetrics } from './options.ts';
import { ehloReply, endsConnection, faultReply, replies } from './replies.ts';
import { addRecipient, openTransaction, type Transaction } from './transaction.ts';

/** The session's side of the connection. */
export interface SmtpTransport {
  send(text: string): void;
  /** Sends what was given to `send`, then ends the connection. */
  end(): void;
  pause(): void;
  resume(): void;
  /** Begins TLS; `securely` is called on the session when the handshake is done. */
  startTls(): void;
}

export interface SessionPorts {
  readonly gate: Gate;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: SmtpMetrics;
  readonly probe?: CrashProbe;
}

export interface Peer {
  readonly address: string;
  /** The connection began with TLS. */
  readonly tls: boolean;
}

type Mode = 'command' | 'auth' | 'data' | 'bdat' | 'closed';

const noBytes = Buffer.alloc(0);
const LF = 10;
const CR = 13;
const knownButNotOffered = new Set(['EXPN', 'ETRN', 'TURN', 'ATRN', 'SEND', 'SOML', 'SAML']);

export class SmtpSession {
  /** When something last came in or went out, in ms; for the idle limit. */
  lastActivity: number;
  readonly startedAt: number;
  readonly #options: SmtpListenerOptions;
  readonly #ports: SessionPorts;
  readonly #transport: SmtpTransport;
  readonly #peer: Peer;
  #mode: Mode = 'command';
  #busy = false;
  #secure: boolean;
  #input: Buffer = noBytes;
  #output = '';
  #skippingLongLine = false;
  #helo: string | undefined;
  #client: KnownClient | undefined;
  #transaction: Transaction | undefined;
  #auth: AuthExchange | undefined;
  #receiver: MessageReceiver | undefined;
  #decoder: DotDecoder | undefined;
  /** `refused` is a BDAT whose octets are read and dropped before the refusal is said. */
  #bdat: { left: number; last: boolean; refused?: FaultCode } = { left: 0, last: false };
  #commands = 0;
  #errors = 0;
  #stopping = false;

  constructor(options: SmtpListenerOptions, ports: SessionPorts, transport: SmtpTransport, peer: Peer) {
    this.#options = options;
    this.#ports = ports;
    this.#transport = transport;
    this.#peer = peer;
    this.#secure = peer.tls;
    this.startedAt = ports.clock.now();
    this.lastActivity = this.startedAt;
    if (options.auth !== 'required') this.#client = ports.gate.clientByAddress(peer.address);
  }

  /** Says hello. Nothing waits here: printers and scripts open a connection for every message. */
  greet(): void {
    this.#transport.send(`220 ${this.#options.hostname} ESMTP ${this.#options.banner ?? 'Mailroom'}\r\n`);
  }

  /** Nothing is under way that a shutdown would have to wait for. */
  get idle(): boolean {
    return !this.#busy && this.#mode === 'command';
  }

  receive(chunk: Buffer): void {
    if (this.#mode === 'closed') return;
    this.lastActivity = this.#ports.clock.now();
    this.#input = this.#input.length > 0 ? Buffer.concat([this.#input, chunk]) : chunk;
    if (!this.#busy) this.#work();
  }

  /** The handshake of STARTTLS is done: a new session as far as the client can tell (RFC 3207 §4.2). */
  securely(): void {
    this.#secure = true;
    this.#helo = undefined;
    this.#input = noBytes;
    this.#client = this.#options.auth === 'required' ? undefined : this.#ports.gate.clientByAddress(this.#peer.address);
    this.#setBusy(false);
  }

  /** The connection has gone: what was not answered is not kept. */
  disconnected(): void {
    this.#mode = 'closed';
    this.#input = noBytes;
    this.#receiver?.abort();
    this.#receiver = undefined;
  }

  /** Ends the session from our side, with a 421 where the protocol allows one to be said now. */
  close(fault: FaultCode): void {
    if (this.#mode === 'closed') return;
    // In the middle of a message a reply would be taken for the answer to it, and 421 is one that says: send it again.
    this.#output += faultReply(fault);
    this.#finish();
  }

  /** A shutdown: says 421 now, or after the answer to the message that is under way. */
  stop(): void {
    this.#stopping = true;
    if (this.idle) this.close('shutting-down');
  }

  #work(): void {
    try {
      while (!this.#busy && this.#mode !== 'closed' && this.#input.length > 0 && this.#step());
    } catch (error) {
      this.#fail(error);
    }
    this.#flush();
  }

  /** One command or one piece of a message; false when more bytes are needed for the next. */
  #step(): boolean {
    switch (this.#mode) {
      case 'command':
      case 'auth':
        return this.#takeLine();
      case 'data':
        return this.#takeData();
      case 'bdat':
        return this.#takeBdat();
      case 'closed':
        return false;
    }
  }

  #takeLine(): boolean {
    const end = this.#input.indexOf(LF);
    if (end === -1) {
      if (this.#input.length > this.#options.limits.commandLineBytes) {
        this.#skippingLongLine = true;
        this.#input = noBytes;
      }
      return false;
    }
    const line = this.#input.toString('utf8', 0, end > 0 && this.#input[end - 1] === CR ? end - 1 : end);
    const endedInCrLf = end > 0 && this.#input[end - 1] === CR;
    const tooLong = this.#skippingLongLine || end >= this.#options.limits.commandLineBytes;
    this.#skippingLongLine = false;
    this.#input = this.#input.subarray(end + 1);
    this.#commands += 1;
    if (this.#commands > this.#options.limits.commands) this.close('too-many-commands');
    else if (tooLong) this.#refuse('command-too-long');
    else if (!endedInCrLf || line.includes('\r') || line.includes('\0'))
      this.#refuse({ code: 'command-unknown', text: 'Lines must end with CR LF and hold no control characters.' });
    else if (this.#mode === 'auth') this.#authStep(this.#auth?.(line) ?? { kind: 'aborted' });
    else this.#command(line);
    return true;
  }

  #command(line: string): void {
    const space = line.indexOf(' ');
    const verb = (space === -1 ? line : line.slice(0, space)).trim().toUpperCase();
    const argument = space === -1 ? '' : line.slice(space + 1).trim();
    switch (verb) {
      case 'EHLO':
      case 'HELO':
        return this.#hello(verb, argument);
      case 'MAIL':
        return this.#mail(argument);
      case 'RCPT':
        return this.#recipient(argument);
      case 'DATA':
        return argument === '' ? this.#data() : this.#refuse('command-syntax');
      case 'BDAT':
        return this.#beginBdat(argument);
      case 'RSET':
        this.#endTransaction();
        return this.#reply(replies.ok);
      case 'NOOP':
        return this.#reply(replies.ok);
      case 'QUIT':
        this.#reply(replies.bye);
        return this.#finish();
      case 'STARTTLS':
        return this.#startTls(argument);
      case 'AUTH':
        return this.#beginAuth(argument);
      case 'VRFY':
        return this.#reply(replies.cannotVerify);
      case 'HELP':
        return this.#reply(replies.help);
      default:
        return this.#refuse(knownButNotOffered.has(verb) ? 'command-not-implemented' : 'command-unknown');
    }
  }

  #hello(verb: 'EHLO' | 'HELO', name: string): void {
    if (name === '' || name.length > 255) return this.#refuse('command-syntax');
    this.#endTransaction();
    this.#helo = name;
    const { hostname, maxMessageBytes } = this.#options;
    if (verb === 'HELO') return this.#reply(`250 ${hostname}\r\n`);
    this.#reply(ehloReply(hostname, maxMessageBytes, this.#mayStartTls(), this.#mayAuthenticate()));
  }

  #mayStartTls(): boolean {
    return !this.#secure && (this.#options.tls === 'offered' || this.#options.tls === 'required');
  }

  #mayAuthenticate(): boolean {
    return this.#options.auth !== 'none' && (this.#secure || this.#options.allowPlaintextAuth);
  }

  #mail(argument: string): void {
    if (this.#helo === undefined) return this.#refuse({ code: 'bad-sequence', text: 'Send EHLO or HELO first.' });
    if (this.#options.tls === 'required' && !this.#secure) return this.#refuse('tls-required');
    const client = this.#client;
    if (!client) return this.#refuse('auth-required');
    if (this.#transaction)
      return this.#refuse({ code: 'bad-sequence', text: 'Sender already given; send RSET to begin anew.' });
    const opened = openTransaction(argument, client, this.#ports.gate, this.#options.maxMessageBytes);
    if (!opened.ok) return this.#refuse(opened.fault);
    this.#transaction = opened.transaction;
    this.#reply(replies.senderOk);
  }

  #recipient(argument: string): void {
    const transaction = this.#transaction;
    if (!transaction || this.#receiver) return this.#refuse({ code: 'bad-sequence', text: 'Send MAIL FROM first.' });
    const fault = addRecipient(transaction, argument, this.#options.limits.recipients);
    if (fault) return this.#refuse(fault);
    this.#reply(replies.recipientOk);
  }

  #data(): void {
    if (this.#receiver)
      return this.#refuse({ code: 'bad-sequence', text: 'A message by BDAT is under way; end it, or send RSET.' });
    const fault = this.#beginMessage();
    if (fault) return this.#refuse(fault);
    this.#decoder = new DotDecoder();
    this.#mode = 'data';
    this.#reply(replies.startData);
  }

  #beginBdat(argument: string): void {
    const match = /^(\d{1,15})(?:\s+(LAST))?$/i.exec(argument);
    if (!match) {
      // Nobody knows how many octets follow, so what comes next cannot be told from commands (RFC 3030 §2).
      this.#refuse('command-syntax');
      return this.close('too-many-errors');
    }
    const fault = this.#receiver ? undefined : this.#beginMessage();
    this.#bdat = { left: Number(match[1]), last: match[2] !== undefined, ...(fault ? { refused: fault.code } : {}) };
    this.#mode = 'bdat';
    if (this.#bdat.left === 0) this.#endBdat();
  }

  /** Opens the submission; a fault when there is no transaction for it, or no room. */
  #beginMessage(): Fault | undefined {
    const transaction = this.#transaction;
    if (!transaction) return { code: 'bad-sequence', text: 'Send MAIL FROM first.' };
    if (transaction.recipients.size === 0) return { code: 'no-recipients' };
    const submission = this.#ports.intake.begin(transaction.submission(this.#origin()));
    if ('code' in submission) return submission;
    const { maxMessageBytes, bareNewlines, limits } = this.#options;
    this.#receiver = new MessageReceiver(submission, { maxMessageBytes, bareNewlines, lineBytes: limits.lineBytes });
    return undefined;
  }

  #origin() {
    return {
      ingress: 'smtp' as const,
      listener: this.#options.name,
      remoteAddress: this.#peer.address,
      tls: this.#secure,
      ...(this.#helo === undefined ? {} : { helo: this.#helo }),
    };
  }

  #takeData(): boolean {
    const { pieces, rest } = this.#decoder?.decode(this.#input) ?? { pieces: [], rest: noBytes };
    this.#input = rest ?? noBytes;
    const wait = this.#write(pieces);
    if (rest !== undefined) {
      this.#decoder = undefined;
      this.#endMessage(wait);
    } else if (wait) this.#waitFor(wait);
    return true;
  }

  #takeBdat(): boolean {
    const piece = this.#input.subarray(0, this.#bdat.left);
    this.#input = this.#input.subarray(piece.length);
    this.#bdat.left -= piece.length;
    const wait = this.#bdat.refused ? undefined : this.#write([piece]);
    if (this.#bdat.left === 0) this.#endBdat(wait);
    else if (wait) this.#waitFor(wait);
    return true;
  }

  #endBdat(wait?: Promise<void>): void {
    this.#mode = 'command';
    const { last, refused } = this.#bdat;
    if (refused) {
      this.#endTransaction();
      return this.#refuse(refused);
    }
    if (last) return this.#endMessage(wait);
    this.#reply(`250 2.0.0 ${this.#receiver?.size ?? 0} octets received\r\n`);
    if (wait) this.#waitFor(wait);
  }

  #write(pieces: readonly Buffer[]): Promise<void> | undefined {
    const waits: Promise<void>[] = [];
    for (const piece of pieces) {
      const wait = this.#receiver?.write(piece);
      if (wait) waits.push(wait);
    }
    return waits.length > 0 ? Promise.all(waits).then(() => undefined) : undefined;
  }

  /** All bytes are in. The answer waits until the intake says that the message is durable. */
  #endMessage(wait: Promise<void> | undefined): void {
    const receiver = this.#receiver;
    if (!receiver) return;
    const endedAt = this.#ports.clock.now();
    this.#receiver = undefined;
    this.#transaction = undefined;
    this.#mode = 'command';
    this.#setBusy(true);
    (wait ?? Promise.resolve())
      .then(() => receiver.finish())
      .then(
        (result) => {
          const code = result.accepted ? undefined : result.fault.code;
          this.#ports.metrics.messageAnswered(this.#options.name, code, this.#ports.clock.now() - endedAt);
          if (result.accepted) this.#reply(`250 2.0.0 Ok: queued as ${result.id}\r\n`);
          else this.#refuse(result.fault);
          this.#setBusy(false);
          if (result.accepted) this.#ports.probe?.('after-reply');
        },
        (error: unknown) => this.#fail(error),
      );
  }

  #startTls(argument: string): void {
    if (argument !== '') return this.#refuse('command-syntax');
    if (!this.#mayStartTls()) return this.#refuse('tls-not-available');
    if (this.#input.length > 0) {
      // Bytes behind STARTTLS came in the clear: somebody in between may have put them there (CVE-2011-0411).
      this.#refuse({ code: 'bad-sequence', text: 'Nothing may follow STARTTLS before the handshake.' });
      return this.#finish();
    }
    this.#endTransaction();
    this.#reply(replies.readyForTls);
    this.#flush();
    this.#busy = true;
    this.#transport.startTls();
  }

  #beginAuth(argument: string): void {
    if (this.#helo === undefined || this.#transaction) return this.#refuse('bad-sequence');
    if (this.#options.auth === 'none') return this.#refuse('command-not-implemented');
    if (!this.#mayAuthenticate()) return this.#refuse('auth-needs-tls');
    const [mechanism = '', initial, ...rest] = argument.split(/\s+/);
    if (rest.length > 0) return this.#refuse('command-syntax');
    const begun = beginAuth(mechanism, initial);
    if (!begun) return this.#refuse('auth-mechanism');
    this.#auth = begun.exchange;
    this.#authStep(begun.step);
  }

  #authStep(step: AuthStep): void {
    this.#mode = 'command';
    switch (step.kind) {
      case 'challenge':
        this.#mode = 'auth';
        return this.#reply(`334 ${step.text}\r\n`);
      case 'aborted':
        return this.#refuse('auth-aborted');
      case 'credentials':
        this.#setBusy(true);
        this.#ports.gate.authenticatePassword(step.login, step.password, this.#peer.address).then(
          (decision) => {
            if (decision.ok) {
              this.#client = decision.value;
              this.#reply(replies.authenticated);
            } else {
              this.#ports.metrics.authFailed(this.#options.name);
              this.#refuse(decision.fault);
            }
            this.#setBusy(false);
          },
          (error: unknown) => this.#fail(error),
        );
    }
  }

  #endTransaction(): void {
    this.#transaction = undefined;
    this.#receiver?.abort();
    this.#receiver = undefined;
  }

  /** Holds the input until the disk has caught up. */
  #waitFor(wait: Promise<void>): void {
    this.#setBusy(true);
    wait.then(
      () => this.#setBusy(false),
      (error: unknown) => this.#fail(error),
    );
  }

  #setBusy(busy: boolean): void {
    if (this.#mode === 'closed') return;
    this.#busy = busy;
    if (busy) return this.#transport.pause();
    this.lastActivity = this.#ports.clock.now();
    this.#transport.resume();
    this.#work();
    if (this.#stopping && this.idle) this.close('shutting-down');
  }

  #reply(text: string): void {
    this.#output += text;
  }

  #refuse(refusal: Fault | FaultCode): void {
    const fault: Fault = typeof refusal === 'string' ? { code: refusal } : refusal;
    this.#errors += 1;
    this.#ports.logger.info(
      {
        listener: this.#options.name,
        remoteAddress: this.#peer.address,
        client: this.#client?.name,
        code: fault.code,
        detail: fault.detail,
      },
      'refused',
    );
    this.#output += faultReply(fault);
    if (endsConnection(fault)) this.#finish();
    else if (this.#errors >= this.#options.limits.errors) this.close('too-many-errors');
  }

  /** A mistake of ours: the client is told to try again, and the connection ends, since its state cannot be trusted. */
  #fail(error: unknown): void {
    this.#ports.logger.error({ listener: this.#options.name, err: error }, 'internal error in an SMTP session');
    this.#endTransaction();
    if (this.#mode === 'closed') return;
    this.#output += faultReply('internal-error');
    this.#finish();
  }

  #finish(): void {
    this.#flush();
    this.disconnected();
    this.#transport.end();
  }

  #flush(): void {
    if (this.#output === '') return;
    this.#transport.send(this.#output);
    this.#output = '';
  }
}
