/**
 * What every server under measurement looks like to a benchmark, ours and the peers alike.
 */

export interface PeerFolder {
  /** An empty folder on the disk that is measured; the same disk for all peers of a run. */
  readonly folder: string;
  /** Certificate and key (PEM files) that every peer with TLS uses, so that handshakes cost each the same. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** The authority that signed it. */
  readonly caFile: string;
}

export interface RunningPeer extends AsyncDisposable {
  readonly port: number;
  /** The process to look at, or the one whose children are looked at too. */
  readonly pid: number;
  /** ms from the start of the process to the first 220. */
  readonly startMs: number;
}

export interface Peer {
  readonly name: string;
  /** How it is durable before 250, in a few words: stands in the row, since rates without it say nothing. */
  readonly durability: string;
  /** Offers STARTTLS and AUTH PLAIN with the run's credentials. */
  readonly secure: boolean;
  /** Why it cannot run on this machine; undefined when it can. */
  missing(): string | undefined;
  start(place: PeerFolder): Promise<RunningPeer>;
}

/** What the generator logs in with and which addresses it uses; every peer is set up for these. */
export const load = {
  user: 'load',
  password: 'a-password-for-one-run-only',
  mailFrom: 'noreply@contoso.example',
  rcptTo: 'ada@contoso.example',
} as const;
