/**
 * Takes the bytes of one message, from DATA or from BDAT, into the intake. After a fault the bytes go on being read and
 * dropped, since the client is told only at the end (RFC 5321 §3.3), and nothing of them is kept.
 */
import type { Fault } from '../../domain/catalogue.ts';
import type { IntakeResult, SubmissionInProgress } from '../intake.ts';
import type { ByteSink } from './dot-decoder.ts';
import { LineCheck } from './line-check.ts';

export interface ReceiverLimits {
  readonly maxMessageBytes: number;
  readonly lineBytes: number;
  readonly bareNewlines: 'refuse' | 'keep';
}

export class MessageReceiver implements ByteSink {
  /** Bytes so far. */
  size = 0;
  /** Watches the lines: to be shown all bytes before they are written. */
  readonly lines: LineCheck;
  #fault: Fault | undefined;
  /** Settles when the disk has caught up with what was written. */
  #pending: Promise<void> | undefined;
  readonly #submission: SubmissionInProgress;
  readonly #limits: ReceiverLimits;

  constructor(submission: SubmissionInProgress, limits: ReceiverLimits) {
    this.#submission = submission;
    this.#limits = limits;
    this.lines = new LineCheck(limits.lineBytes);
  }

  /** What the message will be refused for; known before its end. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  write(bytes: Buffer): void {
    this.size += bytes.length;
    if (this.#fault) return;
    if (this.size > this.#limits.maxMessageBytes) this.#fail({ code: 'message-too-large' });
    else if (this.lines.lineTooLong) this.#fail({ code: 'line-too-long' });
    else if (this.lines.bareNewline && this.#limits.bareNewlines === 'refuse') this.#fail({ code: 'bare-newline' });
    else this.#waitFor(this.#submission.write(bytes));
  }

  /** What has to be waited for before more is written: the disk is slow. */
  takePending(): Promise<void> | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }

  /** Puts the message on record, or drops it for its fault. Resolves when it is durable. */
  async finish(): Promise<IntakeResult> {
    this.lines.end();
    if (!this.#fault && this.lines.bareNewline && this.#limits.bareNewlines === 'refuse') {
      this.#fail({ code: 'bare-newline' });
      await this.takePending();
    }
    return this.#fault ? { accepted: false, fault: this.#fault } : this.#submission.finish();
  }

  async abort(): Promise<void> {
    if (!this.#fault) await this.#submission.abort();
  }

  #fail(fault: Fault): void {
    this.#fault = fault;
    this.#waitFor(this.#submission.abort());
  }

  #waitFor(wait: Promise<void> | undefined): void {
    if (wait) this.#pending = this.#pending ? Promise.all([this.#pending, wait]).then(() => undefined) : wait;
  }
}
