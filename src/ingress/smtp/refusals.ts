/**
 * Says no, writes it down, and counts how often a client speaks wrongly. The last mistake that is allowed is answered with
 * the 421 that ends the connection, in place of its own reply, so that each command has one.
 */
import type { Fault, FaultCode } from '../../domain/catalogue.ts';
import type { Logger } from '../../domain/ports.ts';
import type { SmtpListenerOptions } from './options.ts';
import { endsConnection, faultReply, isClientError } from './replies.ts';
import type { SessionState } from './session-state.ts';
import type { Peer } from './transport.ts';

export interface Refusal {
  readonly text: string;
  readonly endsConnection: boolean;
}

export class Refusals {
  readonly #options: SmtpListenerOptions;
  readonly #logger: Logger;
  readonly #peer: Peer;
  readonly #state: SessionState;
  #errors = 0;

  constructor(options: SmtpListenerOptions, logger: Logger, peer: Peer, state: SessionState) {
    this.#options = options;
    this.#logger = logger;
    this.#peer = peer;
    this.#state = state;
  }

  /**
   * An `error` counts against the limit of errors. What is `harmless` does not: a recipient or a message that is refused is
   * no sign of a broken client, and ending the connection would keep its other mail from getting through.
   */
  refuse(fault: Fault, weight: 'error' | 'harmless'): Refusal {
    this.#logger.info({ ...this.#facts(), code: fault.code, detail: fault.detail }, 'refused');
    let answer = fault;
    if (weight === 'error' && isClientError(fault)) {
      this.#errors += 1;
      if (this.#errors >= this.#options.limits.errors) answer = { code: 'too-many-errors' };
    }
    return { text: faultReply(answer), endsConnection: endsConnection(answer) };
  }

  /** The 421 that ends a connection from our side. */
  close(code: FaultCode): string {
    this.#logger.info({ ...this.#facts(), code }, 'closed');
    return faultReply(code);
  }

  /** A mistake of ours: the client is told to try again. */
  fail(error: unknown): string {
    this.#logger.error({ ...this.#facts(), err: error }, 'internal error in an SMTP session');
    return faultReply('internal-error');
  }

  /** A message was accepted: whoever sends mail is no stranger who only tries things. */
  forgive(): void {
    this.#errors = 0;
  }

  #facts() {
    const { address: remoteAddress, connection } = this.#peer;
    return { listener: this.#options.name, connection, remoteAddress, client: this.#state.client?.name };
  }
}
