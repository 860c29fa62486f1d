/**
 * Sees to it that no draft is left behind: of a message that was cancelled, has expired, has failed, or takes another way
 * out by now. It looks at what is on record (draft-ledger.ts), never at what else lies in a mailbox.
 *
 * It looks when it is told that something may have changed, at the start, and each minute while anything is on record: a
 * mailbox that cannot be reached now is asked again.
 */
import type { MessageState } from '../../domain/message.ts';
import type { Clock, Logger } from '../../domain/ports.ts';
import { reason } from '../finding.ts';
import type { DraftEntry, DraftLedger } from './draft-ledger.ts';

export interface SweptMessage {
  readonly state: MessageState;
  readonly connector: string;
  readonly sender: string;
}

export interface DraftSweepParts {
  readonly ledger: DraftLedger;
  /** Undefined for a message that is no longer kept. */
  readonly messageOf: (id: string) => Promise<SweptMessage | undefined>;
  /** Settles the entry; rejects when its connector cannot, or is no longer there. */
  readonly settle: (entry: DraftEntry, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const pauseMs = 60_000;

export class DraftSweep {
  readonly #parts: DraftSweepParts;
  readonly #told = new Set<string>();
  #looking: Promise<void> | undefined;
  readonly #over = new AbortController();
  #isWanted = false;
  #cancelTimer: () => void = () => undefined;

  constructor(parts: DraftSweepParts) {
    this.#parts = parts;
  }

  /** Something may have changed. */
  look(): void {
    if (this.#over.signal.aborted || this.#parts.ledger.all().length === 0) return;
    this.#isWanted = true;
    this.#looking ??= this.#lookAll().finally(() => {
      this.#looking = undefined;
      if (this.#over.signal.aborted || this.#parts.ledger.all().length === 0) return;
      this.#cancelTimer();
      this.#cancelTimer = this.#parts.clock.after(pauseMs, () => this.look());
    });
  }

  /** Breaks off what it is at: the next start goes on. */
  async stop(): Promise<void> {
    this.#over.abort();
    this.#cancelTimer();
    await this.#looking;
  }

  async #lookAll(): Promise<void> {
    while (this.#isWanted && !this.#over.signal.aborted) {
      this.#isWanted = false;
      for (const entry of this.#parts.ledger.all()) if (!this.#over.signal.aborted) await this.#lookAt(entry);
    }
  }

  async #lookAt(entry: DraftEntry): Promise<void> {
    const { messageOf, settle, logger } = this.#parts;
    const { message: messageId, connector, sender } = entry;
    try {
      if (isNeeded(entry, await messageOf(messageId))) return;
      await settle(entry, this.#over.signal);
    } catch (error) {
      const name = `${messageId} ${connector} ${sender}`;
      const level = this.#told.has(name) ? 'debug' : 'warn';
      this.#told.add(name);
      const detail = { messageId, connector, mailbox: sender, why: reason(error) };
      logger[level](detail, 'A draft could not be taken out of the mailbox yet; it is tried again each minute.');
    }
  }
}

/** Whether another attempt may go on with it. */
function isNeeded({ connector, sender }: DraftEntry, message: SweptMessage | undefined): boolean {
  switch (message?.state) {
    case 'queued':
    case 'sending':
    case 'held':
    case 'uncertain':
      return message.connector === connector && message.sender === sender;
    case 'sent':
    case 'failed':
    case 'cancelled':
    case undefined:
      return false;
  }
}
