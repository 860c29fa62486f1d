/**
 * What a session needs of its connection, so that it can be driven byte by byte without one.
 */

/** The session's way to its client. */
export interface SmtpTransport {
  /** Sends replies; false when the client does not read them and the session must wait for `drained`. */
  send(text: string): boolean;
  /** Sends what was given to `send`, then ends the connection. */
  end(): void;
  pause(): void;
  resume(): void;
  /** Begins TLS; `securely` is called on the session when the handshake is done. */
  startTls(): void;
}

/** Who is at the other end. */
export interface Peer {
  readonly address: string;
  /** The connection begins with TLS. */
  readonly tls: boolean;
  /** Names the connection in the log. */
  readonly connection: string;
}
