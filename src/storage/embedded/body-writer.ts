/**
 * Takes the bytes of one message while they arrive.
 *
 * Up to a size they stay in memory and go into the journal with the record. Beyond it they go to a file of their own, in
 * order and one write at a time; what the disk has not taken yet waits in memory, and the sender is asked to wait when that
 * is much. Nothing is synced before `accept` asks for it.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { FaultError } from '../../domain/catalogue.ts';
import type { BodyWriter, FinishedBody } from '../../queue/store.ts';
import { BodySum } from './body-sum.ts';
import { saysFull, writeFully } from './files.ts';
import type { FolderSync } from './folder-sync.ts';
import type { Setting } from './options.ts';
import type { BodyFile } from './records.ts';
import type { Space } from './space.ts';

/** A sender is asked to wait when this much of its body waits for the disk: enough to keep the disk busy. */
const waitingBytes = 512 * 1024;
/** As much goes to the disk in one call: each costs some twenty pieces' worth of other work. */
const writtenAtOnce = 256 * 1024;

/** Pieces of one body that are handed on as they are: a mebibyte comes in some twenty. */
const mostPieces = 64;

export const bodiesFolder = 'bodies';

/** What `accept` takes over. */
export class IncomingBody implements BodyWriter, FinishedBody {
  readonly #setting: Setting;
  readonly #space: Space;
  readonly #folder: FolderSync;
  #name: string | undefined;
  #size = 0;
  #held = 0;
  #chunks: Uint8Array[] = [];
  #sum: BodySum | undefined;
  #fd: number | undefined;
  #large = false;
  #written = 0;
  #writing: Promise<void> | undefined;
  #failure: Error | undefined;
  #ended = false;

  /** @param folder of the bodies' files. */
  constructor(setting: Setting, space: Space, folder: FolderSync) {
    this.#setting = setting;
    this.#space = space;
    this.#folder = folder;
  }

  get size(): number {
    return this.#size;
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#ended) return Promise.reject(new Error('The body has been finished or discarded.'));
    try {
      this.#space.take(chunk.byteLength);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#held += chunk.byteLength;
    this.#size += chunk.byteLength;
    this.#chunks.push(chunk);
    if (!this.#large && this.#size <= this.#setting.largeBodyBytes) return undefined;
    this.#large = true;
    if (!this.#writing && this.#held >= writtenAtOnce) {
      this.#writing = this.#writeOut();
      // Whoever does not wait for this piece meets the failure at the next one, or at the end.
      this.#writing.catch(() => undefined);
    }
    return this.#held > waitingBytes ? this.#writing : undefined;
  }

  async finish(): Promise<FinishedBody> {
    this.#ended = true;
    await this.#writing;
    if (this.#large && this.#chunks.length > 0 && !this.#failure) {
      this.#writing = this.#writeOut();
      await this.#writing;
    }
    if (this.#failure) throw this.#failure;
    return this;
  }

  async discard(): Promise<void> {
    this.#ended = true;
    this.#failure ??= new Error('The body has been discarded.');
    await this.#writing?.catch(() => undefined);
    this.releaseMemory();
    if (!this.#large) return;
    await this.#closeFile();
    await this.#setting.files.unlink(this.#path).catch(() => undefined);
  }

  /** The bytes in memory, piece by piece as they came, with `prefix` before them; of a large body, the prefix alone. */
  inMemory(prefix: Uint8Array): readonly Uint8Array[] {
    const pieces = prefix.byteLength === 0 ? this.#chunks : [prefix, ...this.#chunks];
    // A copy costs less than a great many crumbs.
    return pieces.length > mostPieces ? [Buffer.concat(pieces)] : pieces;
  }

  /** Moves a finished body that is small into a file of its own. @throws FaultError as `write`. */
  async intoFile(): Promise<void> {
    if (this.#large) return;
    this.#large = true;
    await this.#writeOut();
  }

  /** Makes the file of a large body durable, with its name. `undefined` for a small one. */
  async syncFile(): Promise<BodyFile | undefined> {
    if (!this.#large || this.#fd === undefined || !this.#sum) return undefined;
    const { files, probe } = this.#setting;
    try {
      await files.fsync(this.#fd);
      await this.#closeFile();
      await this.#folder.sync();
    } catch (error) {
      throw this.#fault(error);
    }
    probe?.('body-synced');
    return { name: this.#fileName, size: this.#size, sum: this.#sum.end() };
  }

  /** The bytes are durable, or have been refused: they no longer count. */
  releaseMemory(): void {
    this.#space.giveBack(this.#held);
    this.#held = 0;
    this.#chunks = [];
  }

  /** Drawn when it is needed: few bodies have a file. */
  get #fileName(): string {
    this.#name ??= `${randomUUID()}.eml`;
    return this.#name;
  }

  get #path(): string {
    return join(this.#setting.dir, bodiesFolder, this.#fileName);
  }

  async #writeOut(): Promise<void> {
    const { files } = this.#setting;
    try {
      this.#fd ??= await files.open(this.#path, 'wx', 0o600);
      do {
        const chunks = this.#chunks;
        const bytes = this.#held;
        this.#chunks = [];
        this.#sum ??= new BodySum();
        for (const chunk of chunks) this.#sum.add(chunk);
        await writeFully(files, this.#fd, chunks, this.#written);
        this.#written += bytes;
        this.#held -= bytes;
        this.#space.giveBack(bytes);
        this.#setting.passed?.(bytes);
      } while (!this.#failure && (this.#ended ? this.#chunks.length > 0 : this.#held >= writtenAtOnce));
    } catch (error) {
      this.#failure = this.#fault(error);
      throw this.#failure;
    } finally {
      this.#writing = undefined;
    }
  }

  #fault(error: unknown): FaultError {
    const full = saysFull(error);
    if (full) this.#space.markFull();
    return new FaultError(
      {
        code: full ? 'storage-full' : 'storage-failed',
        detail: `Writing the body file ${this.#path} failed: ${error instanceof Error ? error.message : String(error)}`,
      },
      { cause: error },
    );
  }

  async #closeFile(): Promise<void> {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) await this.#setting.files.close(fd).catch(() => undefined);
  }
}
