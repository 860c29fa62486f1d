/**
 * Contents of large attachments, on the disk while their request is under way: base64 goes in, bytes come out. The files have
 * no name from the moment that they are open, so that nothing is left of them whatever ends the process.
 */
import { createHash, type Hash, randomBytes, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { FaultError } from '../../domain/catalogue.ts';

/** Bytes of a token that stands for a content: nobody can guess it, and it is base64 itself. */
const tokenBytes = 18;

export class SpooledContents {
  readonly #folder: string;
  readonly #admit: () => Promise<void>;
  readonly #byToken = new Map<string, SpooledContent>();

  /**
   * @param folder is made when it is needed and not there.
   * @param admit throws a FaultError when the disk has come down to its reserve.
   */
  constructor(folder: string, admit: () => Promise<void>) {
    this.#folder = folder;
    this.#admit = admit;
  }

  get size(): number {
    return this.#byToken.size;
  }

  async add(): Promise<SpooledContent> {
    await this.#admit();
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const path = join(this.#folder, `incoming-${randomUUID()}`);
    const file = await open(path, 'wx+', 0o600);
    const content = new SpooledContent(file);
    this.#byToken.set(content.token, content);
    await unlink(path);
    return content;
  }

  /** The content that stands behind a token of this request. */
  get(token: string): SpooledContent | undefined {
    return this.#byToken.get(token);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#byToken.values()].map((content) => content.close()));
  }
}

export class SpooledContent {
  readonly token = randomBytes(tokenBytes).toString('base64');
  readonly #file: FileHandle;
  readonly #hash: Hash = createHash('sha256');
  #digest: string | undefined;
  /** Characters that do not make whole bytes yet. */
  #rest = '';
  /** The beginning of an escape whose end has not come yet. */
  #escape = '';
  #size = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /**
   * Takes the next characters as they stand in the JSON.
   * @throws FaultError `request-invalid` when they are not base64, `storage-full` when the disk has no room.
   */
  async write(characters: Buffer): Promise<void> {
    const written = this.#escape + characters.toString('latin1');
    const open = startOfOpenEscape(written);
    this.#escape = written.slice(open);
    const text = this.#rest + unescaped(written.slice(0, open));
    const whole = text.length - (text.length % 4);
    this.#rest = text.slice(whole);
    if (whole === 0) return;
    const quads = text.slice(0, whole);
    if (this.#ended || !/^[A-Za-z0-9+/]*={0,2}$/.test(quads)) throw notBase64();
    this.#ended = quads.endsWith('=');
    const bytes = Buffer.from(quads, 'base64');
    this.#hash.update(bytes);
    let kept = 0;
    while (kept < bytes.length) {
      const piece = await this.#file.write(bytes, kept, bytes.length - kept, this.#size).catch(refuse);
      kept += piece.bytesWritten;
      this.#size += piece.bytesWritten;
    }
  }

  #ended = false;

  /** All has been written. @throws FaultError `request-invalid` when the last bytes are not whole. */
  finish(): void {
    if (this.#rest !== '' || this.#escape !== '') throw notBase64();
    this.#digest = this.#hash.digest('hex');
  }

  /** Tells this content from any other. */
  get digest(): string | undefined {
    return this.#digest;
  }

  read(): Readable {
    return this.#file.createReadStream({ start: 0, autoClose: false });
  }

  close(): Promise<void> {
    return this.#file.close().catch(() => undefined);
  }
}

/** Some writers of JSON escape each slash, and that of .NET each plus (as a number in hexadecimal digits; RFC 8259 §7). */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(?:\/|u([0-9a-f]{4}))/gi, (_escape, hex?: string) =>
    hex === undefined ? '/' : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Where an escape begins that the text ends in the middle of; its length when there is none. */
function startOfOpenEscape(text: string): number {
  const last = text.lastIndexOf('\\');
  return last >= 0 && /^\\(?:u[0-9a-f]{0,3})?$/i.test(text.slice(last)) ? last : text.length;
}

function notBase64(): FaultError {
  return new FaultError({ code: 'request-invalid', text: 'The content of an attachment is not base64.' });
}

function refuse(error: unknown): never {
  const full = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
  throw full ? new FaultError({ code: 'storage-full', detail: error.message }, { cause: error }) : error;
}
