/**
 * One request and its answer, as the endpoints see them: no sockets, no streams.
 */
import type { IncomingHttpHeaders } from 'node:http';

export interface TenantRequest {
  readonly method: string;
  /** Decoded segments of the path. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface TenantResponse {
  readonly status: number;
  /** A list is for headers that come several times, such as Set-Cookie. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** An object goes out as JSON. Nothing means no body and no Content-Type: clients of Graph stumble over an empty JSON body. */
  readonly body?: Buffer | string | object;
}

/** A header that may come more than once, as its first value. */
export function headerText(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
