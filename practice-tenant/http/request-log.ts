/**
 * The newest requests, for whoever asks what a client has sent; and a way to wait for the next one.
 */
import type { Endpoint } from '../faults/fault.ts';

/** A request as it is kept for inspection: without any credential. */
export interface RecordedRequest {
  /** ms since the epoch, by the tenant's clock. */
  readonly at: number;
  readonly endpoint: Endpoint;
  readonly method: string;
  readonly path: string;
  readonly clientRequestId: string | undefined;
  readonly bodyBytes: number;
  /** 0 while it is under way or when the connection was cut. */
  status: number;
}

const keptRequests = 10_000;

export class RequestLog {
  readonly #recorded: RecordedRequest[] = [];
  readonly #untaken: RecordedRequest[] = [];
  readonly #takers: { endpoint: Endpoint; resolve: (request: RecordedRequest) => void }[] = [];

  record(request: RecordedRequest): void {
    if (this.#recorded.push(request) > keptRequests) this.#recorded.shift();
    const taker = this.#takers.findIndex(({ endpoint }) => endpoint === request.endpoint);
    if (taker !== -1) this.#takers.splice(taker, 1)[0]?.resolve(request);
    else if (this.#untaken.push(request) > keptRequests) this.#untaken.shift();
  }

  /** Oldest first. */
  list(endpoint?: Endpoint): readonly RecordedRequest[] {
    return this.#recorded.filter((request) => endpoint === undefined || request.endpoint === endpoint);
  }

  /** The next request to an endpoint that nobody has taken yet. @throws Error when none came within `deadlineMs` */
  take(endpoint: Endpoint, deadlineMs: number): Promise<RecordedRequest> {
    const waiting = this.#untaken.findIndex((request) => request.endpoint === endpoint);
    const found = waiting === -1 ? undefined : this.#untaken.splice(waiting, 1)[0];
    if (found) return Promise.resolve(found);
    const { promise, resolve, reject } = Promise.withResolvers<RecordedRequest>();
    const late = () => reject(new Error(`no request to ${endpoint} within ${deadlineMs} ms`));
    const timer = setTimeout(late, deadlineMs);
    this.#takers.push({ endpoint, resolve });
    return promise.finally(() => clearTimeout(timer));
  }

  clear(): void {
    this.#recorded.length = 0;
    this.#untaken.length = 0;
  }
}
