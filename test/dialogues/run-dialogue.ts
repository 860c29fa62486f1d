/** Plays a dialogue over a real socket against a real listener, and holds each reply against the script. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect } from 'vitest';
import { startSmtpListener } from '../../src/ingress/smtp/listener.ts';
import type { TlsCertificate } from '../../src/ingress/smtp/tls-certificate.ts';
import type { Dialogue, expectedMessage, Step } from './dialogue-file.ts';
import { type RecordedMessage, type RecordingPorts, recordingPorts } from './recording-ports.ts';
import { ReplyReader } from './reply-reader.ts';

/** One open connection of a dialogue. */
class Client {
  readonly replies = new ReplyReader();
  #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(port: number, implicitTls: boolean): Promise<Client> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const client = new Client(socket);
    client.#listen(socket);
    await once(socket, 'connect');
    if (implicitTls) await client.startTls();
    return client;
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** The certificate is made for this run; who made it is another test's question. */
  async startTls(): Promise<void> {
    this.#socket.removeAllListeners('data');
    this.#socket.removeAllListeners('end');
    const secure = connectTls({ socket: this.#socket, rejectUnauthorized: false, servername: 'localhost' });
    this.#socket = secure;
    this.#listen(secure);
    await once(secure, 'secureConnect');
  }

  fin(): void {
    this.#socket.end();
  }

  cut(): void {
    this.#socket.destroy();
  }

  #listen(socket: Socket): void {
    socket.on('data', (bytes: Buffer) => this.replies.add(bytes.toString('latin1')));
    // The other side may end a connection by a reset; the script asks for the end, not for its manner.
    socket.on('error', () => this.replies.end());
    socket.on('end', () => {
      this.replies.end();
      socket.end();
    });
    socket.on('close', () => this.replies.end());
  }
}

/** Plays it; throws when anything but what the script says happens. Gives what the ports remember. */
export async function runDialogue(dialogue: Dialogue, certificate: TlsCertificate): Promise<RecordingPorts> {
  const ports = recordingPorts(dialogue.byAddress);
  const { options, steps } = dialogue;
  const listener = await startSmtpListener({ ...options, certificate }, ports);
  const client = await Client.open(listener.port, options.tls === 'implicit');
  const taken: RecordedMessage[] = [];
  try {
    for (const group of grouped(steps)) await play(group, client, ports, taken);
    await endWell(client);
  } finally {
    client.cut();
    await listener.close(0);
  }
  expect(client.replies.left, 'replies that no command asked for').toEqual([]);
  expect(ports.intake.accepted.length, 'messages accepted').toBe(dialogue.accepted);
  expect(ports.intake.underWay, 'messages neither accepted nor dropped').toBe(0);
  expect(ports.metrics.counts['messageAnswered'] ?? 0, 'messages counted').toBe(dialogue.accepted);
  expect(ports.metrics.counts['connectionClosed'], 'connections counted').toBe(
    ports.metrics.counts['connectionOpened'],
  );
  return ports;
}

/** What stands together goes out in one write, as a client that pipelines does it. */
export function grouped(steps: Dialogue['steps']): (Step & { readonly line: number })[] {
  const groups: (Step & { readonly line: number })[] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (step.kind === 'send' && last?.kind === 'send')
      groups[groups.length - 1] = { ...last, bytes: Buffer.concat([last.bytes, step.bytes]) };
    else groups.push(step);
  }
  return groups;
}

async function play(
  step: Step & { readonly line: number },
  client: Client,
  ports: RecordingPorts,
  taken: RecordedMessage[],
): Promise<void> {
  switch (step.kind) {
    case 'send':
      return client.write(step.bytes);
    case 'expect':
      return expectReply(step.line, await client.replies.next(), step.reply);
    case 'message': {
      const message = ports.intake.accepted[taken.length];
      if (!message) throw new Error(`line ${step.line}: no further message was accepted`);
      taken.push(message);
      return expectMessage(step.line, message, step.expected);
    }
    case 'wait':
      return ports.clock.pass(step.ms);
    case 'tls':
      return client.startTls();
    case 'fin':
      return client.fin();
    case 'cut':
      return client.cut();
    case 'end':
      expect(await client.replies.next(), `line ${step.line}: a reply where the end should be`).toBeUndefined();
      return;
  }
}

/** A reply begins as the pattern does; `...` in it stands for anything. */
function expectReply(line: number, reply: string | undefined, pattern: string): void {
  const source = pattern.split('...').map(RegExp.escape).join('.*');
  expect(reply ?? 'the end of the connection', `line ${line}`).toMatch(new RegExp(`^${source}`));
}

function expectMessage(
  line: number,
  { start, bytes }: RecordedMessage,
  wanted: ReturnType<(typeof expectedMessage)['parse']>,
): void {
  const { client, envelope, origin } = start;
  const seen = {
    client: client.name,
    from: envelope.mailFrom,
    to: envelope.recipients.map(({ address }) => address),
    bytes,
    size: bytes.length,
    tls: origin.tls,
    helo: origin.helo,
    smtpUtf8: envelope.smtpUtf8,
    returnContent: envelope.returnContent,
    envelopeId: envelope.envelopeId,
    notify: envelope.recipients.map(({ notify }) => notify ?? null),
    originalRecipients: envelope.recipients.map(({ originalRecipient }) => originalRecipient ?? null),
  };
  expect(seen, `line ${line}`).toMatchObject(wanted);
}

/** A dialogue that leaves its connection open must leave one that works. */
async function endWell(client: Client): Promise<void> {
  if (client.replies.ended) return;
  client.write(Buffer.from('QUIT\r\n'));
  const last = await client.replies.next();
  if (last !== undefined) expect(last).toMatch(/^221 /);
  await client.replies.closed();
}
