/**
 * A TCP proxy that behaves like a bad network: it cuts, stalls, refuses, or keeps half a connection open.
 *
 * Each new connection takes the next fault of the queue (or passes when there is none). A fault starts at once, or after
 * so many bytes have gone in its direction; bytes up to there are passed on.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type NetworkFault =
  /** Nothing wrong. */
  | { readonly kind: 'pass' }
  /** Reset at once, before a byte has passed. */
  | { readonly kind: 'refuse' }
  /** Both sides are reset once `afterBytes` have gone this way. */
  | { readonly kind: 'cut'; readonly direction: Direction; readonly afterBytes: number }
  /** Nothing more goes this way, and nobody is told: the connection stays open and silent. */
  | { readonly kind: 'stall'; readonly direction: Direction; readonly afterBytes: number }
  /** The server's side is reset, the client's stays open and is never answered. */
  | { readonly kind: 'half-open'; readonly direction: Direction; readonly afterBytes: number };

export type Direction = 'to-server' | 'to-client';

export interface TcpFaultProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections taken so far. */
  readonly connections: number;
  /** Puts faults in the queue, one for each of the next connections. */
  enqueue(...faults: readonly NetworkFault[]): void;
  /** Resets all connections that are open now. */
  cutAll(): void;
}

/** Starts a proxy on 127.0.0.1, port 0, in front of `port` of `host`. */
export async function startFaultProxy(port: number, host = '127.0.0.1'): Promise<TcpFaultProxy> {
  const queue: NetworkFault[] = [];
  const open = new Set<Socket>();
  let connections = 0;
  const keep = (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    return socket;
  };
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    connections += 1;
    keep(client);
    const fault = queue.shift() ?? { kind: 'pass' };
    if (fault.kind === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const upstream = keep(connect({ port, host, noDelay: true, allowHalfOpen: true }));
    join(client, upstream, 'to-server', fault);
    join(upstream, client, 'to-client', fault);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server.address()),
    get connections() {
      return connections;
    },
    enqueue: (...faults) => void queue.push(...faults),
    cutAll() {
      for (const socket of open) socket.resetAndDestroy();
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** Carries bytes from one side to the other until the fault of this direction begins. */
function join(from: Socket, to: Socket, direction: Direction, fault: NetworkFault): void {
  const limit = 'afterBytes' in fault && fault.direction === direction ? fault.afterBytes : Number.POSITIVE_INFINITY;
  let passed = 0;
  let struck = false;
  const strike = () => {
    struck = true;
    begin(from, to, direction, fault);
  };
  from.on('data', (chunk: Buffer) => {
    if (struck) return;
    const rest = chunk.subarray(0, Math.max(0, limit - passed));
    passed += rest.length;
    const mayGoOn = rest.length === 0 || to.write(rest, passed >= limit ? strike : undefined);
    if (!mayGoOn) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  });
  from.on('end', () => {
    if (!struck) to.end();
  });
  // A reset on one side is a reset on the other, unless the fault says that nobody is to be told.
  from.on('close', (hadError) => {
    if (hadError && !struck && fault.kind !== 'half-open') to.resetAndDestroy();
  });
  if (limit === 0) strike();
}

function begin(from: Socket, to: Socket, direction: Direction, fault: NetworkFault): void {
  if (fault.kind === 'cut') {
    from.resetAndDestroy();
    to.resetAndDestroy();
  } else if (fault.kind === 'half-open') {
    (direction === 'to-server' ? to : from).resetAndDestroy();
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the proxy is not listening');
  return address.port;
}
