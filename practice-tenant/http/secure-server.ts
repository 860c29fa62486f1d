/**
 * TLS in front of the requests, with faults of the connection itself. Each new connection goes to the server with the right
 * certificate, unless a fault sends it to one with a wrong certificate, closes it, or ends its handshake by an alert.
 */
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import type { ServerCertificate } from '../certificate-authority.ts';
import type { FaultQueue } from '../faults/fault.ts';

export interface SecureServerParts {
  readonly certificate: ServerCertificate;
  readonly wrongCertificate: (problem: 'expired' | 'wrong-name' | 'untrusted') => Promise<ServerCertificate>;
  readonly faults: FaultQueue;
}

/** TLS record: alert, fatal, handshake_failure (RFC 8446 §6). */
const handshakeFailure = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]);

export interface SecureServer {
  readonly server: Server;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

/** Hands decrypted connections to `requests`, which itself never listens. */
export function createSecureServer(parts: SecureServerParts, requests: HttpServer): SecureServer {
  const sockets = new Set<Socket>();
  const tlsServer = (certificate: ServerCertificate): TlsServer => {
    const tls = createTlsServer({ cert: certificate.certificatePem, key: certificate.privateKeyPem });
    tls.on('secureConnection', (socket) => requests.emit('connection', socket));
    tls.on('tlsClientError', (_error, socket) => socket.destroy());
    return tls;
  };
  const right = tlsServer(parts.certificate);

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const action = parts.faults.take({ endpoint: 'connection' });
    if (action?.kind === 'refuse') socket.destroy();
    else if (action?.kind !== 'tls') right.emit('connection', socket);
    else if (action.problem === 'alert') socket.once('data', () => socket.end(handshakeFailure));
    else
      parts.wrongCertificate(action.problem).then(
        (certificate) => tlsServer(certificate).emit('connection', socket),
        () => socket.destroy(),
      );
  });
  // A failure to accept (no file handle left) must not end the process; one to listen is seen by whoever waits for it.
  server.on('error', () => {});
  return {
    server,
    async close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
      await promise;
    },
  };
}
