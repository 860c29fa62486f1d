/**
 * What lies in which mailbox: those of the tenant, and those of the world outside it, so that it can be proven who was
 * reached. A copy whose time of arrival is still to come is not there yet. To deliver takes the same time however much
 * there is, so that a bench of hundreds of thousands of messages measures the product.
 */
import { createHash } from 'node:crypto';
import type { Draft, Marks } from './message-content.ts';
import { UploadSessions } from './upload-sessions.ts';

/** Folders that every mailbox has, by their well-known names. */
export const folderNames = ['inbox', 'sentitems', 'drafts', 'deleteditems', 'junkemail', 'archive', 'outbox'] as const;
export type FolderName = (typeof folderNames)[number];

export interface MailCopy {
  /** Changes when the item moves to another folder. */
  readonly id: string;
  /** Number of the item when it was made: what its immutable id is written with. */
  readonly origin: number;
  /** The mailbox that it lies in: an address in lower case. */
  readonly mailbox: string;
  /** The address that it was delivered to, as the message named it. */
  readonly address: string;
  readonly folder: FolderName;
  /** ms since the epoch. */
  readonly receivedAt: number;
  readonly internetMessageId: string;
  readonly subject: string;
  /** The bytes as they were delivered; absent where bodies are not kept. */
  readonly raw?: Buffer;
  readonly sha256?: string;
  /** In bytes. */
  readonly size: number;
  /** Of drafts alone: what they will be sent as. */
  readonly draft?: Draft;
  readonly marks?: Marks;
}

/** What is kept of a body: all of it, its hash, or nothing (for long runs under load). */
export type KeepBodies = 'all' | 'hash' | 'none';

export interface Arrival {
  readonly raw: Buffer;
  readonly internetMessageId: string;
  readonly subject: string;
  /** ms since the epoch; may be later than now. */
  readonly at: number;
  /** As the message named it, where that is not the mailbox's own address. */
  readonly address?: string;
  /** The draft that this copy was: its immutable id goes on. */
  readonly origin?: number;
}

/** All that lies in the mailboxes, to be there again after a restart. */
export interface KeptMailboxes {
  readonly accepted: number;
  /** What the next item will be numbered: ids are never given twice. */
  readonly nextNumber: number;
  readonly copies: readonly MailCopy[];
}

export class Mailboxes {
  readonly #keepBodies: KeepBodies;
  readonly #clock: { now(): number };
  readonly #changed: () => void;
  #folders = new Map<string, Map<FolderName, Set<MailCopy>>>();
  /** By number of the item; a number that has gone holds nothing. */
  #items: (MailCopy | undefined)[] = [];
  #firstNumber = 1;
  /** Messages that were taken for sending, whatever number of copies they made. */
  accepted = 0;
  /** Big attachments that are on their way into drafts. */
  readonly uploads: UploadSessions;

  /** @param changed told after each change, so that a state file can follow */
  constructor(keepBodies: KeepBodies, clock: { now(): number }, changed: () => void = () => {}) {
    this.#keepBodies = keepBodies;
    this.#clock = clock;
    this.#changed = changed;
    this.uploads = new UploadSessions(clock);
  }

  /** What a state file holds of them; uploads that are under way are not kept. */
  kept(): KeptMailboxes {
    const copies = [...this.#folders.values()].flatMap((folders) => [...folders.values()].flatMap((each) => [...each]));
    return { accepted: this.accepted, nextNumber: this.#firstNumber + this.#items.length, copies };
  }

  /** Into empty mailboxes. */
  restore({ accepted, nextNumber, copies }: KeptMailboxes): void {
    this.accepted = accepted;
    this.#firstNumber = copies.reduce((least, { origin }) => Math.min(least, origin), nextNumber);
    this.#items = Array.from({ length: nextNumber - this.#firstNumber }, () => undefined);
    for (const copy of copies) this.#keep(copy, numberOf(copy.id));
  }

  /** Puts a copy into a folder; it shows there from its time of arrival on. */
  deliver(mailbox: string, folder: FolderName, message: Arrival): MailCopy {
    const { raw, internetMessageId, subject, at, address = mailbox, origin } = message;
    return this.#add({
      mailbox: mailbox.toLowerCase(),
      address,
      folder,
      receivedAt: at,
      internetMessageId,
      subject,
      size: raw.length,
      ...(this.#keepBodies === 'all' ? { raw } : {}),
      ...(this.#keepBodies === 'hash' ? { sha256: createHash('sha256').update(raw).digest('hex') } : {}),
      ...(origin === undefined ? {} : { origin }),
    });
  }

  saveDraft(mailbox: string, draft: Draft, folder: FolderName = 'drafts'): MailCopy {
    return this.#add({
      mailbox: mailbox.toLowerCase(),
      address: mailbox,
      folder,
      receivedAt: this.#clock.now(),
      internetMessageId: draft.content.internetMessageId,
      subject: draft.content.subject,
      size: sizeOf(draft),
      draft,
    });
  }

  /** Changes a draft or what is noted about an item. The id stays. */
  change(copy: MailCopy, changes: { readonly draft?: Draft; readonly marks?: Marks }): MailCopy {
    const { draft, marks } = changes;
    const changed: MailCopy = {
      ...copy,
      ...(marks ? { marks: { ...copy.marks, ...marks } } : {}),
      ...(draft
        ? {
            draft,
            subject: draft.content.subject,
            internetMessageId: draft.content.internetMessageId,
            size: sizeOf(draft),
          }
        : {}),
    };
    this.#forget(copy);
    this.#keep(changed, numberOf(copy.id));
    return changed;
  }

  /** Moves an item: its id changes, its immutable id does not. */
  move(copy: MailCopy, folder: FolderName): MailCopy {
    this.#forget(copy);
    const { id: _id, ...rest } = copy;
    return this.#add({ ...rest, folder });
  }

  remove(copy: MailCopy): void {
    this.#forget(copy);
  }

  /** By either kind of id, in one mailbox. */
  find(mailbox: string, id: string): MailCopy | undefined {
    const isImmutable = id.startsWith(immutablePrefix);
    const number = numberOf(id);
    const copy = this.#items[number - this.#firstNumber];
    if (!copy || copy.mailbox !== mailbox.toLowerCase() || copy.receivedAt > this.#clock.now()) return undefined;
    return id === (isImmutable ? immutableIdOf(copy) : copy.id) ? copy : undefined;
  }

  /** Copies in one folder of one mailbox, in order of arrival. */
  of(address: string, folder: FolderName = 'inbox'): readonly MailCopy[] {
    return this.#arrived(this.#folders.get(address.toLowerCase())?.get(folder) ?? []);
  }

  /** Copies in all folders of one mailbox, in order of arrival. */
  all(address: string): readonly MailCopy[] {
    const folders = this.#folders.get(address.toLowerCase())?.values() ?? [];
    return this.#arrived([...folders].flatMap((copies) => [...copies]));
  }

  /** Every copy that was delivered to somebody: all inboxes, inside and outside. */
  delivered(): readonly MailCopy[] {
    return [...this.#folders.keys()].flatMap((address) => this.of(address));
  }

  addresses(): readonly string[] {
    return [...this.#folders.keys()].sort();
  }

  clear(): void {
    this.#folders = new Map();
    this.#firstNumber += this.#items.length;
    this.#items = [];
    this.uploads.clear();
    this.accepted = 0;
    this.#changed();
  }

  #add(copy: Omit<MailCopy, 'id' | 'origin'> & { readonly origin?: number }): MailCopy {
    const number = this.#firstNumber + this.#items.length;
    const added: MailCopy = { ...copy, id: idWith(idPrefix, number), origin: copy.origin ?? number };
    this.#items.push(undefined);
    this.#keep(added, number);
    return added;
  }

  #keep(copy: MailCopy, number: number): void {
    const folders = this.#folders.get(copy.mailbox) ?? new Map<FolderName, Set<MailCopy>>();
    if (folders.size === 0) this.#folders.set(copy.mailbox, folders);
    const copies = folders.get(copy.folder);
    if (copies) copies.add(copy);
    else folders.set(copy.folder, new Set([copy]));
    for (const each of [number, copy.origin])
      if (each >= this.#firstNumber) this.#items[each - this.#firstNumber] = copy;
    this.#changed();
  }

  #forget(copy: MailCopy): void {
    this.#folders.get(copy.mailbox)?.get(copy.folder)?.delete(copy);
    for (const each of [numberOf(copy.id), copy.origin])
      if (each >= this.#firstNumber) this.#items[each - this.#firstNumber] = undefined;
    this.#changed();
  }

  #arrived(copies: Iterable<MailCopy>): readonly MailCopy[] {
    const now = this.#clock.now();
    return [...copies].filter(({ receivedAt }) => receivedAt <= now).sort((a, b) => a.receivedAt - b.receivedAt);
  }
}

const idPrefix = 'AAMk';
const immutablePrefix = 'AAkA';

/** The id that stays when the item moves: what `Prefer: IdType="ImmutableId"` asks for. */
export function immutableIdOf(copy: MailCopy): string {
  return idWith(immutablePrefix, copy.origin);
}

function idWith(prefix: string, number: number): string {
  return `${prefix}${number.toString(36).padStart(10, '0')}`;
}

/** 0 for what is no id of ours. */
function numberOf(id: string): number {
  const digits = id.slice(idPrefix.length);
  return /^[0-9a-z]{10}$/.test(digits) ? Number.parseInt(digits, 36) : 0;
}

function sizeOf({ content, mime, attachments, withinMime }: Draft): number {
  const own = mime?.length ?? Buffer.byteLength(content.body.content);
  return attachments.slice(withinMime).reduce((sum, each) => sum + each.content.length, own);
}
