/**
 * An SMTP loop without TLS, AUTH, policy or limits: what a single Node.js process can do at most, not a design.
 */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

const endOfData = Buffer.from('\r\n.\r\n');
const greeting = Buffer.from('220 bare ESMTP\r\n');
const hello = Buffer.from('250-bare\r\n250-PIPELINING\r\n250 8BITMIME\r\n');
const ok = Buffer.from('250 2.0.0 OK\r\n');
const goAhead = Buffer.from('354 go ahead\r\n');
const bye = Buffer.from('221 2.0.0 bye\r\n');
const unknown = Buffer.from('500 5.5.1 unknown\r\n');

/** Takes one message (dot-stuffed, its end included); 250 follows when it resolves. */
export type Store = (chunks: readonly Uint8Array[]) => Promise<void>;

/** Commands until DATA; then bytes until CR LF . CR LF; then no reading on until the store has answered. */
function converse(socket: Socket, store: Store): void {
  let commandBytes: Buffer = Buffer.alloc(0);
  let body: Buffer[] | undefined;
  /** The last bytes of the body so far, in case its end is cut in two by the network. */
  let tail: Buffer = Buffer.alloc(0);

  function takeBody(chunk: Buffer, chunks: Buffer[]): void {
    const joint = Buffer.concat([tail, chunk.subarray(0, endOfData.length - 1)]);
    const inJoint = tail.length === 0 ? -1 : joint.indexOf(endOfData);
    const end = inJoint === -1 ? chunk.indexOf(endOfData) : inJoint - tail.length;
    if (end === -1) {
      chunks.push(chunk);
      tail =
        chunk.length >= endOfData.length ? chunk.subarray(1 - endOfData.length) : joint.subarray(1 - endOfData.length);
      return;
    }
    const after = end + endOfData.length;
    chunks.push(chunk.subarray(0, after));
    body = undefined;
    tail = Buffer.alloc(0);
    socket.pause();
    store(chunks).then(
      () => {
        socket.write(ok);
        socket.resume();
        if (after < chunk.length) takeCommands(chunk.subarray(after));
      },
      () => socket.destroy(),
    );
  }

  function takeCommands(chunk: Buffer): void {
    let bytes = commandBytes.length === 0 ? chunk : Buffer.concat([commandBytes, chunk]);
    const replies: Buffer[] = [];
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10)) {
      const verb = bytes.toString('latin1', 0, 4).toUpperCase();
      bytes = bytes.subarray(end + 1);
      replies.push(replyTo(verb));
      if (verb === 'QUIT') socket.end(Buffer.concat(replies));
      if (verb === 'QUIT') return;
      if (verb === 'DATA') {
        body = [];
        break;
      }
    }
    commandBytes = body ? Buffer.alloc(0) : bytes;
    const [only] = replies;
    if (only) socket.write(replies.length === 1 ? only : Buffer.concat(replies));
    if (body && bytes.length > 0) takeBody(bytes, body);
  }

  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => (body ? takeBody(chunk, body) : takeCommands(chunk)));
  socket.write(greeting);
}

function replyTo(verb: string): Buffer {
  switch (verb) {
    case 'EHLO':
    case 'HELO':
      return hello;
    case 'MAIL':
    case 'RCPT':
    case 'RSET':
    case 'NOOP':
      return ok;
    case 'DATA':
      return goAhead;
    case 'QUIT':
      return bye;
    default:
      return unknown;
  }
}

export interface BareSmtp extends AsyncDisposable {
  readonly port: number;
}

/** Listens on 127.0.0.1, port 0. */
export async function startBareSmtp(store: Store): Promise<BareSmtp> {
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    converse(socket, store);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the bare engine is not listening');
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
