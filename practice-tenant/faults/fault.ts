/**
 * Faults on demand: what a test or a person asks the practice tenant to do wrong, and for which of the next requests or
 * connections.
 */
import { z } from 'zod';
import { isAadsts } from '../entra/entra-error.ts';

/** Parts of the tenant that a fault can be aimed at. */
export const endpoints = [
  'token',
  'discovery',
  'sendMail',
  'mail',
  'upload',
  'directory',
  'exchange',
  'smtp',
  'connection',
  'other',
] as const;
export type Endpoint = (typeof endpoints)[number];

export const faultActionSchema = z.discriminatedUnion('kind', [
  /** Answers this in place of the real answer. */
  z.strictObject({
    kind: z.literal('answer'),
    status: z.number().int().min(200).max(599),
    headers: z.record(z.string().regex(/^[\w-]+$/), z.string().regex(/^[\x20-\x7e]*$/)).exactOptional(),
    /** A string goes out as it is, anything else as JSON; nothing means an empty body. */
    body: z.unknown().exactOptional(),
    /** Adds Retry-After: so many seconds, written as a number or as a date of the tenant's clock. */
    retryAfterSeconds: z.number().min(0).exactOptional(),
    retryAfterAs: z.enum(['seconds', 'date']).exactOptional(),
    /** The message is taken all the same before this answer goes out: a 504 that lies. */
    acceptAnyway: z.boolean().exactOptional(),
  }),
  /** Entra's answer for an AADSTS code, with trace fields and all. */
  z.strictObject({
    kind: z.literal('entra'),
    code: z.number().refine(isAadsts, 'is no code that the practice tenant knows'),
    /** The app, tenant or parameter that the text names. */
    value: z.string().max(500).exactOptional(),
  }),
  /** Ends the connection: before the body is read, after some bytes of it, when all of it is read, or when it is accepted. */
  z.strictObject({
    kind: z.literal('cut'),
    when: z.enum(['before-body', 'within-body', 'after-body', 'after-accepting']),
    /** For `within-body`: how many bytes are read first. */
    afterBytes: z.number().int().min(0).exactOptional(),
  }),
  /** Answers as usual, but so many ms later. */
  z.strictObject({ kind: z.literal('delay'), ms: z.number().min(0).max(600_000) }),
  /** The answer's Date header is off by so many ms. */
  z.strictObject({ kind: z.literal('clock'), offByMs: z.number() }),
  /** For SMTP: this reply in place of the right one, at a stage of the session. */
  z.strictObject({ kind: z.literal('reply'), stage: z.enum(['connect', 'auth', 'data']), text: z.string().max(500) }),
  /**
   * For `connection`: nobody there (closed at once, as where a name leads nowhere), or a TLS handshake that fails by an
   * expired certificate, a certificate of another name, or an alert.
   */
  z.strictObject({ kind: z.literal('refuse') }),
  z.strictObject({ kind: z.literal('tls'), problem: z.enum(['expired', 'wrong-name', 'untrusted', 'alert']) }),
]);
export type FaultAction = z.infer<typeof faultActionSchema>;

export const faultSchema = z.strictObject({
  /** Any endpoint but `connection` and `smtp` when left out. */
  endpoint: z.enum(endpoints).exactOptional(),
  /** Only requests with this method. */
  method: z.string().exactOptional(),
  /** Only requests whose path contains this, in any case. */
  pathContains: z.string().exactOptional(),
  action: faultActionSchema,
  /** For how many requests; 1 when left out. */
  times: z.number().int().min(1).max(1_000_000).exactOptional(),
  /** Strikes each matching request with this probability; always when left out. */
  probability: z.number().min(0).max(1).exactOptional(),
});
export type Fault = z.infer<typeof faultSchema>;

/** What a fault is held against. */
export interface FaultTarget {
  readonly endpoint: Endpoint;
  readonly method?: string;
  readonly path?: string;
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

  /** The action for a request, if any; uses it up by one. */
  take(target: FaultTarget): FaultAction | undefined {
    for (const entry of this.#waiting) {
      const { fault } = entry;
      if (!matches(fault, target)) continue;
      if (fault.probability !== undefined && this.#random() >= fault.probability) continue;
      entry.left -= 1;
      if (entry.left <= 0) this.#waiting = this.#waiting.filter((each) => each !== entry);
      return fault.action;
    }
    return undefined;
  }
}

function matches(fault: Fault, { endpoint, method, path }: FaultTarget): boolean {
  const outsideRequests = endpoint === 'connection' || endpoint === 'smtp';
  if (fault.endpoint === undefined ? outsideRequests : fault.endpoint !== endpoint) return false;
  if (fault.method !== undefined && fault.method.toUpperCase() !== method) return false;
  return fault.pathContains === undefined || (path ?? '').toLowerCase().includes(fault.pathContains.toLowerCase());
}
