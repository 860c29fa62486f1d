/**
 * One SMTP session: a state machine over bytes, without a socket, so that it can be driven byte by byte in tests.
 *
 * ## What it is doing (`#mode`)
 * - `command`: looks for a line. Entered at the start and after every reply but 354 and 334.
 * - `auth`: the next line belongs to AUTH. Left by its answer: 235, 501, 535, 454, or 500 for a line that is none.
 * - `transfer`: bytes go to the message: by DATA until CR LF . CR LF, by BDAT so many octets, whatever they are. Left when
 *   they are in; after the last of them with the answer to the message.
 * - `handshake`: TLS is being begun; nothing comes here until `securely`. What came before it in the clear is dropped.
 * - `closed`: nothing is read any more. Entered by QUIT, by a 421, and when the client has gone.
 *
 * While an answer is being worked on (`#busy`: a password, a slow disk, a message that is being made durable), bytes wait
 * in `#input`, and the transport is paused as soon as any come, so that answers keep the order of the commands and memory
 * stays bounded. The same holds while the client does not read its replies (`#blocked`). Every command gets one reply,
 * whatever happens; replies to pipelined commands leave in one write.
 *
 * A session that is to end (`#ending`: a shutdown, the end of its time) says so between two messages. A client that closed
 * its side gets the answers to what it had sent; what is incomplete then is not kept, and neither when it goes altogether.
 */
import type { Fault, FaultCode } from '../../domain/catalogue.ts';
import type { CrashProbe } from '../../domain/crash-point.ts';
import type { Clock, Logger } from '../../domain/ports.ts';
import type { Gate, KnownClient } from '../../policy/gate.ts';
import type { Intake, IntakeResult } from '../intake.ts';
import type { AuthExchange, AuthStep } from './auth-exchange.ts';
import { CommandLines } from './command-line.ts';
import { type CommandResult, Commands } from './commands.ts';
import type { MessageReceiver } from './message-receiver.ts';
import type { SmtpListenerOptions, SmtpMetrics } from './options.ts';
import { Refusals } from './refusals.ts';
import { replies } from './replies.ts';
import { SessionState } from './session-state.ts';
import { SessionTime } from './session-time.ts';
import type { Transfer } from './transfer.ts';
import type { Peer, SmtpTransport } from './transport.ts';

export interface SessionPorts {
  readonly gate: Gate;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: SmtpMetrics;
  readonly probe?: CrashProbe;
}

type Mode = 'command' | 'auth' | 'transfer' | 'handshake' | 'closed';

const noBytes = Buffer.alloc(0);
/** The first byte of a TLS record; no command begins with it. */
const tlsRecord = 0x16;

export class SmtpSession {
  readonly #options: SmtpListenerOptions;
  readonly #ports: SessionPorts;
  readonly #transport: SmtpTransport;
  readonly #peer: Peer;
  readonly #state: SessionState;
  readonly #commands: Commands;
  readonly #lines: CommandLines;
  readonly #refusals: Refusals;
  readonly #time: SessionTime;
  #mode: Mode = 'command';
  #busy = false;
  #blocked = false;
  #paused = false;
  #clientEnded = false;
  #ending: FaultCode | undefined;
  #input: Buffer = noBytes;
  #output = '';
  #auth: AuthExchange | undefined;
  #transfer: Transfer | undefined;
  #commandCount = 0;

  constructor(options: SmtpListenerOptions, ports: SessionPorts, transport: SmtpTransport, peer: Peer) {
    this.#options = options;
    this.#ports = ports;
    this.#transport = transport;
    this.#peer = peer;
    this.#state = new SessionState(options.name, peer, this.#clientByAddress());
    this.#commands = new Commands(options, ports, this.#state);
    this.#lines = new CommandLines(options.limits.commandLineBytes);
    this.#refusals = new Refusals(options, ports.logger, peer, this.#state);
    this.#time = new SessionTime(options.limits, ports.clock.now());
    if (peer.tls) this.#mode = 'handshake';
    else this.#greet();
  }

  /** Bytes from the client, in clear or out of TLS. */
  receive(chunk: Buffer): void {
    if (this.#mode === 'closed') return;
    this.#time.touch(this.#ports.clock.now());
    this.#input = this.#input.length > 0 ? Buffer.concat([this.#input, chunk]) : chunk;
    if (this.#busy || this.#blocked) this.#pause();
    else this.#work();
  }

  /** The client will send nothing more, and may still read. */
  clientEnded(): void {
    this.#clientEnded = true;
    if (this.#mode === 'handshake') this.#finish();
    else this.#work();
  }

  /** The TLS handshake is done, at the beginning or after STARTTLS. */
  securely(): void {
    if (this.#mode !== 'handshake') return;
    const begins = this.#peer.tls;
    this.#mode = 'command';
    this.#time.touch(this.#ports.clock.now());
    this.#input = noBytes;
    if (begins) this.#greet();
    else this.#state.beginTls(this.#clientByAddress());
  }

  /** The client has read its replies. */
  drained(): void {
    this.#blocked = false;
    this.#goOn();
  }

  /** The connection has gone: what was not answered is not kept. */
  disconnected(): void {
    this.#mode = 'closed';
    this.#input = noBytes;
    this.#transfer = undefined;
    this.#state.endTransaction();
  }

  /** A shutdown: says 421 now, or after the answer to the message that is under way. */
  stop(): void {
    this.#ending = 'shutting-down';
    if (this.#mode === 'handshake') this.#finish();
    else this.#work();
  }

  /** Is called every second or so: ends the session when its time is over. */
  look(now: number): void {
    // A slow disk is not the client's silence, and after a 421 it would send again what is being made durable right now.
    if (this.#busy || this.#mode === 'closed') return;
    const inHandshake = this.#mode === 'handshake';
    const verdict = this.#time.verdict(now, inHandshake);
    if (verdict === 'over') {
      // Nobody could read a reply before the handshake is done.
      if (inHandshake) this.#finish();
      else this.#close('idle-timeout');
    } else if (verdict === 'ends-soon' && this.#ending === undefined) {
      this.#ending = 'idle-timeout';
      this.#work();
    }
  }

  /** Nothing waits here: printers and scripts open a connection for every message. */
  #greet(): void {
    this.#send(`220 ${this.#options.hostname} ESMTP ${this.#options.banner ?? 'Mailroom'}\r\n`);
  }

  #clientByAddress(): KnownClient | undefined {
    return this.#options.auth === 'required' ? undefined : this.#ports.gate.clientByAddress(this.#peer.address);
  }

  #work(): void {
    try {
      while (this.#input.length > 0 && this.#mayWork() && this.#step());
    } catch (error) {
      this.#fail(error);
    }
    if (this.#mayWork()) {
      if (this.#ending !== undefined && this.#mode !== 'transfer') return this.#close(this.#ending);
      if (this.#clientEnded) return this.#finish();
    }
    this.#flush();
  }

  #mayWork(): boolean {
    return !this.#busy && !this.#blocked && this.#mode !== 'closed' && this.#mode !== 'handshake';
  }

  /** One command or one piece of a message; false when more bytes are needed for the next. */
  #step(): boolean {
    if (this.#mode === 'transfer') {
      this.#takeTransfer();
      return true;
    }
    if (this.#commandCount === 0 && this.#input[0] === tlsRecord) {
      this.#close('not-smtp');
      return false;
    }
    const line = this.#lines.take(this.#input);
    if (!line) {
      this.#input = this.#lines.keep(this.#input);
      return false;
    }
    this.#input = this.#input.subarray(line.used);
    this.#commandCount += 1;
    if (this.#commandCount > this.#options.limits.commands) {
      this.#close('too-many-commands');
      return false;
    }
    const wasAuth = this.#mode === 'auth';
    this.#mode = 'command';
    if (line.fault) this.#refuse(line.fault);
    else if (wasAuth) this.#authStep(this.#auth?.(line.text) ?? { kind: 'aborted' });
    else this.#carryOut(this.#commands.answer(line.text));
    return true;
  }

  #carryOut(result: CommandResult): void {
    switch (result.kind) {
      case 'reply':
        this.#output += result.text;
        return;
      case 'refuse':
        return this.#refuse(result.fault, result.aboutAddress ? 'harmless' : 'error');
      case 'cut':
        this.#refuse(result.fault);
        return this.#finish();
      case 'receive':
        this.#output += result.text;
        this.#transfer = result.transfer;
        this.#mode = 'transfer';
        if (result.transfer.done) this.#endTransfer(result.transfer);
        return;
      case 'auth':
        this.#auth = result.exchange;
        return this.#authStep(result.step);
      case 'startTls':
        return this.#startTls();
      case 'quit':
        this.#output += replies.bye;
        return this.#finish();
    }
  }

  #takeTransfer(): void {
    const transfer = this.#transfer;
    if (!transfer) return;
    this.#input = this.#input.subarray(transfer.take(this.#input));
    if (transfer.done) this.#endTransfer(transfer);
    else this.#waitForDisk(transfer.receiver);
  }

  #endTransfer({ receiver, last, refusal }: Transfer): void {
    this.#transfer = undefined;
    this.#mode = 'command';
    if (receiver && last) return this.#endMessage(receiver);
    const fault = refusal ?? receiver?.fault;
    if (fault) {
      // Further chunks of this message are refused as well, each after its octets (RFC 3030 §2).
      this.#state.endTransaction();
      return this.#refuse(fault);
    }
    this.#output += `250 2.0.0 ${receiver?.size ?? 0} octets received\r\n`;
    this.#waitForDisk(receiver);
  }

  /** Holds the input until the disk has caught up. */
  #waitForDisk(receiver: MessageReceiver | undefined): void {
    const wait = receiver?.takePending();
    if (!wait) return;
    this.#busy = true;
    wait.then(() => this.#ready()).catch((error: unknown) => this.#fail(error));
  }

  /** All bytes are in. The answer waits until the intake says that the message is durable. */
  #endMessage(receiver: MessageReceiver): void {
    const endedAt = this.#ports.clock.now();
    // The message no longer ends with the connection: from here on it may become durable at any moment.
    this.#state.receiver = undefined;
    this.#state.transaction = undefined;
    this.#busy = true;
    const wait = receiver.takePending();
    const finishing = wait ? this.#finishAfter(wait, receiver) : receiver.finish();
    finishing.then((result) => this.#answerMessage(result, endedAt)).catch((error: unknown) => this.#fail(error));
  }

  async #finishAfter(wait: Promise<void>, receiver: MessageReceiver): Promise<IntakeResult> {
    try {
      await wait;
    } catch (error) {
      await receiver.abort();
      throw error;
    }
    return receiver.finish();
  }

  #answerMessage(result: IntakeResult, endedAt: number): void {
    const { clock, logger, probe } = this.#ports;
    if (result.accepted) {
      this.#refusals.forgive();
      this.#output += `250 2.0.0 Ok: queued as ${result.id}\r\n`;
      logger.debug({ listener: this.#options.name, connection: this.#peer.connection, id: result.id }, 'accepted');
    } else this.#refuse(result.fault, 'harmless');
    this.#ready();
    this.#count(result.accepted ? undefined : result.fault.code, clock.now() - endedAt);
    if (result.accepted) probe?.('after-reply');
  }

  /** The message has its one answer: a counter that fails may not add another. */
  #count(code: FaultCode | undefined, ms: number): void {
    try {
      this.#ports.metrics.messageAnswered(this.#options.name, code, ms);
    } catch (error) {
      this.#ports.logger.error({ listener: this.#options.name, err: error }, 'a message could not be counted');
    }
  }

  #startTls(): void {
    if (this.#input.length > 0) {
      // Bytes behind STARTTLS came in the clear: somebody in between may have put them there (CVE-2011-0411).
      this.#refuse({ code: 'bad-sequence', text: 'Nothing may follow STARTTLS before the handshake.' });
      return this.#finish();
    }
    this.#state.endTransaction();
    this.#mode = 'handshake';
    this.#send(this.#output + replies.readyForTls);
    this.#output = '';
    this.#paused = false;
    this.#transport.startTls();
  }

  #authStep(step: AuthStep): void {
    switch (step.kind) {
      case 'challenge':
        this.#mode = 'auth';
        this.#output += `334 ${step.text}\r\n`;
        return;
      case 'aborted':
        return this.#refuse('auth-aborted');
      case 'credentials':
        this.#busy = true;
        this.#ports.gate
          .authenticatePassword(step.login, step.password, this.#peer.address)
          .then((decision) => {
            if (decision.ok) {
              this.#state.client = decision.value;
              this.#state.loggedIn = true;
              this.#output += replies.authenticated;
            } else {
              this.#ports.metrics.authFailed(this.#options.name);
              this.#refuse(decision.fault);
            }
            this.#ready();
          })
          .catch((error: unknown) => this.#fail(error));
    }
  }

  /** The answer that was worked on is there. */
  #ready(): void {
    this.#busy = false;
    this.#time.touch(this.#ports.clock.now());
    this.#goOn();
  }

  #goOn(): void {
    if (this.#mode === 'closed') return;
    this.#work();
    if (this.#paused && this.#mayWork()) {
      this.#paused = false;
      this.#transport.resume();
    }
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#transport.pause();
  }

  #refuse(refusal: Fault | FaultCode, weight: 'error' | 'harmless' = 'error'): void {
    const fault = typeof refusal === 'string' ? { code: refusal } : refusal;
    const { text, endsConnection } = this.#refusals.refuse(fault, weight);
    this.#output += text;
    if (endsConnection) this.#finish();
  }

  /** A mistake of ours. The connection ends, since its state cannot be trusted. */
  #fail(error: unknown): void {
    const text = this.#refusals.fail(error);
    if (this.#mode === 'closed') return;
    this.#output += text;
    this.#finish();
  }

  /** In the middle of a message the 421 is taken for the answer to it, and is a right one: send it again. */
  #close(code: FaultCode): void {
    this.#output += this.#refusals.close(code);
    this.#finish();
  }

  #finish(): void {
    if (this.#mode === 'closed') return;
    this.#flush();
    this.disconnected();
    this.#transport.end();
  }

  #flush(): void {
    if (this.#output === '' || this.#mode === 'closed') return;
    const text = this.#output;
    this.#output = '';
    this.#send(text);
  }

  #send(text: string): void {
    if (!this.#transport.send(text)) this.#blocked = true;
  }
}
