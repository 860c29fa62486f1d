/**
 * Ties a socket to a session: bytes in, replies out, TLS where it begins. An error of a socket ends that connection and
 * nothing else.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { SmtpListenerOptions } from './options.ts';
import { type SessionPorts, SmtpSession } from './session.ts';
import type { Peer, SmtpTransport } from './transport.ts';

/** Time for a client to take the last reply and to close its side, in ms; less, and a slow one misses the reply. */
const lingerMs = 5_000;

export class Connection implements SmtpTransport {
  readonly #options: SmtpListenerOptions;
  readonly #ports: SessionPorts;
  readonly #peer: Peer;
  readonly #raw: Socket;
  readonly #ended: () => void;
  /** What the session's bytes go through: `#raw`, or TLS above it. */
  #socket: Socket;
  readonly #session: SmtpSession;
  readonly #onData = (chunk: Buffer) => this.#session.receive(chunk);
  readonly #onEnd = () => this.#session.clientEnded();
  readonly #onDrain = () => this.#session.drained();
  #endedAt: number | undefined;

  /** Greets at once. `ended` is called when the session has said its last word; the socket may stay for a moment. */
  constructor(options: SmtpListenerOptions, ports: SessionPorts, raw: Socket, peer: Peer, ended: () => void) {
    this.#options = options;
    this.#ports = ports;
    this.#peer = peer;
    this.#raw = raw;
    this.#socket = raw;
    this.#ended = ended;
    this.#session = new SmtpSession(options, ports, this, peer);
    raw.once('close', () => this.#session.disconnected());
    if (peer.tls) this.startTls();
    else this.#listen(raw);
  }

  /** Nothing more will be said on it. */
  get ended(): boolean {
    return this.#endedAt !== undefined;
  }

  send(text: string): boolean {
    // Replies are ASCII, and latin1 is written without a look at each character.
    return this.#socket.write(text, 'latin1');
  }

  end(): void {
    this.#endedAt = this.#ports.clock.now();
    this.#socket.end();
    // Bytes that nobody reads would make the system answer with a reset, and the client lose the last reply.
    this.#socket.resume();
    this.#ended();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  startTls(): void {
    const { certificate } = this.#options;
    const raw = this.#raw;
    if (!certificate) {
      raw.destroy();
      return;
    }
    raw.off('data', this.#onData).off('end', this.#onEnd).off('drain', this.#onDrain);
    const tls = new TLSSocket(raw, { isServer: true, secureContext: certificate.context });
    this.#socket = tls;
    let secure = false;
    tls.on('error', (error: Error) => {
      if (!secure) this.#handshakeFailed(error.message);
      raw.destroy();
    });
    tls.once('secure', () => {
      secure = true;
      this.#session.securely();
    });
    this.#listen(tls);
    raw.resume();
  }

  /** Is called every second or so: ends what has lasted too long. */
  look(now: number): void {
    if (this.#endedAt === undefined) this.#session.look(now);
    else if (now - this.#endedAt > lingerMs) this.#raw.destroy();
  }

  /** A shutdown: says 421 now, or after the answer to the message that is under way. */
  stop(): void {
    this.#session.stop();
  }

  /** Ends it as soon as what has been said is sent; at once where an answer is still missing. */
  destroySoon(): void {
    if (this.ended) this.#socket.destroySoon();
    else this.#raw.destroy();
  }

  destroy(): void {
    this.#raw.destroy();
  }

  #listen(socket: Socket): void {
    socket.on('data', this.#onData).on('end', this.#onEnd).on('drain', this.#onDrain);
  }

  #handshakeFailed(reason: string): void {
    this.#ports.metrics.tlsFailed(this.#options.name);
    const { address: remoteAddress, connection } = this.#peer;
    this.#ports.logger.info({ listener: this.#options.name, connection, remoteAddress, reason }, 'TLS failed');
  }
}
