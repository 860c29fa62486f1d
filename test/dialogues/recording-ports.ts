/**
 * An intake and a gate for dialogues: they remember what they were given, and go wrong where an address says so.
 *
 * Senders by local part: `full@` finds the disk full, `late@` is refused after the last byte, `slow@` waits for the disk at
 * each write, `broken-begin@`, `broken-write@` and `broken-finish@` meet a mistake of ours. Senders at
 * forbidden.example may not send. Logins: `ada` with `s3cret`; `guess` is throttled, `broken` meets a mistake of ours.
 */
import type { Fault } from '../../src/domain/catalogue.ts';
import type { Clock, Logger } from '../../src/domain/ports.ts';
import type { Intake, IntakeResult, SubmissionInProgress, SubmissionStart } from '../../src/ingress/intake.ts';
import type { SmtpMetrics } from '../../src/ingress/smtp/options.ts';
import type { Decision, Gate, KnownClient } from '../../src/policy/gate.ts';

export interface RecordedMessage {
  readonly start: SubmissionStart;
  /** As latin1, one character a byte. */
  readonly bytes: string;
}

export class RecordingIntake implements Intake {
  readonly accepted: RecordedMessage[] = [];
  /** Begun, and neither accepted nor dropped. */
  underWay = 0;
  aborted = 0;
  /** When set, `finish` waits for it. */
  durable: Promise<void> | undefined;

  begin(start: SubmissionStart): SubmissionInProgress | Fault {
    const mode = start.envelope.mailFrom.split('@')[0] ?? '';
    if (mode === 'full') return { code: 'storage-full', detail: 'the disk of this test is full' };
    if (mode === 'broken-begin') throw new Error('a mistake at begin');
    const pieces: Buffer[] = [];
    let open = true;
    this.underWay += 1;
    const end = () => {
      if (open) this.underWay -= 1;
      open = false;
    };
    return {
      write: (chunk) => {
        if (mode === 'broken-write') throw new Error('a mistake at write');
        pieces.push(Buffer.from(chunk));
        return mode === 'slow' ? new Promise((resolve) => setImmediate(resolve)) : undefined;
      },
      finish: async (): Promise<IntakeResult> => {
        await this.durable;
        end();
        if (mode === 'broken-finish') throw new Error('a mistake at finish');
        if (mode === 'late') return { accepted: false, fault: { code: 'from-not-allowed' } };
        this.accepted.push({ start, bytes: Buffer.concat(pieces).toString('latin1') });
        return { accepted: true, id: `M${this.accepted.length}` };
      },
      abort: async () => {
        if (open) this.aborted += 1;
        end();
      },
    };
  }
}

export class RecordingGate implements Gate {
  readonly #byAddress: boolean;

  /** `byAddress`: every address is one of the client `local`. */
  constructor(byAddress: boolean) {
    this.#byAddress = byAddress;
  }

  clientByAddress(): KnownClient | undefined {
    return this.#byAddress ? { name: 'local', priority: 'normal' } : undefined;
  }

  async authenticatePassword(login: string, password: string): Promise<Decision<KnownClient>> {
    if (login === 'broken') throw new Error('a mistake at login');
    if (login === 'guess') return { ok: false, fault: { code: 'auth-throttled' } };
    if (login === 'ada' && password === 's3cret') return { ok: true, value: { name: 'ada', priority: 'normal' } };
    return { ok: false, fault: { code: 'auth-failed' } };
  }

  async authenticateKey(): Promise<Decision<KnownClient>> {
    return { ok: false, fault: { code: 'auth-failed' } };
  }

  largestMessage(): number {
    return Number.POSITIVE_INFINITY;
  }

  checkMailFrom(_client: KnownClient, mailFrom: string): Fault | undefined {
    return mailFrom.endsWith('@forbidden.example')
      ? { code: 'sender-not-allowed', detail: 'SECRET RULE of the configuration' }
      : undefined;
  }

  checkHeaderFrom(): undefined {
    return undefined;
  }

  takeQuota(): undefined {
    return undefined;
  }

  route(): Decision<never> {
    return { ok: false, fault: { code: 'no-route' } };
  }
}

/** A clock that stands still until it is told to go on. */
export class StillClock implements Clock {
  #now = 1_800_000_000_000;
  readonly #timers = new Map<number, { readonly at: number; readonly callback: () => void }>();
  #lastTimer = 0;

  now(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void): () => void {
    this.#lastTimer += 1;
    const timer = this.#lastTimer;
    this.#timers.set(timer, { at: this.#now + delayMs, callback });
    return () => this.#timers.delete(timer);
  }

  /** Lets so many ms pass, and calls what falls due, in order. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at);
      if (!next) break;
      this.#timers.delete(next[0]);
      this.#now = Math.max(this.#now, next[1].at);
      next[1].callback();
    }
    this.#now = end;
  }
}

/** What was logged, as one text for each line. */
export class RecordingLogger implements Logger {
  readonly lines: string[] = [];
  debug = (fields: object, sentence: string) => this.#add('debug', fields, sentence);
  info = (fields: object, sentence: string) => this.#add('info', fields, sentence);
  warn = (fields: object, sentence: string) => this.#add('warn', fields, sentence);
  error = (fields: object, sentence: string) => this.#add('error', fields, sentence);

  #add(level: string, fields: object, sentence: string): void {
    this.lines.push(`${level} ${sentence} ${JSON.stringify(fields)}`);
  }
}

/** Counts by name: `messageAnswered`, or with the code behind it, `messageAnswered bare-newline`. */
export class RecordingMetrics implements SmtpMetrics {
  readonly counts: Record<string, number> = {};
  connectionOpened = () => this.#count('connectionOpened');
  connectionClosed = () => this.#count('connectionClosed');
  connectionRefused = (_listener: string, code: string) => this.#count(`connectionRefused ${code}`);
  authFailed = () => this.#count('authFailed');
  tlsFailed = () => this.#count('tlsFailed');
  messageAnswered = (_listener: string, code: string | undefined) =>
    this.#count(code === undefined ? 'messageAnswered' : `messageAnswered ${code}`);

  #count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }
}

/** All ports of a listener, each of which remembers. */
export function recordingPorts(byAddress: boolean) {
  return {
    intake: new RecordingIntake(),
    gate: new RecordingGate(byAddress),
    clock: new StillClock(),
    logger: new RecordingLogger(),
    metrics: new RecordingMetrics(),
  };
}

export type RecordingPorts = ReturnType<typeof recordingPorts>;
