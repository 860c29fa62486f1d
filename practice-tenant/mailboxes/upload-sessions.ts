/**
 * Upload sessions for big attachments. A session is good for one attachment of one draft; its token is the only proof that
 * the upload host asks for, so it cannot be guessed, and only its hash is kept.
 */
import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';

/** Guessed: Microsoft names no lifetime, each session says its own. */
const lifetimeMs = 24 * 3600 * 1000;

/** More would let a client fill the memory with sessions that it never uses; the oldest go first. */
const sessionLimit = 1000;

export interface UploadWish {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly contentType: string;
  readonly isInline: boolean;
  readonly contentId: string | null;
  readonly kind: 'file' | 'item';
}

export interface UploadSession {
  readonly id: string;
  /** Object id of the mailbox's user. */
  readonly userId: string;
  readonly mailbox: string;
  /** The immutable id of the draft. */
  readonly draftId: string;
  readonly appId: string;
  readonly wish: UploadWish;
  /** ms since the epoch. */
  readonly expiresAt: number;
  readonly pieces: Buffer[];
  /** Bytes so far. */
  received: number;
}

export class UploadSessions {
  readonly #clock: { now(): number };
  readonly #sessions = new Map<string, { readonly session: UploadSession; readonly tokenHash: Buffer }>();

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  start(fields: Pick<UploadSession, 'userId' | 'mailbox' | 'draftId' | 'appId' | 'wish'>): {
    readonly session: UploadSession;
    readonly token: string;
  } {
    const now = this.#clock.now();
    for (const [id, { session }] of this.#sessions)
      if (session.expiresAt <= now || this.#sessions.size >= sessionLimit) this.#sessions.delete(id);
    const token = randomBytes(32).toString('base64url');
    const session = { ...fields, id: randomUUID(), expiresAt: now + lifetimeMs, pieces: [], received: 0 };
    this.#sessions.set(session.id, { session, tokenHash: hash(token) });
    return { session, token };
  }

  /** Undefined for a session that is over, has expired, or has another token. */
  find(id: string, token: string): UploadSession | undefined {
    const found = this.#sessions.get(id);
    if (!found || !timingSafeEqual(found.tokenHash, hash(token))) return undefined;
    if (found.session.expiresAt > this.#clock.now()) return found.session;
    this.#sessions.delete(id);
    return undefined;
  }

  end(session: UploadSession): void {
    this.#sessions.delete(session.id);
  }

  clear(): void {
    this.#sessions.clear();
  }
}

function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
