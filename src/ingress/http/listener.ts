/** A listening HTTP socket: TLS, time limits against slow requests, and a way to stop. */
import { readFileSync } from 'node:fs';
import type { SecureVersion } from 'node:tls';
import { TlsCertificate } from '../smtp/tls-certificate.ts';
import { createHttpApp, type HttpAppOptions, type HttpAppParts } from './app.ts';

export interface HttpListenerOptions extends HttpAppOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls?:
    | {
        readonly certificate?: string | undefined;
        readonly key?: string | undefined;
        readonly minVersion: SecureVersion;
      }
    | undefined;
  /** Times in ms. */
  readonly limits: {
    readonly connections: number;
    readonly idle: number;
    readonly header: number;
    readonly total: number;
  };
}

export interface HttpListener {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Takes no more requests, lets those under way end for so long, then cuts them off. */
  close(drainMs: number): Promise<void>;
}

/**
 * Opens a listener.
 * @throws the system's error when the address cannot be listened on, or the certificate cannot be used.
 */
export async function startHttpListener(options: HttpListenerOptions, parts: HttpAppParts): Promise<HttpListener> {
  const { limits, tls } = options;
  const files =
    tls?.certificate !== undefined && tls.key !== undefined
      ? { cert: tls.certificate, key: tls.key, minVersion: tls.minVersion }
      : undefined;
  const read = ({ cert, key, minVersion }: NonNullable<typeof files>) => ({
    cert: readFileSync(cert),
    key: readFileSync(key),
    minVersion,
  });
  const app = createHttpApp(options, parts, {
    // Time for a whole request; idle sockets and slow headers have limits of their own, so that nobody holds a
    // connection by sending a byte now and then.
    requestTimeout: limits.total,
    connectionTimeout: limits.idle,
    keepAliveTimeout: limits.idle,
    http: {
      headersTimeout: limits.header,
      connectionsCheckingInterval: Math.max(100, Math.min(5_000, limits.header / 2)),
    },
    ...(files ? { https: { ...read(files), headersTimeout: limits.header } } : {}),
  });
  app.server.maxConnections = limits.connections;
  const certificate =
    files &&
    watchCertificate(files, parts, () => {
      if ('setSecureContext' in app.server && typeof app.server.setSecureContext === 'function')
        app.server.setSecureContext(read(files));
    });
  try {
    await app.listen({ host: options.listen.host, port: options.listen.port });
  } catch (error) {
    certificate?.close();
    await app.close();
    throw error;
  }
  const bound = app.server.address();
  const port = typeof bound === 'object' && bound ? bound.port : options.listen.port;
  const host = options.listen.host;
  return {
    name: options.name,
    host,
    port,
    url: `${files ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    async close(drainMs) {
      certificate?.close();
      const cancel = parts.clock.after(drainMs, () => app.server.closeAllConnections());
      await app.close();
      cancel();
    },
  };
}

function watchCertificate(
  files: { readonly cert: string; readonly key: string; readonly minVersion: SecureVersion },
  { clock, logger }: HttpAppParts,
  onReload: () => void,
): TlsCertificate {
  const { cert: certificateFile, key: keyFile, minVersion } = files;
  return new TlsCertificate({ certificateFile, keyFile, minVersion, clock, logger, onReload });
}
