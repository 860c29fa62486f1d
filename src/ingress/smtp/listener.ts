/**
 * A listening socket and its connections: who may connect, how many, for how long, and TLS. The dialogue itself is the
 * session's.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { AddressRanges, plainAddress } from '../../policy/address-ranges.ts';
import type { SmtpListenerOptions } from './options.ts';
import { faultReply } from './replies.ts';
import { type SessionPorts, SmtpSession, type SmtpTransport } from './session.ts';

/** One look a second at all sessions costs less than a timer for every command, and no limit needs to be more exact. */
const lookMs = 1000;

export interface SmtpListener {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  connections(): number;
  /** Takes no more connections, says 421 to those at rest, and waits so long for messages under way. */
  close(drainMs: number): Promise<void>;
}

interface Connection {
  readonly address: string;
  readonly session: SmtpSession;
  destroy(): void;
}

/**
 * Opens a listener.
 * @throws the system's error when the address cannot be listened on.
 */
export async function startSmtpListener(options: SmtpListenerOptions, ports: SessionPorts): Promise<SmtpListener> {
  const allowed = options.allowFrom.length > 0 ? new AddressRanges(options.allowFrom) : undefined;
  const connections = new Set<Connection>();
  const perAddress = new Map<string, number>();
  let emptied: (() => void) | undefined;

  const refusal = (address: string) => {
    if (allowed && !allowed.has(address)) return 'address-not-allowed';
    if (connections.size >= options.limits.connections) return 'too-many-connections';
    return (perAddress.get(address) ?? 0) >= options.limits.connectionsPerAddress ? 'too-many-connections' : undefined;
  };

  const accept = (raw: Socket) => {
    raw.on('error', () => raw.destroy());
    const address = plainAddress(raw.remoteAddress ?? '');
    const code = refusal(address);
    if (code) {
      ports.metrics.connectionRefused(options.name, code);
      ports.logger.warn({ listener: options.name, remoteAddress: address, code }, 'connection refused');
      // With implicit TLS nobody could read it; the connection just ends.
      if (options.tls === 'implicit') raw.destroy();
      else raw.end(faultReply(code));
      return;
    }
    raw.setNoDelay(true);
    const connection = connect(options, ports, raw, address);
    connections.add(connection);
    perAddress.set(address, (perAddress.get(address) ?? 0) + 1);
    ports.metrics.connectionOpened(options.name);
    raw.once('close', () => {
      connections.delete(connection);
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left > 0) perAddress.set(address, left);
      else perAddress.delete(address);
      ports.metrics.connectionClosed(options.name);
      if (connections.size === 0) emptied?.();
    });
  };

  const server: Server = createServer({ noDelay: true }, accept);
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const bound = server.address();
  let cancelLook = () => {};
  const look = () => {
    const now = ports.clock.now();
    for (const { session } of connections)
      if (now - session.lastActivity > options.limits.idleMs || now - session.startedAt > options.limits.totalMs)
        session.close('idle-timeout');
    cancelLook = ports.clock.after(lookMs, look);
  };
  cancelLook = ports.clock.after(lookMs, look);

  return {
    name: options.name,
    host: options.host,
    port: typeof bound === 'object' && bound ? bound.port : options.port,
    connections: () => connections.size,
    async close(drainMs) {
      cancelLook();
      const closed = once(server, 'close');
      server.close();
      for (const { session } of connections) session.stop();
      if (connections.size > 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        emptied = resolve;
        const cancel = ports.clock.after(drainMs, resolve);
        await promise;
        cancel();
      }
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };
}

/** Ties a socket to a session, and to TLS when it begins. */
function connect(options: SmtpListenerOptions, ports: SessionPorts, raw: Socket, address: string): Connection {
  let socket: Socket = raw;
  const transport: SmtpTransport = {
    send: (text) => {
      socket.write(text, 'utf8');
    },
    end: () => {
      socket.end();
      // A peer that never closes its side would keep the connection for ever.
      socket.setTimeout(5_000, () => raw.destroy());
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    startTls: () => secure(() => session.securely()),
  };
  const receive = (chunk: Buffer) => session.receive(chunk);

  const secure = (ready: () => void) => {
    const { certificate } = options;
    if (!certificate) {
      raw.destroy();
      return;
    }
    raw.removeListener('data', receive);
    const tls = new TLSSocket(raw, { isServer: true, secureContext: certificate.context });
    socket = tls;
    tls.on('error', (error: Error) => {
      ports.metrics.tlsFailed(options.name);
      ports.logger.info({ listener: options.name, remoteAddress: address, reason: error.message }, 'TLS failed');
      raw.destroy();
    });
    tls.once('secure', () => {
      tls.on('data', receive);
      tls.on('end', () => tls.end());
      ready();
    });
    raw.resume();
  };

  const session = new SmtpSession(options, ports, transport, { address, tls: options.tls === 'implicit' });
  raw.once('close', () => session.disconnected());
  if (options.tls === 'implicit') secure(() => session.greet());
  else {
    raw.on('data', receive);
    raw.on('end', () => raw.end());
    session.greet();
  }
  return { address, session, destroy: () => raw.destroy() };
}
