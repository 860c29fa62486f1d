/**
 * A raw SMTP client for tests that care about each byte of the dialogue: it sends what it is told to, right or wrong.
 */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** One reply, which may have had several lines. */
export interface SmtpReply {
  readonly code: number;
  /** The texts behind the code, one for each line. */
  readonly lines: readonly string[];
}

export interface SmtpDialogue extends AsyncDisposable {
  /** The next reply. Rejects when the connection ends first or none comes within the deadline. */
  reply(): Promise<SmtpReply>;
  /** Sends a line (CR LF is added) and gives its reply. */
  command(line: string): Promise<SmtpReply>;
  /** Sends bytes as they are, and waits for nothing. */
  write(bytes: string | Uint8Array): void;
  /** Sends bytes as they are, and waits while the other side takes no more. */
  writeFully(bytes: Uint8Array): Promise<void>;
  /** Says STARTTLS, and shakes hands with the authority `caPem` in trust. */
  startTls(caPem: string): Promise<void>;
  /** One whole transaction, each command after the reply to the one before; gives the last reply that came. */
  send(from: string, to: readonly string[], content: string | Uint8Array): Promise<SmtpReply>;
  /** Resolves when the other side has ended the connection. */
  readonly closed: Promise<void>;
  /** Cuts the connection without a word. */
  cut(): void;
}

export interface DialogueOptions {
  readonly port: number;
  readonly host?: string;
  /** Shake hands at once (implicit TLS), with this authority in trust. */
  readonly implicitTlsCaPem?: string;
  /** ms to wait for a reply; 20,000 when not given. */
  readonly deadlineMs?: number;
}

/** Connects; the greeting is the first reply. */
export async function openDialogue(options: DialogueOptions): Promise<SmtpDialogue> {
  const host = options.host ?? '127.0.0.1';
  const deadlineMs = options.deadlineMs ?? 20_000;
  const plain = connectTcp({ host, port: options.port, noDelay: true });
  await once(plain, 'connect');
  let received = '';
  let ended = false;
  let wake = () => {};
  const ending = Promise.withResolvers<void>();

  function listenTo(next: Socket): Socket {
    next.setEncoding('latin1');
    next.on('data', (text: string) => {
      received += text;
      wake();
    });
    // A reset is one way for the other side to end the connection; the test sees it as that.
    next.on('error', () => undefined);
    next.on('close', () => {
      ended = true;
      wake();
      ending.resolve();
    });
    return next;
  }

  async function shakeHands(caPem: string): Promise<Socket> {
    plain.removeAllListeners('data');
    plain.removeAllListeners('close');
    const secure = connectTls({ socket: plain, ca: caPem, servername: 'localhost' });
    await once(secure, 'secureConnect');
    return secure;
  }

  let socket = listenTo(options.implicitTlsCaPem === undefined ? plain : await shakeHands(options.implicitTlsCaPem));

  async function reply(): Promise<SmtpReply> {
    const deadline = performance.now() + deadlineMs;
    for (;;) {
      const parsed = takeReply(received);
      if (parsed) {
        received = parsed.rest;
        return parsed.reply;
      }
      if (ended) throw new Error(`the connection ended; left over: ${JSON.stringify(received)}`);
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`no reply within ${deadlineMs} ms; so far: ${JSON.stringify(received)}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, left);
      await promise;
      clearTimeout(timer);
    }
  }

  async function command(line: string): Promise<SmtpReply> {
    socket.write(`${line}\r\n`);
    return reply();
  }

  return {
    reply,
    command,
    write: (bytes) => void socket.write(bytes),
    async writeFully(bytes) {
      if (!socket.write(bytes)) await once(socket, 'drain');
    },
    async startTls(caPem) {
      const answer = await command('STARTTLS');
      if (answer.code !== 220) throw new Error(`STARTTLS was answered ${answer.code} ${answer.lines.join(' / ')}`);
      socket = listenTo(await shakeHands(caPem));
    },
    async send(from, to, content) {
      let answer = await command(`MAIL FROM:<${from}>`);
      for (const address of to) {
        if (answer.code >= 400) return answer;
        answer = await command(`RCPT TO:<${address}>`);
      }
      if (answer.code >= 400) return answer;
      answer = await command('DATA');
      if (answer.code !== 354) return answer;
      socket.write(dotStuffed(content));
      return command('\r\n.');
    },
    closed: ending.promise,
    cut: () => void socket.destroy(),
    async [Symbol.asyncDispose]() {
      socket.destroy();
    },
  };
}

/** Doubles the dot at the start of a line (RFC 5321 §4.5.2). */
function dotStuffed(content: string | Uint8Array): Buffer {
  const text = Buffer.from(content).toString('latin1');
  return Buffer.from(text.replace(/(^|\r\n)\./g, '$1..').replace(/\r\n$/, ''), 'latin1');
}

function takeReply(text: string): { reply: SmtpReply; rest: string } | undefined {
  const lines: string[] = [];
  let from = 0;
  for (;;) {
    const end = text.indexOf('\r\n', from);
    if (end === -1) return undefined;
    const line = text.slice(from, end);
    from = end + 2;
    lines.push(line.slice(4));
    if (line.charAt(3) !== '-') return { reply: { code: Number(line.slice(0, 3)), lines }, rest: text.slice(from) };
  }
}
