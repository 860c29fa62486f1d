/**
 * Answers one command line. What takes more than words (TLS, a login, the bytes of a message) is handed back to the
 * session as a wish.
 */
import type { Fault, FaultCode } from '../../domain/catalogue.ts';
import type { Gate } from '../../policy/gate.ts';
import type { Intake } from '../intake.ts';
import { type AuthExchange, type AuthStep, beginAuth } from './auth-exchange.ts';
import { MessageReceiver } from './message-receiver.ts';
import type { SmtpListenerOptions } from './options.ts';
import { ehloReply, replies } from './replies.ts';
import type { SessionState } from './session-state.ts';
import { addRecipient, openTransaction } from './transaction.ts';
import { BdatTransfer, DataTransfer, type Transfer } from './transfer.ts';

export type CommandResult =
  | { readonly kind: 'reply'; readonly text: string }
  /** `aboutAddress`: the recipient is refused, not the way that the client speaks. */
  | { readonly kind: 'refuse'; readonly fault: Fault; readonly aboutAddress?: boolean }
  /** Refuse, and end the connection. */
  | { readonly kind: 'cut'; readonly fault: Fault }
  /** What follows belongs to a message. */
  | { readonly kind: 'receive'; readonly transfer: Transfer; readonly text: string }
  | { readonly kind: 'auth'; readonly exchange: AuthExchange; readonly step: AuthStep }
  | { readonly kind: 'startTls' }
  | { readonly kind: 'quit' };

export interface CommandPorts {
  readonly gate: Gate;
  readonly intake: Intake;
}

const knownButNotOffered = new Set(['EXPN', 'ETRN', 'TURN', 'ATRN', 'SEND', 'SOML', 'SAML']);
/** First words of HTTP: a browser was made to talk here, and what it sends next is somebody else's. */
const otherProtocols = new Set(['GET', 'POST', 'PUT', 'HEAD', 'CONNECT', 'OPTIONS', 'DELETE', 'PATCH', 'TRACE', 'PRI']);

const ok = reply(replies.ok);
const senderOk = reply(replies.senderOk);
const recipientOk = reply(replies.recipientOk);

export class Commands {
  readonly #options: SmtpListenerOptions;
  readonly #ports: CommandPorts;
  readonly #state: SessionState;

  constructor(options: SmtpListenerOptions, ports: CommandPorts, state: SessionState) {
    this.#options = options;
    this.#ports = ports;
    this.#state = state;
  }

  answer(line: string): CommandResult {
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
        return argument === '' ? this.#data() : refuse('command-syntax');
      case 'BDAT':
        return this.#bdat(argument);
      case 'RSET':
        if (argument !== '') return refuse('command-syntax');
        this.#state.endTransaction();
        return ok;
      case 'NOOP':
        return ok;
      case 'QUIT':
        return argument === '' ? { kind: 'quit' } : refuse('command-syntax');
      case 'STARTTLS':
        return this.#startTls(argument);
      case 'AUTH':
        return this.#auth(argument);
      case 'VRFY':
        return argument === '' ? refuse('command-syntax') : reply(replies.cannotVerify);
      case 'HELP':
        return reply(replies.help);
      default:
        if (otherProtocols.has(verb)) return { kind: 'cut', fault: { code: 'not-smtp' } };
        return refuse(knownButNotOffered.has(verb) ? 'command-not-implemented' : 'command-unknown');
    }
  }

  #hello(verb: 'EHLO' | 'HELO', name: string): CommandResult {
    if (name === '' || name.length > 255) return refuse('command-syntax');
    this.#state.endTransaction();
    this.#state.helo = name;
    const { hostname, maxMessageBytes } = this.#options;
    if (verb === 'HELO') return reply(`250 ${hostname}\r\n`);
    return reply(ehloReply(hostname, maxMessageBytes, this.#mayStartTls(), this.#mayAuthenticate()));
  }

  #mayStartTls(): boolean {
    const { tls } = this.#options;
    return !this.#state.secure && (tls === 'offered' || tls === 'required');
  }

  #mayAuthenticate(): boolean {
    const { auth, tls, allowPlaintextAuth } = this.#options;
    return auth !== 'none' && (this.#state.secure || (allowPlaintextAuth && tls !== 'required'));
  }

  #mail(argument: string): CommandResult {
    const state = this.#state;
    if (state.helo === undefined) return refuse('bad-sequence', 'Send EHLO or HELO first.');
    if (this.#options.tls === 'required' && !state.secure) return refuse('tls-required');
    if (!state.client) return refuse('auth-required');
    if (state.transaction) return refuse('bad-sequence', 'Sender already given; send RSET to begin anew.');
    const opened = openTransaction(argument, state.client, this.#ports.gate, this.#options.maxMessageBytes);
    if (!opened.ok) return { kind: 'refuse', fault: opened.fault };
    state.transaction = opened.transaction;
    return senderOk;
  }

  #recipient(argument: string): CommandResult {
    const { transaction, receiver } = this.#state;
    if (receiver) return refuse('bad-sequence', 'A message by BDAT is under way; end it, or send RSET.');
    if (!transaction) return refuse('bad-sequence', 'Send MAIL FROM first.');
    const fault = addRecipient(transaction, argument, this.#options.limits.recipients);
    return fault ? { kind: 'refuse', fault, aboutAddress: fault.code !== 'command-syntax' } : recipientOk;
  }

  #data(): CommandResult {
    if (this.#state.receiver) return refuse('bad-sequence', 'A message by BDAT is under way; end it, or send RSET.');
    const receiver = this.#beginMessage();
    if ('code' in receiver) return { kind: 'refuse', fault: receiver };
    return { kind: 'receive', transfer: new DataTransfer(receiver), text: replies.startData };
  }

  #bdat(argument: string): CommandResult {
    const match = /^(\d{1,15})(?:\s+(LAST))?$/i.exec(argument);
    // Nobody knows how many octets follow, so what comes next cannot be told from commands (RFC 3030 §2).
    if (!match) return { kind: 'cut', fault: { code: 'command-syntax' } };
    const receiver = this.#state.receiver ?? this.#beginMessage();
    return {
      kind: 'receive',
      transfer: new BdatTransfer(Number(match[1]), match[2] !== undefined, receiver),
      text: '',
    };
  }

  /** Opens the submission; a fault when there is no transaction for it, or no room. */
  #beginMessage(): MessageReceiver | Fault {
    const state = this.#state;
    const { transaction } = state;
    if (!transaction) return { code: 'bad-sequence', text: 'Send MAIL FROM first.' };
    if (transaction.recipients.size === 0)
      return transaction.sawRecipient
        ? { code: 'no-recipients' }
        : { code: 'bad-sequence', text: 'Send RCPT TO first.' };
    const submission = this.#ports.intake.begin(transaction.submission(state.origin()));
    if ('code' in submission) return submission;
    const { maxMessageBytes, bareNewlines, limits } = this.#options;
    state.receiver = new MessageReceiver(submission, { maxMessageBytes, bareNewlines, lineBytes: limits.lineBytes });
    return state.receiver;
  }

  #startTls(argument: string): CommandResult {
    if (argument !== '') return refuse('command-syntax');
    if (this.#state.secure) return refuse('bad-sequence', 'TLS is already in use.');
    return this.#mayStartTls() ? { kind: 'startTls' } : refuse('tls-not-available');
  }

  #auth(argument: string): CommandResult {
    const { helo, transaction, loggedIn, secure } = this.#state;
    const { auth, tls } = this.#options;
    if (auth === 'none') return refuse('command-not-implemented');
    if (helo === undefined) return refuse('bad-sequence', 'Send EHLO or HELO first.');
    if (loggedIn) return refuse('bad-sequence', 'Already authenticated.');
    if (transaction) return refuse('bad-sequence', 'AUTH cannot be said in the midst of a message.');
    if (tls === 'required' && !secure) return refuse('tls-required');
    if (!this.#mayAuthenticate()) return refuse('auth-needs-tls');
    const [mechanism = '', initial, ...rest] = argument.split(/\s+/);
    if (mechanism === '' || rest.length > 0) return refuse('command-syntax');
    const begun = beginAuth(mechanism, initial);
    return begun ? { kind: 'auth', ...begun } : refuse('auth-mechanism');
  }
}

function reply(text: string): CommandResult {
  return { kind: 'reply', text };
}

function refuse(code: FaultCode, text?: string): CommandResult {
  return { kind: 'refuse', fault: text === undefined ? { code } : { code, text } };
}
