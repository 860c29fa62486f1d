/**
 * One HTTP request and its answer, with the one thing that common clients do not tell: whether the whole body was out when
 * it broke. That decides between "certainly not sent" and "nobody knows".
 *
 * The body counts as out from the moment its last piece is handed to the socket. The operating system may still hold it
 * then; but what cannot be known is not claimed.
 */
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Connections } from './connections.ts';

export interface ExchangeRequest {
  readonly origin: string;
  readonly path: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: ExchangeBody;
  readonly deadlines: Deadlines;
  readonly signal?: AbortSignal;
  /** Bytes of the answer that are kept; `answerBytesKept` when not given. */
  readonly answerBytes?: number;
  /** Called when the first bytes are about to go out; for crash tests. */
  readonly started?: () => void;
}

/** A body whose length is known. `pieces` is read once. */
export type ExchangeBody =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'pieces'; readonly length: number; readonly pieces: Iterable<Buffer> };

export interface Deadlines {
  /** ms from the call until the whole body is out, waiting for a connection included. */
  readonly uploadMs: number;
  /** ms from there until the whole answer is in. */
  readonly answerMs: number;
}

export interface ExchangeAnswer {
  readonly status: number;
  /** Names in lower case; of several equal fields, the first. */
  readonly headers: Readonly<Record<string, string>>;
  /** Cut at `answerBytesKept`. */
  readonly body: Buffer;
}

export type Exchanged =
  | { readonly kind: 'answered'; readonly answer: ExchangeAnswer }
  /** `bodyOut`: the service may have all of it. */
  | { readonly kind: 'broken'; readonly bodyOut: boolean; readonly why: string };

/** Bytes of an answer that are kept. Errors of Graph are below 4 KB; a page of a proxy must not fill the memory. */
const answerBytesKept = 256 * 1024;

/** Never rejects. */
export function exchange(dispatcher: Connections, request: ExchangeRequest): Promise<Exchanged> {
  return new Promise((resolve) => new Exchange(request, resolve).begin(dispatcher));
}

class Exchange {
  readonly #request: ExchangeRequest;
  readonly #resolve: (exchanged: Exchanged) => void;
  #bodyOut = false;
  #over = false;
  #controller: Dispatcher.DispatchController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #status = 0;
  #headers: Record<string, string> = {};
  readonly #pieces: Buffer[] = [];
  #kept = 0;
  readonly #aborted = () => this.#give('Mailroom stopped waiting because it is shutting down.');

  constructor(request: ExchangeRequest, resolve: (exchanged: Exchanged) => void) {
    this.#request = request;
    this.#resolve = resolve;
  }

  begin(dispatcher: Connections): void {
    const { origin, path, method, headers, body, deadlines, signal } = this.#request;
    if (signal?.aborted) {
      this.#aborted();
      return;
    }
    signal?.addEventListener('abort', this.#aborted, { once: true });
    this.#deadline(deadlines.uploadMs, 'The message could not be put out');
    const length: Record<string, string> = body?.kind === 'pieces' ? { 'content-length': String(body.length) } : {};
    try {
      dispatcher.dispatch(
        {
          origin,
          path,
          method,
          headers: { ...headers, ...length },
          body: this.#body(),
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        {
          onRequestStart: (controller) => this.#started(controller),
          onRequestSent: () => this.#sent(),
          onResponseStart: (_controller, status, answerHeaders) => this.#answerBegins(status, answerHeaders),
          onResponseData: (_controller, piece) => this.#take(piece),
          onResponseEnd: () => this.#end(),
          onResponseError: (_controller, error) => this.#give(sentenceOf(error)),
        },
      );
    } catch (error) {
      this.#give(sentenceOf(error));
    }
  }

  #body(): Buffer | Readable | null {
    const { body } = this.#request;
    if (!body) return null;
    if (body.kind === 'whole') return body.bytes;
    return Readable.from(this.#marked(body.pieces, body.length), { objectMode: false });
  }

  /** Marks the body as out before its last piece is let go. */
  *#marked(pieces: Iterable<Buffer>, length: number): Generator<Buffer> {
    let out = 0;
    for (const piece of pieces) {
      out += piece.length;
      if (out >= length) this.#bodyOut = true;
      yield piece;
    }
  }

  #started(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Given up while it waited for a connection: nothing may go out any more.
    if (this.#over) controller.abort(new Error('given up'));
    else this.#request.started?.();
  }

  #sent(): void {
    this.#bodyOut = true;
    if (!this.#over) this.#deadline(this.#request.deadlines.answerMs, 'No answer came');
  }

  #answerBegins(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void {
    this.#status = status;
    this.#headers = {};
    for (const [name, value] of Object.entries(headers)) {
      const first = Array.isArray(value) ? value[0] : value;
      if (first !== undefined) this.#headers[name.toLowerCase()] = first;
    }
  }

  #take(piece: Buffer): void {
    const room = (this.#request.answerBytes ?? answerBytesKept) - this.#kept;
    if (room <= 0) return;
    this.#pieces.push(Buffer.from(piece.subarray(0, room)));
    this.#kept += Math.min(room, piece.length);
  }

  #end(): void {
    const answer = { status: this.#status, headers: this.#headers, body: Buffer.concat(this.#pieces) };
    this.#settle({ kind: 'answered', answer });
  }

  /** Ends it from here; the connection goes too, because an answer to come would be taken for the next one's. */
  #give(why: string): void {
    if (this.#over) return;
    this.#settle({ kind: 'broken', bodyOut: this.#bodyOut, why });
    this.#controller?.abort(new Error(why));
  }

  #settle(exchanged: Exchanged): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#request.signal?.removeEventListener('abort', this.#aborted);
    this.#resolve(exchanged);
  }

  #deadline(ms: number, what: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#give(`${what} within ${Math.round(ms / 1000)} s.`), ms);
  }
}

/** What went wrong, with the system's code, without any URL: a proxy's may hold a password. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return 'The connection failed.';
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
  const inner =
    error instanceof AggregateError && error.errors.length > 0
      ? error.errors.map(sentenceOf).join('; ')
      : error.message;
  return `${code}${inner}`.slice(0, 500);
}
