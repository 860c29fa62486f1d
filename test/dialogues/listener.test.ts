import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type SmtpListener, startSmtpListener } from '../../src/ingress/smtp/listener.ts';
import type { SmtpListenerOptions } from '../../src/ingress/smtp/options.ts';
import { until } from '../harness/until.ts';
import { type RecordingPorts, recordingPorts } from './recording-ports.ts';
import { ReplyReader } from './reply-reader.ts';
import { listenerOptions, roomyLimits } from './session-options.ts';

const transaction = 'EHLO x\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@y.example>\r\nDATA\r\n';

const cleanUp: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function listen(
  changes: Partial<SmtpListenerOptions> = {},
): Promise<{ listener: SmtpListener; ports: RecordingPorts }> {
  const ports = recordingPorts(true);
  const listener = await startSmtpListener(listenerOptions(changes), ports);
  cleanUp.push(() => listener.close(0).catch(() => undefined));
  return { listener, ports };
}

async function open(port: number, host = '127.0.0.1'): Promise<{ socket: Socket; replies: ReplyReader }> {
  const socket = connect({ port, host, noDelay: true });
  const replies = new ReplyReader();
  socket.on('data', (bytes: Buffer) => replies.add(bytes.toString('latin1')));
  socket.on('error', () => replies.end());
  socket.on('close', () => replies.end());
  cleanUp.push(() => void socket.destroy());
  await once(socket, 'connect');
  return { socket, replies };
}

describe('too many connections', () => {
  it('from-one-address-are-told-so-and-others-go-on', async () => {
    const { listener, ports } = await listen({ limits: { ...roomyLimits, connectionsPerAddress: 1 } });
    const first = await open(listener.port);
    expect(await first.replies.next()).toMatch(/^220 /);
    const second = await open(listener.port);
    expect(await second.replies.next()).toMatch(/^421 4\.7\.0 /);
    await second.replies.closed();
    expect(ports.metrics.counts['connectionRefused too-many-connections']).toBe(1);
    first.socket.write('NOOP\r\n');
    expect(await first.replies.next()).toMatch(/^250 /);
    // A place is free again as soon as the connection has gone.
    first.socket.destroy();
    await until('the first connection is gone', () => listener.connections() === 0);
    expect(await (await open(listener.port)).replies.next()).toMatch(/^220 /);
  });

  it('that-never-leave-hold-nothing', async () => {
    const { listener, ports } = await listen({ allowFrom: ['192.0.2.0/24'] });
    const stubborn = connect({ port: listener.port, host: '127.0.0.1', allowHalfOpen: true });
    stubborn.on('error', () => undefined);
    cleanUp.push(() => void stubborn.destroy());
    const closed = new Promise((resolve) => stubborn.once('close', resolve));
    await once(stubborn, 'data');
    // It keeps its side open; after a moment the listener ends it for good.
    const talk = setInterval(() => stubborn.write('NOOP\r\n'), 5);
    cleanUp.push(() => clearInterval(talk));
    ports.clock.pass(7_000);
    await closed;
    expect(listener.connections()).toBe(0);
  });
});

it('session-that-said-quit-and-stays-is-cut', async () => {
  const { listener, ports } = await listen();
  const socket = connect({ port: listener.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  cleanUp.push(() => void socket.destroy());
  socket.resume();
  socket.write('QUIT\r\n');
  await once(socket, 'end');
  expect(listener.connections()).toBe(1);
  ports.clock.pass(7_000);
  await until('the connection is cut', () => listener.connections() === 0);
});

it('address-in-use-is-told-as-an-error', async () => {
  const { listener } = await listen();
  await expect(startSmtpListener(listenerOptions({ port: listener.port }), recordingPorts(true))).rejects.toMatchObject(
    {
      code: 'EADDRINUSE',
    },
  );
});

it('ipv4-client-on-an-ipv6-socket-is-held-against-ipv4-ranges', async () => {
  const { listener, ports } = await listen({ host: '::', allowFrom: ['127.0.0.0/8'] }).catch(() => {
    process.stderr.write('This machine has no IPv6: an IPv4 client on an IPv6 socket is not tested.\n');
    return listen();
  });
  const { socket, replies } = await open(listener.port);
  expect(await replies.next()).toMatch(/^220 /);
  socket.write(`${transaction}x\r\n.\r\nQUIT\r\n`);
  await replies.closed();
  expect(ports.intake.accepted[0]?.start.origin.remoteAddress).toBe('127.0.0.1');
});

it('client-that-closed-its-side-is-answered-when-the-disk-is-done', async () => {
  const { listener, ports } = await listen();
  const disk = Promise.withResolvers<void>();
  ports.intake.durable = disk.promise;
  const { socket, replies } = await open(listener.port);
  socket.end(`${transaction}x\r\n.\r\n`);
  await until('the message is being made durable', () => ports.intake.underWay === 1);
  // Others are greeted meanwhile, so the listener has long seen that this side is closed.
  for (let round = 0; round < 3; round += 1) await (await open(listener.port)).replies.next();
  disk.resolve();
  await replies.closed();
  expect(replies.left.at(-1)).toMatch(/^250 2\.0\.0 Ok: queued/);
});

it('client-that-resets-its-connection-ends-nothing-but-it', async () => {
  const { listener, ports } = await listen();
  for (let round = 0; round < 20; round += 1) {
    const { socket } = await open(listener.port);
    socket.write(transaction);
    socket.resetAndDestroy();
  }
  await until('all are gone', () => listener.connections() === 0);
  const { socket, replies } = await open(listener.port);
  socket.write(`${transaction}x\r\n.\r\nQUIT\r\n`);
  await replies.closed();
  expect(replies.left.filter((reply) => reply.includes('queued'))).toHaveLength(1);
  expect(ports.intake.underWay).toBe(0);
});

it('flood-of-commands-whose-replies-nobody-reads-does-not-fill-the-memory', async () => {
  const { listener } = await listen({ limits: { ...roomyLimits, commands: 10_000_000 } });
  const { socket } = await open(listener.port);
  socket.pause();
  // 40 MB of commands are worth 700 MB of replies: they must back up in the client, not in the server.
  for (let round = 0; round < 50; round += 1) socket.write(Buffer.from('EHLO x\r\n'.repeat(100_000)));
  let left = -1;
  await until('the client is held up', () => {
    const before = left;
    left = socket.writableLength;
    return left === before;
  });
  expect(left).toBeGreaterThan(10_000_000);
});

describe('closing a listener', () => {
  it('says-421-at-rest-and-waits-for-the-message-under-way', async () => {
    const { listener, ports } = await listen();
    const resting = await open(listener.port);
    expect(await resting.replies.next()).toMatch(/^220 /);
    const sending = await open(listener.port);
    sending.socket.write(`${transaction}first half `);
    for (const code of ['220', '250', '250', '250', '354']) expect(await sending.replies.next()).toContain(code);
    const closed = listener.close(60_000);
    expect(await resting.replies.next()).toMatch(/^421 4\.3\.2 /);
    sending.socket.write('second half\r\n.\r\n');
    expect(await sending.replies.next()).toMatch(/^250 2\.0\.0 Ok: queued/);
    expect(await sending.replies.next()).toMatch(/^421 4\.3\.2 /);
    await closed;
    expect(ports.intake.accepted).toHaveLength(1);
    expect(listener.connections()).toBe(0);
  });

  it('ends-at-the-deadline-and-keeps-nothing-of-half-a-message', async () => {
    const { listener, ports } = await listen();
    const { socket, replies } = await open(listener.port);
    socket.write(`${transaction}half`);
    await until('the message has begun', () => ports.intake.underWay === 1);
    const closed = listener.close(5_000);
    ports.clock.pass(5_001);
    await closed;
    await replies.closed();
    expect({ ...ports.intake, durable: undefined }).toMatchObject({ accepted: [], underWay: 0, aborted: 1 });
  });

  it('takes-no-new-connections', async () => {
    const { listener } = await listen();
    await listener.close(0);
    const late = connect({ port: listener.port, host: '127.0.0.1' });
    await expect(once(late, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
