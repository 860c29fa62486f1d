/**
 * The gate that listeners hold for as long as they live, in front of the one that stands for the configuration of the
 * moment. A swap takes effect between two questions: no dialogue sees half of one configuration and half of another answer
 * to the same question, and no connection is dropped.
 */
import type { Envelope } from '../domain/envelope.ts';
import type { HeaderSummary } from '../domain/message.ts';
import type { KnownClient } from './gate.ts';
import type { PolicyGate } from './policy-gate.ts';

export class SwitchingGate implements PolicyGate {
  #now: PolicyGate;

  constructor(first: PolicyGate) {
    this.#now = first;
  }

  swap(next: PolicyGate): void {
    this.#now = next;
  }

  clientByAddress(remoteAddress: string) {
    return this.#now.clientByAddress(remoteAddress);
  }

  authenticatePassword(login: string, password: string, remoteAddress: string) {
    return this.#now.authenticatePassword(login, password, remoteAddress);
  }

  authenticateKey(key: string, remoteAddress: string) {
    return this.#now.authenticateKey(key, remoteAddress);
  }

  checkMailFrom(client: KnownClient, mailFrom: string) {
    return this.#now.checkMailFrom(client, mailFrom);
  }

  largestMessage() {
    return this.#now.largestMessage();
  }

  checkHeaderFrom(client: KnownClient, from: readonly string[] | undefined) {
    return this.#now.checkHeaderFrom(client, from);
  }

  takeQuota(client: KnownClient, recipients: number) {
    return this.#now.takeQuota(client, recipients);
  }

  route(client: KnownClient, envelope: Envelope, summary: HeaderSummary, size: number) {
    return this.#now.route(client, envelope, summary, size);
  }

  holds(route: string): boolean {
    return this.#now.holds(route);
  }
}
