/** Connections to Microsoft: kept alive, through a proxy where there is one, with a private authority where it is given. */
import { createSecureContext, getCACertificates } from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';

export interface ConnectionOptions {
  /** `http://` or `https://` URL of a proxy. Its user and password may stand in it; it is never logged. */
  readonly proxy?: string;
  /** PEM of authorities to trust beside those that Node trusts by default. */
  readonly ca?: string;
  /** ms for TCP and TLS together; 10,000 when not given. */
  readonly connectMs?: number;
  /** Connections at once to one host; as many as attempts when not given. */
  readonly connections?: number;
}

/** ms that an idle connection is kept when the service does not say; below what load balancers commonly allow. */
const keepAliveMs = 30_000;

/** Makes a dispatcher; the owner closes it. HTTP/1.1 alone, because only there is it known when the last byte went out. */
export function openConnections(options: ConnectionOptions = {}): Dispatcher {
  const { proxy, ca, connectMs = 10_000, connections } = options;
  // One context for all connections: reading some hundred authorities for each costs milliseconds a connection.
  const tls =
    ca === undefined ? {} : { secureContext: createSecureContext({ ca: [...getCACertificates('default'), ca] }) };
  const shared = {
    allowH2: false,
    pipelining: 1,
    connectTimeout: connectMs,
    keepAliveTimeout: keepAliveMs,
    // Deadlines are kept by the exchange, which knows the size of what is sent.
    headersTimeout: 0,
    bodyTimeout: 0,
    ...(connections === undefined ? {} : { connections }),
  };
  if (proxy === undefined) return new Agent({ ...shared, connect: { ...tls, timeout: connectMs } });
  return new ProxyAgent({ ...shared, uri: proxy, requestTls: { ...tls, timeout: connectMs }, proxyTls: tls });
}
