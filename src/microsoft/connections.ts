/** Connections to Microsoft: kept alive, through a proxy where there is one, with a private authority where it is given. */
import { createRequire } from 'node:module';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { Dispatcher } from 'undici';

/** What is used of undici's dispatcher. */
export type Connections = Pick<Dispatcher, 'dispatch' | 'close' | 'destroy'> & {
  request(options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData>;
};

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

/**
 * Makes connections as they are needed; the owner closes them. undici is read at the first request and not before: a server
 * that waits for its first mail does without a third of its memory.
 */
export function openConnections(options: ConnectionOptions = {}): Connections {
  let opened: Dispatcher | undefined;
  let ended = false;
  const dispatcher = () => {
    if (ended) throw new Error('The connections have been closed.');
    opened ??= openDispatcher(options);
    return opened;
  };
  const end = () => {
    ended = true;
    return opened;
  };
  return {
    dispatch: (request, handler) => dispatcher().dispatch(request, handler),
    request: async (options) => dispatcher().request(options),
    close: async () => end()?.close(),
    destroy: async () => end()?.destroy(),
  };
}

const require = createRequire(import.meta.url);

/** HTTP/1.1 alone, because only there is it known when the last byte went out. */
function openDispatcher(options: ConnectionOptions): Dispatcher {
  const { Agent, ProxyAgent }: typeof import('undici') = require('undici');
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
