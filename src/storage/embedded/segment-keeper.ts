/** Removes segments and body files that are no longer needed, and carries the last messages of an old segment forward. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BodyReader } from './body-reader.ts';
import { bodiesFolder } from './body-writer.ts';
import { saysMissing, syncFolder } from './files.ts';
import { segmentName, segmentNumber } from './framing.ts';
import type { CarryItem, SweepResult } from './index/calls.ts';
import type { IndexClient } from './index-client.ts';
import type { Journal } from './journal.ts';
import type { Setting } from './options.ts';
import type { Turns } from './turns.ts';

/** Goes of forgetting at one look. */
const mostTurns = 40;

export class SegmentKeeper {
  readonly #setting: Setting;
  readonly #index: IndexClient;
  readonly #journal: Journal;
  readonly #reader: BodyReader;
  /** Shared with interventions: a message that is being carried is not changed meanwhile. */
  readonly #turns: Turns;
  readonly #givenBack: () => void;
  #cancel: (() => void) | undefined;
  #soon: NodeJS.Immediate | undefined;

  /** @param givenBack is called when messages that nobody could lease, since they were being carried, can be leased again. */
  constructor(
    setting: Setting,
    index: IndexClient,
    journal: Journal,
    reader: BodyReader,
    turns: Turns,
    givenBack: () => void,
  ) {
    this.#setting = setting;
    this.#index = index;
    this.#journal = journal;
    this.#reader = reader;
    this.#turns = turns;
    this.#givenBack = givenBack;
  }

  /** Looks now, and again after each `sweepMs`. */
  begin(): void {
    const { clock, sweepMs, logger } = this.#setting;
    this.#cancel = clock.after(sweepMs, () => {
      this.sweep()
        .then(() => this.forget())
        .catch((error: unknown) =>
          logger.warn({ err: error }, 'What is past its time could not be removed; it is tried again.'),
        )
        .finally(() => {
          if (this.#cancel) this.begin();
        });
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    clearImmediate(this.#soon);
  }

  /** One look. Returns the numbers of the segments that were removed. */
  sweep(): Promise<readonly number[]> {
    return this.#turns.take(async () => {
      const { clock, keepSentBodiesMs, keepFailedBodiesMs, carryBelow } = this.#setting;
      const head = this.#journal.head;
      const result = await this.#index.ask('sweep', {
        now: clock.now(),
        keepSentBodiesMs,
        keepFailedBodiesMs,
        head,
        segments: this.#segmentsBelow(head),
        carryBelow,
      });
      await this.#remove(result);
      await this.#carry(result.carry);
      return result.removable;
    });
  }

  /** Removes the bytes of redacted messages that have been sent, without waiting for the next look. */
  sweepSoon(): void {
    if (this.#soon || !this.#cancel) return;
    this.#soon = setImmediate(() => {
      this.#soon = undefined;
      this.sweep().catch((error: unknown) =>
        this.#setting.logger.warn(
          { err: error },
          'The bytes of a sent message could not be removed; it is tried again.',
        ),
      );
    });
  }

  /** Forgets messages past their time on record, a few at a time, so that others get their turn. Returns how many. */
  async forget(): Promise<number> {
    const { clock, keepHistoryMs } = this.#setting;
    let forgotten = 0;
    for (let turn = 0; turn < mostTurns; turn += 1) {
      const result = await this.#index.ask('forget', { now: clock.now(), keepHistoryMs });
      forgotten += result.forgotten;
      if (!result.more) break;
    }
    return forgotten;
  }

  #segmentsBelow(head: number): { number: number; size: number }[] {
    const { dir } = this.#setting;
    return readdirSync(dir)
      .flatMap((name) => segmentNumber(name) ?? [])
      .filter((number) => number < head)
      .sort((a, b) => a - b)
      .map((number) => ({ number, size: statSync(join(dir, segmentName(number))).size }));
  }

  async #remove({ removable, files: bodies }: SweepResult): Promise<void> {
    const { dir, files, probe } = this.#setting;
    for (const number of removable) {
      probe?.('before-remove');
      await this.#reader.forget(number);
      await this.#unlink(join(dir, segmentName(number)));
      // Each name is gone for certain before the next goes: segments never leave out of turn.
      await syncFolder(files, dir);
    }
    for (const name of bodies) await this.#unlink(join(dir, bodiesFolder, name));
  }

  async #unlink(path: string): Promise<void> {
    await this.#setting.files.unlink(path).catch((error: unknown) => {
      if (!saysMissing(error)) throw error;
    });
  }

  async #carry(items: readonly CarryItem[]): Promise<void> {
    for (const { place, record } of items) {
      try {
        await this.#journal.append({ type: 'carried', data: record }, [await this.#reader.recordBody(place)]);
      } catch (error) {
        await this.#index.ask('release', { ids: [record.message.id] });
        this.#setting.logger.warn(
          { err: error, id: record.message.id },
          'A message could not be carried out of an old journal segment.',
        );
      }
    }
    if (items.length > 0) this.#givenBack();
  }
}
