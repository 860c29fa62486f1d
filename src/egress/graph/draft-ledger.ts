/**
 * What is on record about drafts that are being filled: one small file for each message, written before the step that it
 * tells of and synced, so that no end of the process leaves a draft that nobody knows.
 *
 * ## Steps
 * - `begun`: an attempt has begun, and has asked for nothing yet.
 * - `creating`: a draft has been asked for. Its answer may have been lost: then it is looked for by its Message-ID.
 * - `filling`: the draft is there, with `base` attachments of its own; how many have been added is counted in the mailbox.
 * - `sending`: all attachments are in, and it was told to go. It is gone, or still a draft: the mailbox says which.
 * - `sent`: the service has taken it. Kept until the outcome is on record, so that a crash in between sends nothing twice.
 * An entry goes when its message has come to its end and no draft of it is left.
 *
 * Addresses of upload sessions are secrets, since whoever has one can write the attachment: they stand in memory alone. After
 * a restart an attachment that was under way begins anew; those that were complete stay.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Logger } from '../../domain/ports.ts';
import { writeWhole } from '../../vault/write-whole.ts';

const entrySchema = z.strictObject({
  /** Id of the message in the queue. */
  message: z.string().regex(/^[\w-]+$/),
  connector: z.string(),
  /** The mailbox that the draft lies in. */
  sender: z.string(),
  /** Message-ID of the message, with its angle brackets. */
  internetMessageId: z.string(),
  step: z.enum(['begun', 'creating', 'filling', 'sending', 'sent']),
  /** The immutable id; absent until it is known. */
  draftId: z.string().optional(),
  /** Attachments that the draft had when it was made; absent until they have been counted. */
  base: z.int().min(0).optional(),
  /** Hash of what is to be made: a draft of anything else is not gone on with. */
  plan: z.string(),
});

export type DraftEntry = z.infer<typeof entrySchema>;

/** What an entry is found by. */
export type DraftKey = Pick<DraftEntry, 'message' | 'connector' | 'sender'>;

/** An upload that has begun. */
export interface OpenSession {
  /** Which of the attachments, 0 for the first. */
  readonly index: number;
  readonly uploadUrl: string;
}

export class DraftLedger {
  readonly #folder: string;
  readonly #entries = new Map<string, DraftEntry>();
  readonly #sessions = new Map<string, OpenSession>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads what is there. A file that cannot be read is told and left where it is. @throws the system's error */
  static open(dataDir: string, logger: Logger): DraftLedger {
    const ledger = new DraftLedger(join(dataDir, 'drafts'));
    if (!existsSync(ledger.#folder)) return ledger;
    for (const name of readdirSync(ledger.#folder).filter((each) => each.endsWith('.json'))) {
      const file = join(ledger.#folder, name);
      const read = entrySchema.safeParse(readJson(file));
      if (read.success) ledger.#entries.set(name, read.data);
      else
        logger.error(
          { file },
          'The record of a draft is damaged. Look into Drafts of the system account for mail that was begun and not sent, delete it, and remove this file.',
        );
    }
    return ledger;
  }

  find(key: DraftKey): DraftEntry | undefined {
    return this.#entries.get(nameOf(key));
  }

  all(): readonly DraftEntry[] {
    return [...this.#entries.values()];
  }

  of(message: string): readonly DraftEntry[] {
    return this.all().filter((entry) => entry.message === message);
  }

  /** Durable when it returns. @throws the system's error when the disk does not take it: then the step must not be made */
  put(entry: DraftEntry): void {
    const name = nameOf(entry);
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    writeWhole(join(this.#folder, name), `${JSON.stringify(entry)}\n`);
    this.#entries.set(name, entry);
  }

  /** Nothing happens when another entry has taken its place meanwhile. */
  remove(entry: DraftEntry): void {
    const name = nameOf(entry);
    if (this.#entries.get(name) !== entry) return;
    rmSync(join(this.#folder, name), { force: true });
    this.#entries.delete(name);
    this.#sessions.delete(name);
  }

  session(key: DraftKey): OpenSession | undefined {
    return this.#sessions.get(nameOf(key));
  }

  /** In memory alone. */
  setSession(key: DraftKey, session: OpenSession | undefined): void {
    if (session) this.#sessions.set(nameOf(key), session);
    else this.#sessions.delete(nameOf(key));
  }
}

/** A message that takes another way out may have a draft on each. */
function nameOf({ message, connector, sender }: DraftKey): string {
  const way = createHash('sha256')
    .update(JSON.stringify([connector, sender]))
    .digest('hex')
    .slice(0, 12);
  return `${message}.${way}.json`;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
