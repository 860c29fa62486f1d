/** Who may connect to a listener, and how many at a time: in all and from one address. */
import { AddressRanges } from '../../policy/address-ranges.ts';
import type { SmtpLimits } from './options.ts';

export interface AdmissionRules {
  /** Everybody when empty. */
  readonly allowFrom: readonly string[];
  readonly limits: Pick<SmtpLimits, 'connections' | 'connectionsPerAddress'>;
}

export class Admission {
  readonly #rules: AdmissionRules;
  readonly #allowed: AddressRanges | undefined;
  readonly #perAddress = new Map<string, number>();
  #open = 0;

  constructor(rules: AdmissionRules) {
    this.#rules = rules;
    this.#allowed = rules.allowFrom.length > 0 ? new AddressRanges(rules.allowFrom) : undefined;
  }

  /** Connections that were let in and have not gone. */
  get open(): number {
    return this.#open;
  }

  /** Lets a connection in, to be counted until `leave`, or says what it is refused for. */
  enter(address: string): 'address-not-allowed' | 'too-many-connections' | undefined {
    if (this.#allowed && !this.#allowed.has(address)) return 'address-not-allowed';
    const { connections, connectionsPerAddress } = this.#rules.limits;
    const own = this.#perAddress.get(address) ?? 0;
    if (this.#open >= connections || own >= connectionsPerAddress) return 'too-many-connections';
    this.#open += 1;
    this.#perAddress.set(address, own + 1);
    return undefined;
  }

  leave(address: string): void {
    this.#open -= 1;
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
  }
}
