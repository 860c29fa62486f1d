/** Whether the last byte was out, when a request breaks: over real sockets, through a network that misbehaves. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startFaultProxy, type TcpFaultProxy } from '../../test/harness/tcp-fault-proxy.ts';
import { type Connections, openConnections } from './connections.ts';
import { type ExchangeBody, type ExchangeRequest, exchange } from './exchange.ts';

let server: Server;
let proxy: TcpFaultProxy;
let connections: Connections;
let listener: RequestListener;
let received: Buffer[];

beforeEach(async () => {
  received = [];
  listener = (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      received.push(Buffer.concat(pieces));
      response.writeHead(202, { 'Request-Id': 'r-1' }).end();
    });
  };
  server = createServer((request, response) => listener(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  proxy = await startFaultProxy(typeof address === 'object' && address ? address.port : 0);
  connections = openConnections({ connectMs: 2_000 });
});
afterEach(async () => {
  await connections.destroy();
  await proxy[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});

const small = (): ExchangeBody => ({ kind: 'whole', bytes: Buffer.alloc(10_000, 65) });
function large(pieces = 400, sizeOf = 65_536): ExchangeBody {
  const all = Array.from({ length: pieces }, (_, index) => Buffer.alloc(sizeOf, 65 + (index % 26)));
  return { kind: 'pieces', length: pieces * sizeOf, pieces: all };
}
const post = (body: ExchangeBody, more: Partial<ExchangeRequest> = {}) =>
  exchange(connections, {
    origin: `http://127.0.0.1:${proxy.port}`,
    path: '/send',
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body,
    deadlines: { uploadMs: 5_000, answerMs: 5_000 },
    ...more,
  });

test.each([
  ['small', small],
  ['large', large],
])('a %s body arrives whole, and the answer comes back', async (_size, body) => {
  expect(await post(body())).toMatchObject({
    kind: 'answered',
    answer: { status: 202, headers: { 'request-id': 'r-1' } },
  });
  const sent = body();
  const expected = sent.kind === 'whole' ? sent.bytes : Buffer.concat([...sent.pieces]);
  expect(received[0]?.equals(expected)).toBe(true);
});

describe('certainly not out', () => {
  test('when nobody listens', async () => {
    const origin = 'http://127.0.0.1:1';
    expect(await post(small(), { origin })).toMatchObject({ kind: 'broken', bodyOut: false });
  });

  test('when the connection is cut early within a large body', async () => {
    proxy.enqueue({ kind: 'cut', direction: 'to-server', afterBytes: 100_000 });
    expect(await post(large())).toMatchObject({ kind: 'broken', bodyOut: false });
    expect(received).toHaveLength(0);
  });

  test('when a large body gets stuck on its way until the deadline', async () => {
    // A service that never reads: what the system's buffers do not hold stays with us.
    listener = (request) => request.pause();
    const deadlines = { uploadMs: 300, answerMs: 5_000 };
    expect(await post(large(), { deadlines })).toMatchObject({ kind: 'broken', bodyOut: false });
  });

  test('when it was given up before it began', async () => {
    expect(await post(small(), { signal: AbortSignal.abort() })).toMatchObject({ kind: 'broken', bodyOut: false });
    expect(proxy.connections).toBe(0);
  });
});

describe('perhaps out', () => {
  test('when no answer comes until the deadline', async () => {
    proxy.enqueue({ kind: 'stall', direction: 'to-client', afterBytes: 0 });
    const deadlines = { uploadMs: 5_000, answerMs: 200 };
    expect(await post(small(), { deadlines })).toMatchObject({ kind: 'broken', bodyOut: true });
    expect(received).toHaveLength(1);
  });

  test('when the connection is cut before the answer', async () => {
    proxy.enqueue({ kind: 'cut', direction: 'to-client', afterBytes: 1 });
    expect(await post(small())).toMatchObject({ kind: 'broken', bodyOut: true });
  });

  test('when it is given up while the service thinks', async () => {
    const stop = new AbortController();
    listener = (request) => request.on('data', () => undefined).on('end', () => stop.abort());
    expect(await post(large(3), { signal: stop.signal })).toMatchObject({ kind: 'broken', bodyOut: true });
  });

  test('when a small body was cut on its way: what cannot be known is not claimed', async () => {
    proxy.enqueue({ kind: 'cut', direction: 'to-server', afterBytes: 100 });
    expect(await post(small())).toMatchObject({ kind: 'broken', bodyOut: true });
  });
});

test('an answer without end does not fill the memory, and one that never ends is given up', async () => {
  listener = (_request, response) => {
    const more = () =>
      void (
        response.destroyed || (response.write(Buffer.alloc(65_536)) ? setImmediate(more) : response.once('drain', more))
      );
    response.writeHead(500);
    more();
  };
  const given = await post(small(), { deadlines: { uploadMs: 5_000, answerMs: 300 } });
  expect(given).toMatchObject({ kind: 'broken', bodyOut: true });
});

test('a long page in place of an answer is cut', async () => {
  listener = (_request, response) => response.writeHead(500).end(Buffer.alloc(1_000_000));
  const exchanged = await post(small());
  expect(exchanged.kind === 'answered' && exchanged.answer.body.length).toBe(256 * 1024);
});

test('a proxy is gone through, and its password is in no error', async () => {
  const tunnels: (string | undefined)[] = [];
  const forward = createServer().on('connect', (request, socket) => {
    tunnels.push(request.headers['proxy-authorization']);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  forward.listen(0, '127.0.0.1');
  await once(forward, 'listening');
  const address = forward.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const through = openConnections({ proxy: `http://anna:pass-word@127.0.0.1:${port}` });
  const request = { path: '/', method: 'GET', headers: {}, deadlines: { uploadMs: 5_000, answerMs: 5_000 } } as const;
  const exchanged = await exchange(through, { origin: 'https://graph.example', ...request });
  expect(exchanged).toMatchObject({ kind: 'broken', bodyOut: false });
  expect(tunnels).toEqual([`Basic ${Buffer.from('anna:pass-word').toString('base64')}`]);
  expect(JSON.stringify(exchanged)).not.toContain('pass-word');
  await through.destroy();
  forward.close();
});
