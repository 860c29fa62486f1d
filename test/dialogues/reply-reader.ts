/** Puts what a server sends together into replies. */

export class ReplyReader {
  #text = '';
  readonly #replies: string[] = [];
  #ended = false;
  #wake = () => {};

  /** Bytes that came, as latin1. */
  add(text: string): void {
    this.#text += text;
    for (;;) {
      const match = /^(?:\d{3}-[^\r\n]*\r\n)*\d{3}(?: [^\r\n]*)?\r\n/.exec(this.#text);
      if (!match) break;
      this.#text = this.#text.slice(match[0].length);
      const lines = match[0].split('\r\n').slice(0, -1);
      this.#replies.push(`${match[0].slice(0, 3)} ${lines.map((line) => line.slice(4)).join(' | ')}`);
    }
    this.#wake();
  }

  /** Nothing more will come. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Replies that nobody has taken, and bytes that are no reply. */
  get left(): readonly string[] {
    return this.#text === '' ? this.#replies : [...this.#replies, `no reply: ${JSON.stringify(this.#text)}`];
  }

  /** The next reply: code, blank, and its lines with ` | ` between them. `undefined` at the end of the connection. */
  async next(deadlineMs = 10_000): Promise<string | undefined> {
    const deadline = performance.now() + deadlineMs;
    while (this.#replies.length === 0 && !this.#ended) await this.#more(deadline);
    return this.#replies.shift();
  }

  /** Resolves when the connection has ended. */
  async closed(deadlineMs = 10_000): Promise<void> {
    const deadline = performance.now() + deadlineMs;
    while (!this.#ended) await this.#more(deadline);
  }

  async #more(deadline: number): Promise<void> {
    const left = deadline - performance.now();
    if (left <= 0) throw new Error(`nothing came within the deadline; so far ${JSON.stringify(this.#text)}`);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, left);
    await promise;
    clearTimeout(timer);
  }
}
