/**
 * Faults on demand: what a test or a person asks the practice tenant to do wrong, and for which of the next requests.
 */

/** Parts of the tenant that a fault can be aimed at. */
export const endpoints = ['token', 'discovery', 'sendMail', 'other'] as const;
export type Endpoint = (typeof endpoints)[number];

export type FaultAction =
  /** Answers this in place of the real answer. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** A string goes out as it is, anything else as JSON; nothing means an empty body. */
      readonly body?: unknown;
      /** Adds Retry-After: so many seconds, written as a number or as a date of the tenant's clock. */
      readonly retryAfterSeconds?: number;
      readonly retryAfterAs?: 'seconds' | 'date';
      /** The message is taken all the same before this answer goes out: a 504 that lies. */
      readonly acceptAnyway?: boolean;
    }
  /** Ends the connection: before the body is read, after some bytes of it, when all of it is read, or when it is accepted. */
  | {
      readonly kind: 'cut';
      readonly when: 'before-body' | 'within-body' | 'after-body' | 'after-accepting';
      /** For `within-body`: how many bytes are read first. */
      readonly afterBytes?: number;
    }
  /** Answers as usual, but so many ms later. */
  | { readonly kind: 'delay'; readonly ms: number };

export interface Fault {
  /** Any endpoint when left out. */
  readonly endpoint?: Endpoint;
  readonly action: FaultAction;
  /** For how many requests; 1 when left out. */
  readonly times?: number;
  /** Strikes each matching request with this probability; always when left out. */
  readonly probability?: number;
}

/** The faults that wait for their requests, first come first served. */
export class FaultQueue {
  #waiting: { readonly fault: Fault; left: number }[] = [];
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  add(fault: Fault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#waiting = [];
  }

  list(): readonly (Fault & { readonly left: number })[] {
    return this.#waiting.map(({ fault, left }) => ({ ...fault, left }));
  }

  /** The action for a request to this endpoint, if any; uses it up by one. */
  take(endpoint: Endpoint): FaultAction | undefined {
    for (const entry of this.#waiting) {
      const { fault } = entry;
      if (fault.endpoint !== undefined && fault.endpoint !== endpoint) continue;
      if (fault.probability !== undefined && this.#random() >= fault.probability) continue;
      entry.left -= 1;
      if (entry.left <= 0) this.#waiting = this.#waiting.filter((each) => each !== entry);
      return fault.action;
    }
    return undefined;
  }
}
