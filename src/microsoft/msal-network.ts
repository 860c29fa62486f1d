/**
 * The network of MSAL, over our own connections: proxy, private authority and deadlines are the same as for Graph.
 *
 * It remembers the last refusal as it came. MSAL's errors leave out status, trace ID and `Retry-After`, all of which
 * people and the queue need.
 */
import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import { z } from 'zod';
import type { Connections } from './connections.ts';
import { exchange } from './exchange.ts';
import { retryAfterMs } from './retry-after.ts';
import type { TokenRefusal } from './token-error.ts';

const deadlines = { uploadMs: 20_000, answerMs: 30_000 };

const refusalSchema = z.object({
  error: z.string().optional().catch(undefined),
  error_description: z.string().optional().catch(undefined),
  error_codes: z.array(z.number()).optional().catch(undefined),
  trace_id: z.string().optional().catch(undefined),
});

export class MsalNetwork implements INetworkModule {
  readonly #connections: Connections;
  readonly #now: () => number;
  /** The last answer that was no success, or why there was none. */
  refusal: TokenRefusal | undefined;

  constructor(connections: Connections, now: () => number) {
    this.#connections = connections;
    this.#now = now;
  }

  sendGetRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#send('GET', url, options);
  }

  sendPostRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#send('POST', url, options);
  }

  async #send<T>(
    method: 'GET' | 'POST',
    url: string,
    options: NetworkRequestOptions = {},
  ): Promise<NetworkResponse<T>> {
    const { origin, pathname, search } = new URL(url);
    const { headers = {}, body } = options;
    const exchanged = await exchange(this.#connections, {
      origin,
      path: `${pathname}${search}`,
      method,
      headers,
      ...(method === 'POST' ? { body: { kind: 'whole', bytes: Buffer.from(body ?? '') } } : {}),
      deadlines,
    });
    if (exchanged.kind === 'broken') {
      this.refusal = { ...nothingKnown, description: exchanged.why };
      throw new Error(exchanged.why);
    }
    const { answer } = exchanged;
    const text = answer.body.toString();
    this.refusal =
      answer.status >= 200 && answer.status < 300 ? undefined : this.#readRefusal(answer.status, answer.headers, text);
    // The type of the body is MSAL's to know: it reads what the endpoint promises and checks the fields that it needs.
    const parsed: T = parseJson(text);
    return { headers: { ...answer.headers }, body: parsed, status: answer.status };
  }

  #readRefusal(status: number, headers: Readonly<Record<string, string>>, text: string): TokenRefusal {
    const read = refusalSchema.safeParse(parseJson(text));
    const { error, error_description: description, error_codes: codes, trace_id: traceId } = read.data ?? {};
    return {
      aadsts: codes?.[0] ?? numberIn(description),
      error,
      description: firstSentences(description) ?? `status ${status} without a reason`,
      traceId: traceId ?? headers['x-ms-request-id'],
      status,
      retryAfterMs: retryAfterMs(headers['retry-after'], headers['date'], this.#now()),
    };
  }
}

const nothingKnown = { aadsts: undefined, error: undefined, traceId: undefined, status: 0, retryAfterMs: undefined };

function numberIn(description: string | undefined): number | undefined {
  const found = /AADSTS(\d+)/.exec(description ?? '');
  return found ? Number(found[1]) : undefined;
}

/** The description without trace ID, correlation ID and time, which come after line ends or, from newer hosts, after blanks. */
function firstSentences(description: string | undefined): string | undefined {
  return description?.split(/\s+Trace ID:/)[0]?.slice(0, 1000);
}

/** Text that is no JSON, as a proxy's page, becomes an object without anything. */
function parseJson(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
