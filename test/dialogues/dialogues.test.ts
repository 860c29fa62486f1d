/**
 * Runs every dialogue of this folder over a real socket, as it stands and byte by byte.
 *
 * A dialogue is a text file:
 *   # title                        first line
 *   listener: {json}               options of the listener, over the defaults below (optional)
 *   ports: {json}                  what intake and gate do, see recording-ports.ts (optional)
 *   C: line                        the client sends it with CR LF; several in a row leave in one write. \r \n \0 \xNN are escapes
 *   C+: text                       the same without CR LF
 *   S: pattern                     the next line of a reply must match this regular expression from its start
 *   TLS                            the client shakes hands
 *   CLOSED                         the server ends the connection
 *   ACCEPTED: json                 at the end: text of each message that was accepted, in order
 *   TO: json                       at the end: recipients of each accepted message
 */
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { startSmtpListener } from '../../src/ingress/smtp/listener.ts';
import type { SmtpListenerOptions } from '../../src/ingress/smtp/options.ts';
import { TlsCertificate } from '../../src/ingress/smtp/tls-certificate.ts';
import { systemClock } from '../../src/observe/system-clock.ts';
import { writeLocalhostCertificate } from '../harness/certificate.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { type PortWishes, recordingPorts } from './recording-ports.ts';

interface Dialogue {
  readonly title: string;
  readonly listener: Partial<SmtpListenerOptions> & { readonly limits?: Partial<SmtpListenerOptions['limits']> };
  readonly ports: PortWishes;
  readonly steps: readonly Step[];
  readonly accepted: readonly string[] | undefined;
  readonly to: readonly (readonly string[])[] | undefined;
}

type Step =
  | { readonly kind: 'send'; readonly bytes: Buffer }
  | { readonly kind: 'expect'; readonly pattern: string }
  | { readonly kind: 'tls' }
  | { readonly kind: 'closed' };

const limits = {
  connections: 100,
  connectionsPerAddress: 100,
  commands: 1000,
  errors: 20,
  recipients: 100,
  commandLineBytes: 2048,
  lineBytes: 4096,
  idleMs: 300_000,
  totalMs: 3_600_000,
};

function withEscapes(text: string): Buffer {
  const plain = text.replace(/\\(?:x([\da-f]{2})|(.))/gi, (_all, hex: string | undefined, char: string | undefined) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return { r: '\r', n: '\n', 0: '\0' }[char ?? ''] ?? char ?? '';
  });
  return Buffer.from(plain, /[\u0100-\uffff]/.test(plain) ? 'utf8' : 'latin1');
}

function read(file: string): Dialogue {
  const [first = '', ...lines] = readFileSync(file, 'utf8').replaceAll('\r\n', '\n').split('\n');
  const found: {
    listener: Dialogue['listener'];
    ports: PortWishes;
    steps: Step[];
    accepted?: string[];
    to?: string[][];
  } = { listener: {}, ports: {}, steps: [] };
  for (const line of lines.filter((each) => each !== '' && !each.startsWith('#'))) {
    const [, word = '', rest = ''] = /^([A-Za-z+]+):? ?(.*)$/.exec(line) ?? [];
    const last = found.steps.at(-1);
    switch (word) {
      case 'C':
      case 'C+': {
        const bytes = Buffer.concat([withEscapes(rest), Buffer.from(word === 'C' ? '\r\n' : '')]);
        if (last?.kind === 'send')
          found.steps[found.steps.length - 1] = { kind: 'send', bytes: Buffer.concat([last.bytes, bytes]) };
        else found.steps.push({ kind: 'send', bytes });
        break;
      }
      case 'S':
        found.steps.push({ kind: 'expect', pattern: rest });
        break;
      case 'TLS':
        found.steps.push({ kind: 'tls' });
        break;
      case 'CLOSED':
        found.steps.push({ kind: 'closed' });
        break;
      case 'listener':
        found.listener = JSON.parse(rest);
        break;
      case 'ports':
        found.ports = JSON.parse(rest);
        break;
      case 'ACCEPTED':
        found.accepted = JSON.parse(rest);
        break;
      case 'TO':
        found.to = JSON.parse(rest);
        break;
      default:
        throw new Error(`${file}: what is "${line}"?`);
    }
  }
  return { title: first.replace(/^# */, ''), accepted: undefined, to: undefined, ...found };
}

class Wire {
  #socket: Socket;
  #text = '';
  #ended = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen(socket);
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
      this.#wake();
    });
    socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on('error', () => {});
  }

  async send(bytes: Buffer, byteWise: boolean): Promise<void> {
    this.#socket.setNoDelay(true);
    const pieces = byteWise ? [...bytes].map((byte) => Buffer.from([byte])) : [bytes];
    for (const piece of pieces) {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (this.#socket.destroyed) return;
      // Each byte is handed to the system before the next, so that the server is likely to read it alone.
      this.#socket.write(piece, () => resolve());
      await promise;
    }
  }

  async line(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf('\r\n');
      if (end !== -1) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return line;
      }
      if (this.#ended) return `(the connection ended: ${this.#text})`;
      await this.#next();
    }
  }

  async closed(): Promise<string> {
    while (!this.#ended) await this.#next();
    return this.#text;
  }

  async secure(ca: string): Promise<void> {
    this.#socket.removeAllListeners();
    const tls = connectTls({ socket: this.#socket, ca, servername: 'localhost' });
    await once(tls, 'secureConnect');
    this.#socket = tls;
    this.#listen(tls);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #next(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const noMetrics = {
  connectionOpened: () => {},
  connectionClosed: () => {},
  connectionRefused: () => {},
  authFailed: () => {},
  tlsFailed: () => {},
  messageAnswered: () => {},
};

async function run(dialogue: Dialogue, byteWise: boolean): Promise<void> {
  await using folder = await temporaryFolder();
  const files = await writeLocalhostCertificate(folder.path);
  const certificate = new TlsCertificate({ ...files, minVersion: 'TLSv1.2', clock: systemClock, logger: silent });
  const ports = recordingPorts(dialogue.ports);
  const listener = await startSmtpListener(
    {
      name: 'test',
      host: '127.0.0.1',
      port: 0,
      hostname: 'mail.example',
      tls: 'none',
      certificate,
      auth: 'optional',
      allowPlaintextAuth: false,
      allowFrom: [],
      maxMessageBytes: 10_000,
      bareNewlines: 'refuse',
      ...dialogue.listener,
      limits: { ...limits, ...dialogue.listener.limits },
    },
    { ...ports, clock: systemClock, logger: silent, metrics: noMetrics },
  );
  const socket = connect(listener.port, '127.0.0.1');
  const wire = new Wire(socket);
  try {
    for (const [index, step] of dialogue.steps.entries()) {
      switch (step.kind) {
        case 'send':
          await wire.send(step.bytes, byteWise);
          break;
        case 'expect':
          expect([index, await wire.line()]).toEqual([
            index,
            expect.stringMatching(new RegExp(`^(?:${step.pattern})`)),
          ]);
          break;
        case 'tls':
          await wire.secure(readFileSync(files.caFile, 'utf8'));
          break;
        case 'closed':
          expect([index, await wire.closed()]).toEqual([index, '']);
          break;
      }
    }
    if (dialogue.accepted) expect(ports.accepted.map(({ text }) => text)).toEqual(dialogue.accepted);
    if (dialogue.to)
      expect(ports.accepted.map(({ start }) => start.envelope.recipients.map(({ address }) => address))).toEqual(
        dialogue.to,
      );
  } finally {
    wire.destroy();
    certificate.close();
    await listener.close(0);
  }
}

const files = globSync('*.txt', { cwd: import.meta.dirname }).sort();

describe('dialogues', () => {
  it('are-there-in-numbers', () => {
    expect(files.length).toBeGreaterThanOrEqual(60);
  });
  for (const file of files) {
    const dialogue = read(join(import.meta.dirname, file));
    const name = file.replace(/\.txt$/, '');
    it(`${name}: ${dialogue.title}`, () => run(dialogue, false));
    // A handshake has its own framing, and what is pipelined behind STARTTLS depends on arriving together.
    const dependsOnWrites = dialogue.steps.some((step) => step.kind === 'tls') || name.startsWith('starttls');
    if (!dependsOnWrites) it(`${name}: the same, byte by byte`, () => run(dialogue, true));
  }
});
