/**
 * Client submission as smtp.office365.com has it: STARTTLS, then XOAUTH2. Each connection is a small session of its own.
 * Source: Exchange "Authenticate an IMAP, POP or SMTP connection using OAuth", RFC 5321, RFC 3207.
 */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { ServerCertificate } from '../../certificate-authority.ts';
import type { Service } from '../../service.ts';
import { SubmissionSession } from './submission-session.ts';

export type SubmissionStage = 'connect' | 'auth' | 'data';

export interface SubmissionOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly certificate: ServerCertificate;
  /** A reply in place of the right one, or the end of the connection. */
  readonly fault?: (stage: SubmissionStage) => string | undefined;
}

export interface SubmissionServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startSubmissionServer(service: Service, options: SubmissionOptions): Promise<SubmissionServer> {
  const { certificate, host, port, fault = () => undefined } = options;
  const secureContext = createSecureContext({ cert: certificate.certificatePem, key: certificate.privateKeyPem });
  const sockets = new Set<Socket>();
  const connections = new Map<string, number>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    new SubmissionSession({ service, socket, secureContext, fault, connections }).begin();
  });
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    async close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
      await promise;
    },
  };
}
