/**
 * What a session knows: who the client is, and the transaction that is under way.
 *
 * - the client: since connecting (by address) or AUTH; only STARTTLS makes the session forget it.
 * - the transaction: since MAIL FROM; ended by the message's answer, RSET, EHLO, HELO and STARTTLS. With BDAT a receiver
 *   belongs to it from the first chunk to the last.
 */
import type { Origin } from '../../domain/message.ts';
import type { KnownClient } from '../../policy/gate.ts';
import type { MessageReceiver } from './message-receiver.ts';
import type { Transaction } from './transaction.ts';
import type { Peer } from './transport.ts';

export class SessionState {
  readonly #listener: string;
  readonly #peer: Peer;
  secure: boolean;
  /** What the client called itself in EHLO or HELO. */
  helo: string | undefined;
  client: KnownClient | undefined;
  /** AUTH succeeded: it cannot be said again (RFC 4954 §4). */
  loggedIn = false;
  transaction: Transaction | undefined;
  receiver: MessageReceiver | undefined;

  constructor(listener: string, peer: Peer, client: KnownClient | undefined) {
    this.#listener = listener;
    this.#peer = peer;
    this.secure = peer.tls;
    this.client = client;
  }

  /** For the trail of the message that begins. */
  origin(): Origin {
    return {
      ingress: 'smtp',
      listener: this.#listener,
      remoteAddress: this.#peer.address,
      tls: this.secure,
      ...(this.helo === undefined ? {} : { helo: this.helo }),
    };
  }

  /** Forgets the transaction; what was received of its message is not kept. */
  endTransaction(): void {
    const { receiver } = this;
    this.transaction = undefined;
    this.receiver = undefined;
    void receiver?.abort();
  }

  /** A new session as far as the client can tell (RFC 3207 §4.2). `client` is who it is by its address. */
  beginTls(client: KnownClient | undefined): void {
    this.endTransaction();
    this.secure = true;
    this.helo = undefined;
    this.loggedIn = false;
    this.client = client;
  }
}
