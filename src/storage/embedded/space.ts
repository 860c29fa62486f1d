/**
 * What acceptance may use: memory for bodies that are not durable yet, and the disk down to its reserve.
 *
 * The reserve is what keeps a full disk from being more than a refusal: outcomes of messages that are being sent still
 * find room. The disk is asked now and then, never for each message; when it is full, each new message asks again, so that
 * acceptance goes on by itself when there is space.
 */
import { FaultError } from '../../domain/catalogue.ts';
import type { Setting } from './options.ts';

/** The disk is asked again after this time, or when this many bytes have been taken, whichever comes first. */
const askAfterMs = 1_000;
const askAfterBytes = 16 * 1024 * 1024;

export class Space {
  readonly #setting: Setting;
  #receiving = 0;
  #takenSince = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking = false;
  #full = false;

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  /** Bytes of bodies in memory. */
  get receiving(): number {
    return this.#receiving;
  }

  /** @throws FaultError `storage-full` or `memory-limit`. */
  admit(): void {
    this.#askSometimes();
    if (this.#full)
      throw new FaultError({
        code: 'storage-full',
        detail: `The disk of ${this.#setting.dir} has less than ${this.#setting.reserveBytes} bytes left (storage reserve).`,
      });
    if (this.#receiving >= this.#setting.receivingBytes) throw this.#tooMuch();
  }

  /** Counts bytes that come into memory. @throws FaultError `memory-limit`. */
  take(bytes: number): void {
    if (this.#receiving + bytes > this.#setting.receivingBytes) throw this.#tooMuch();
    this.#receiving += bytes;
    this.#takenSince += bytes;
  }

  giveBack(bytes: number): void {
    this.#receiving -= bytes;
  }

  /** The disk has refused bytes. */
  markFull(): void {
    this.#full = true;
  }

  async ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    this.#askedAt = this.#setting.clock.now();
    this.#takenSince = 0;
    try {
      const full = (await this.#setting.files.freeBytes(this.#setting.dir)) < this.#setting.reserveBytes;
      if (full !== this.#full) this.#tell(full);
      this.#full = full;
    } catch (error) {
      this.#setting.logger.warn({ err: error }, `The free space of ${this.#setting.dir} could not be read.`);
      // Not knowing is no reason to refuse for ever: the next write tells.
      this.#full = false;
    } finally {
      this.#asking = false;
    }
  }

  #askSometimes(): void {
    const due = this.#setting.clock.now() - this.#askedAt >= askAfterMs || this.#takenSince >= askAfterBytes;
    if (this.#full || due) void this.ask();
  }

  #tell(full: boolean): void {
    const { logger, dir, reserveBytes } = this.#setting;
    if (full)
      logger.error(
        { dir, reserveBytes },
        'The disk has come down to its reserve: no more mail is accepted until there is space.',
      );
    else logger.info({ dir }, 'There is space on the disk again: mail is accepted.');
  }

  #tooMuch(): FaultError {
    return new FaultError({
      code: 'memory-limit',
      detail: `Bodies in reception take ${this.#receiving} of ${this.#setting.receivingBytes} bytes.`,
    });
  }
}
