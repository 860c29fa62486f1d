/** Drives a session without a socket: bytes in, replies out. */
import { setImmediate } from 'node:timers/promises';
import type { SmtpListenerOptions } from '../../src/ingress/smtp/options.ts';
import { SmtpSession } from '../../src/ingress/smtp/session.ts';
import type { SmtpTransport } from '../../src/ingress/smtp/transport.ts';
import { type RecordingPorts, recordingPorts } from './recording-ports.ts';

/** Turns of the event loop in which a session must have answered: the ports of these tests answer in one or two. */
const mostTurns = 200;

export class SessionDriver implements SmtpTransport {
  readonly session: SmtpSession;
  readonly ports: RecordingPorts;
  /** What was sent, a text for each write. */
  readonly writes: string[] = [];
  ended = false;
  paused = false;
  /** What `send` answers: false is a client that does not read. */
  reads = true;

  constructor(options: Omit<SmtpListenerOptions, 'certificate'>, byAddress: boolean) {
    this.ports = recordingPorts(byAddress);
    const peer = { address: '192.0.2.1', tls: false, connection: 'test' };
    this.session = new SmtpSession(options, this.ports, this, peer);
  }

  send(text: string): boolean {
    if (this.ended) throw new Error('a reply behind the end of the connection');
    this.writes.push(text);
    return this.reads;
  }

  end(): void {
    this.ended = true;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  /** As a connection does it: the handshake is read whatever was paused before. */
  startTls(): void {
    this.paused = false;
  }

  /** Everything that was sent. */
  get transcript(): string {
    return this.writes.join('');
  }

  /** Last lines of replies so far: how many commands were answered. */
  get replies(): number {
    return this.transcript.match(/^\d{3} /gm)?.length ?? 0;
  }

  /** Gives bytes in these pieces; a paused session gets its next piece when it resumes, as from a socket. */
  async feed(pieces: readonly Buffer[]): Promise<void> {
    for (const piece of pieces) {
      for (let turn = 0; this.paused && turn < mostTurns; turn += 1) await setImmediate();
      if (piece.length > 0) this.session.receive(piece);
    }
    await this.settle();
  }

  /** Waits until nothing is sent any more. */
  async settle(): Promise<void> {
    let quiet = 0;
    for (let turn = 0; turn < mostTurns && quiet < 4; turn += 1) {
      const before = this.writes.length;
      await setImmediate();
      quiet = this.writes.length === before && !this.paused ? quiet + 1 : 0;
    }
  }
}

/** Cuts bytes at these places, wherever they lie. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...new Set([0, ...places.map((place) => place % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  return sorted.slice(1).map((to, index) => bytes.subarray(sorted[index], to));
}
