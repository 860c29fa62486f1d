/**
 * Counts failed logins by network address. An address with many of them waits, so that passwords cannot be tried in
 * numbers. An IPv6 host has a whole /64 to choose from, so that the /64 is what counts.
 */
import { isIPv6 } from 'node:net';
import type { Clock } from '../domain/ports.ts';
import { plainAddress } from './address-ranges.ts';

/** Failures in a span after which an address waits. A client with a wrong password tries a few times a minute. */
const mostFailures = 10;
const spanMs = 60_000;
/** Addresses kept: what a stranger can make grow must end somewhere. */
const mostAddresses = 10_000;

export interface FailureLimit {
  readonly failures: number;
  readonly spanMs: number;
}

export class FailedLogins {
  readonly #clock: Clock;
  readonly #limit: FailureLimit;
  readonly #spans = new Map<string, { readonly until: number; failures: number }>();

  constructor(clock: Clock, limit: FailureLimit = { failures: mostFailures, spanMs }) {
    this.#clock = clock;
    this.#limit = limit;
  }

  blocks(address: string): boolean {
    const span = this.#spans.get(networkOf(address));
    return span !== undefined && this.#lasts(span) && span.failures >= this.#limit.failures;
  }

  /** Whoever has come in begins anew. */
  forget(address: string): void {
    this.#spans.delete(networkOf(address));
  }

  add(address: string): void {
    const network = networkOf(address);
    const span = this.#spans.get(network);
    if (span && this.#lasts(span)) {
      span.failures += 1;
      return;
    }
    this.#spans.delete(network);
    if (this.#spans.size >= mostAddresses) {
      const [oldest] = this.#spans.keys();
      if (oldest !== undefined) this.#spans.delete(oldest);
    }
    this.#spans.set(network, { until: this.#clock.now() + this.#limit.spanMs, failures: 1 });
  }

  /** A clock that was set back makes no span longer than it was. */
  #lasts({ until }: { readonly until: number }): boolean {
    const left = until - this.#clock.now();
    return left > 0 && left <= this.#limit.spanMs;
  }
}

function networkOf(address: string): string {
  const plain = plainAddress(address);
  if (!isIPv6(plain)) return plain;
  const [head = '', tail = ''] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
