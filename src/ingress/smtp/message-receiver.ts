/**
 * Takes the bytes of one message, from DATA or from BDAT, into the intake. After a fault the bytes go on being read and
 * dropped, since the client is told only at the end (RFC 5321 §3.3), and nothing of them is kept.
 */
import type { Fault } from '../../domain/catalogue.ts';
import type { IntakeResult, SubmissionInProgress } from '../intake.ts';
import { LineCheck } from './line-check.ts';

export interface ReceiverLimits {
  readonly maxMessageBytes: number;
  readonly lineBytes: number;
  readonly bareNewlines: 'refuse' | 'keep';
}

export class MessageReceiver {
  size = 0;
  #fault: Fault | undefined;
  readonly #submission: SubmissionInProgress;
  readonly #limits: ReceiverLimits;
  readonly #lines: LineCheck;

  constructor(submission: SubmissionInProgress, limits: ReceiverLimits) {
    this.#submission = submission;
    this.#limits = limits;
    this.#lines = new LineCheck(limits.lineBytes);
  }

  /** Takes the next bytes; a promise means that the disk is slow and the socket must wait. */
  write(bytes: Buffer): Promise<void> | undefined {
    this.size += bytes.length;
    if (this.#fault) return undefined;
    this.#lines.look(bytes);
    if (this.size > this.#limits.maxMessageBytes) return this.#fail({ code: 'message-too-large' });
    if (this.#lines.lineTooLong) return this.#fail({ code: 'line-too-long' });
    if (this.#lines.bareNewline && this.#limits.bareNewlines === 'refuse') return this.#fail({ code: 'bare-newline' });
    return this.#submission.write(bytes);
  }

  async finish(): Promise<IntakeResult> {
    this.#lines.end();
    if (!this.#fault && this.#lines.bareNewline && this.#limits.bareNewlines === 'refuse')
      await this.#fail({ code: 'bare-newline' });
    return this.#fault ? { accepted: false, fault: this.#fault } : this.#submission.finish();
  }

  async abort(): Promise<void> {
    if (!this.#fault) await this.#submission.abort();
  }

  #fail(fault: Fault): Promise<void> {
    this.#fault = fault;
    return this.#submission.abort();
  }
}
