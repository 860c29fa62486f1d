/**
 * The cases of `accept`: how many sessions, how large, kept or new connections, plain or with STARTTLS and AUTH.
 */
export interface AcceptCase {
  readonly sessions: number;
  readonly bytes: number;
  readonly connections: 'kept' | 'new';
  /** STARTTLS and AUTH PLAIN on each connection. */
  readonly secure: boolean;
}

/** Bytes of a letter. */
export const small = 10_240;
const large = 1_048_576;

function plain(sessions: number, bytes: number, connections: 'kept' | 'new'): AcceptCase {
  return { sessions, bytes, connections, secure: false };
}

/** What each server gets before any of its figures count. */
export const warmUpCase = plain(20, small, 'kept');

/** All of them, in the order of the table. */
export const allCases: readonly AcceptCase[] = [
  ...[1, 20, 100].map((sessions) => plain(sessions, small, 'kept')),
  ...[1, 20, 100].map((sessions) => plain(sessions, small, 'new')),
  { sessions: 1, bytes: small, connections: 'new', secure: true },
  { sessions: 20, bytes: small, connections: 'new', secure: true },
  ...[1, 20, 100].map((sessions) => plain(sessions, large, 'kept')),
  ...[1, 20, 100].map((sessions) => plain(sessions, large, 'new')),
];

/** Those that fit into a minute and still show each kind. */
export const shortCases: readonly AcceptCase[] = [
  ...[1, 20, 100].map((sessions) => plain(sessions, small, 'kept')),
  plain(20, small, 'new'),
  { sessions: 20, bytes: small, connections: 'new', secure: true },
  plain(20, large, 'kept'),
];

/** For a table's row: `20 × 10 KB kept`. */
export function nameOf(one: AcceptCase): string {
  const size = one.bytes >= 1_048_576 ? `${one.bytes / 1_048_576} MB` : `${one.bytes / 1024} KB`;
  return `${one.sessions} × ${size} ${one.connections}${one.secure ? ' TLS+AUTH' : ''}`;
}
