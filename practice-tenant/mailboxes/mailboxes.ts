/**
 * What has arrived where: mailboxes of the tenant, and of the world outside it, so that it can be proven who was reached.
 */
import { createHash } from 'node:crypto';

export interface MailCopy {
  readonly id: string;
  /** The address that it was delivered to, as the message named it. */
  readonly address: string;
  readonly folder: 'inbox' | 'sentitems';
  readonly receivedAt: number;
  readonly internetMessageId: string;
  readonly subject: string;
  /** The bytes as they were delivered; absent where bodies are not kept. */
  readonly raw?: Buffer;
  readonly sha256?: string;
  readonly size: number;
}

/** What is kept of a body: all of it, its hash, or nothing (for long runs under load). */
export type KeepBodies = 'all' | 'hash' | 'none';

export class Mailboxes {
  readonly #copies = new Map<string, MailCopy[]>();
  readonly #keepBodies: KeepBodies;
  #nextId = 1;
  /** Messages that were taken for sending, whatever number of copies they made. */
  accepted = 0;

  constructor(keepBodies: KeepBodies) {
    this.#keepBodies = keepBodies;
  }

  deliver(
    address: string,
    folder: MailCopy['folder'],
    message: {
      readonly raw: Buffer;
      readonly internetMessageId: string;
      readonly subject: string;
      readonly at: number;
    },
  ): void {
    const key = address.toLowerCase();
    const copies = this.#copies.get(key) ?? [];
    if (copies.length === 0) this.#copies.set(key, copies);
    copies.push({
      id: `AAMk${this.#nextId.toString(36).padStart(10, '0')}`,
      address,
      folder,
      receivedAt: message.at,
      internetMessageId: message.internetMessageId,
      subject: message.subject,
      size: message.raw.length,
      ...(this.#keepBodies === 'all' ? { raw: message.raw } : {}),
      ...(this.#keepBodies === 'hash' ? { sha256: createHash('sha256').update(message.raw).digest('hex') } : {}),
    });
    this.#nextId += 1;
  }

  /** Copies in one mailbox, in order of arrival. */
  of(address: string, folder: MailCopy['folder'] = 'inbox'): readonly MailCopy[] {
    return (this.#copies.get(address.toLowerCase()) ?? []).filter((copy) => copy.folder === folder);
  }

  /** Every copy that was delivered to somebody: all inboxes, inside and outside. */
  delivered(): readonly MailCopy[] {
    return [...this.#copies.values()].flat().filter((copy) => copy.folder === 'inbox');
  }

  addresses(): readonly string[] {
    return [...this.#copies.keys()].sort();
  }

  clear(): void {
    this.#copies.clear();
    this.accepted = 0;
  }
}
