/**
 * A listening socket and its connections: who may connect, how many, for how long. The dialogue itself is the session's.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { plainAddress } from '../../policy/address-ranges.ts';
import { Admission } from './admission.ts';
import { Connection } from './connection.ts';
import type { SmtpListenerOptions } from './options.ts';
import { faultReply } from './replies.ts';
import type { SessionPorts } from './session.ts';

/** One look a second at all sessions costs less than a timer for every command, and no limit needs to be more exact. */
const lookMs = 1_000;
/** Refused connections that are told so at a time. Beyond it they are cut without a word, so that refusing stays cheap. */
const mostToldNo = 256;
/** Time for a refused client to read why, in ms. */
const refusedLingerMs = 5_000;
/** Time for the last replies of a shutdown to leave, in ms. */
const lastReplyMs = 1_000;

export interface SmtpListener {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  connections(): number;
  /**
   * Takes no more connections, says 421 to those at rest, and waits up to `drainMs` for messages under way. What has no
   * answer by then is cut.
   */
  close(drainMs: number): Promise<void>;
}

/**
 * Opens a listener.
 * @throws the system's error when the address cannot be listened on.
 */
export async function startSmtpListener(options: SmtpListenerOptions, ports: SessionPorts): Promise<SmtpListener> {
  // The client may close its side first and still read the answers (RFC 9293 §3.6).
  const server = createServer({ noDelay: true, allowHalfOpen: true });
  const listening = new Listening(server, options, ports);
  server.listen(options.port, options.host);
  await once(server, 'listening');
  listening.begin();
  const bound = server.address();
  return {
    name: options.name,
    host: options.host,
    port: typeof bound === 'object' && bound ? bound.port : options.port,
    connections: () => listening.connections,
    close: (drainMs) => listening.close(drainMs),
  };
}

class Listening {
  readonly #server: Server;
  readonly #options: SmtpListenerOptions;
  readonly #ports: SessionPorts;
  readonly #admission: Admission;
  readonly #connections = new Set<Connection>();
  /** Refused sockets, and since when. */
  readonly #refused = new Map<Socket, number>();
  readonly #startedAt: string;
  #count = 0;
  #cancelLook = () => {};
  #closing = false;
  #restReached = () => {};
  #emptied = () => {};

  constructor(server: Server, options: SmtpListenerOptions, ports: SessionPorts) {
    this.#server = server;
    this.#options = options;
    this.#ports = ports;
    this.#admission = new Admission(options);
    this.#startedAt = ports.clock.now().toString(36);
    server.on('connection', (socket: Socket) => this.#take(socket));
  }

  get connections(): number {
    return this.#admission.open;
  }

  begin(): void {
    // From here on an error is one of taking a connection, such as no file descriptor left: others go on.
    this.#server.on('error', (error) => {
      this.#ports.logger.error({ listener: this.#options.name, err: error }, 'a connection could not be taken');
    });
    this.#lookSoon();
  }

  async close(drainMs: number): Promise<void> {
    this.#closing = true;
    const closed = once(this.#server, 'close');
    this.#server.close();
    const { promise: atRest, resolve } = Promise.withResolvers<void>();
    this.#restReached = resolve;
    for (const connection of this.#connections) connection.stop();
    this.#askForRest();
    const cancel = this.#ports.clock.after(drainMs, resolve);
    await atRest;
    cancel();
    this.#cancelLook();
    for (const connection of this.#connections) connection.destroySoon();
    for (const socket of this.#refused.keys()) socket.destroy();
    // A client that does not read its last reply cannot hold up the end.
    const cancelCut = this.#ports.clock.after(lastReplyMs, () => {
      for (const connection of this.#connections) connection.destroy();
    });
    await closed;
    // The server is closed before the last sockets have said so, and what they held is dropped only then.
    const { promise: empty, resolve: emptied } = Promise.withResolvers<void>();
    this.#emptied = emptied;
    if (this.#connections.size > 0) await empty;
    cancelCut();
  }

  #take(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    const address = plainAddress(socket.remoteAddress ?? '');
    try {
      const code = this.#closing ? 'shutting-down' : this.#admission.enter(address);
      if (code) this.#refuse(socket, address, code);
      else this.#converse(socket, address);
    } catch (error) {
      this.#ports.logger.error({ listener: this.#options.name, err: error }, 'a connection could not be taken');
      socket.destroy();
    }
  }

  #converse(socket: Socket, address: string): void {
    const { name, tls } = this.#options;
    let connection: Connection | undefined;
    socket.once('close', () => {
      this.#admission.leave(address);
      if (connection) this.#connections.delete(connection);
      this.#ports.metrics.connectionClosed(name);
      this.#askForRest();
      if (this.#connections.size === 0) this.#emptied();
    });
    this.#ports.metrics.connectionOpened(name);
    this.#count += 1;
    const peer = { address, tls: tls === 'implicit', connection: `${this.#startedAt}-${this.#count}` };
    connection = new Connection(this.#options, this.#ports, socket, peer, () => this.#askForRest());
    this.#connections.add(connection);
  }

  #refuse(socket: Socket, remoteAddress: string, code: Parameters<typeof faultReply>[0] & string): void {
    const { name, tls } = this.#options;
    this.#ports.metrics.connectionRefused(name, code);
    this.#ports.logger.warn({ listener: name, remoteAddress, code }, 'connection refused');
    // With implicit TLS nobody could read it; the connection just ends.
    if (tls === 'implicit' || this.#refused.size >= mostToldNo) {
      socket.destroy();
      return;
    }
    this.#refused.set(socket, this.#ports.clock.now());
    socket.once('close', () => this.#refused.delete(socket));
    socket.end(faultReply(code));
    // What it sends is thrown away: left unread, it would make the system send a reset in place of the reply.
    socket.resume();
  }

  #lookSoon(): void {
    this.#cancelLook = this.#ports.clock.after(lookMs, () => {
      const now = this.#ports.clock.now();
      for (const connection of this.#connections) connection.look(now);
      for (const [socket, since] of this.#refused) if (now - since > refusedLingerMs) socket.destroy();
      this.#lookSoon();
    });
  }

  /** During a shutdown: goes on as soon as nobody waits for an answer. */
  #askForRest(): void {
    if (!this.#closing) return;
    for (const connection of this.#connections) if (!connection.ended) return;
    this.#restReached();
  }
}
