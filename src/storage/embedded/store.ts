/**
 * The embedded store: puts what happens into the journal, and answers questions from the index.
 *
 * Whatever changes a message goes through the journal first; the index follows. Decisions that need a message's state
 * (interventions) ask the index, which claims the messages until their record has come round. Attempts need no question:
 * only the holder of a lease may begin one, and this object knows the leases that it gave out.
 */
import { join } from 'node:path';
import { FaultError } from '../../domain/catalogue.ts';
import type { AcceptedMessage, MessageEvent, MessageId, MessageTrail, QueuedMessage } from '../../domain/message.ts';
import type {
  AttemptEnd,
  AttemptStart,
  BodyWriter,
  Books,
  ConnectorPause,
  FinishedBody,
  Intervention,
  InterventionResult,
  LeaseRequest,
  MessageQuery,
  QueueDepth,
  QueueStore,
  RateCounts,
  RateQuery,
  ReadyGroup,
  RerouteRequest,
  StoredBody,
  UntoldRecipients,
} from '../../queue/store.ts';
import { BodyCache } from './body-cache.ts';
import { BodyReader } from './body-reader.ts';
import { bodiesFolder, IncomingBody } from './body-writer.ts';
import { ConnectorClocks } from './connector-clock.ts';
import { saysMissing } from './files.ts';
import { FolderSync } from './folder-sync.ts';
import type { Recovered } from './index/calls.ts';
import type { IndexClient } from './index-client.ts';
import { Journal } from './journal.ts';
import type { FolderLock } from './lock.ts';
import type { Setting } from './options.ts';
import { toMessage, toTrail } from './rows.ts';
import { SegmentKeeper } from './segment-keeper.ts';
import { Space } from './space.ts';
import { Turns } from './turns.ts';

const countedAtOnce = 1_000;
/** ms between two words that mail may be ready: each costs two questions, whether it brings one message or fifty. */
const tellMs = 10;

export class EmbeddedStore implements QueueStore {
  /** What the start found, for the log and for tests. */
  readonly recovered: Recovered;
  readonly #setting: Setting;
  readonly #index: IndexClient;
  readonly #lock: FolderLock;
  readonly #journal: Journal;
  readonly #keeper: SegmentKeeper;
  readonly #reader: BodyReader;
  readonly #cache: BodyCache;
  readonly #space: Space;
  readonly #bodies: FolderSync;
  readonly #turns = new Turns();
  /** Pauses as they are durable. */
  readonly #clocks = new ConnectorClocks();
  /** Leased messages, with the number of the attempt that runs; 0 while none does. */
  readonly #leases = new Map<MessageId, number>();
  /** Those among them whose bytes go as soon as they are sent. */
  readonly #redacted = new Set<MessageId>();
  readonly #keysOnTheirWay = new Map<string, Promise<void>>();
  readonly #listeners: (() => void)[] = [];
  #tellSoon = false;
  #toldAt = Number.NEGATIVE_INFINITY;
  #closing: Promise<void> | undefined;

  constructor(setting: Setting, index: IndexClient, lock: FolderLock, recovered: Recovered) {
    this.recovered = recovered;
    this.#setting = setting;
    this.#index = index;
    this.#lock = lock;
    this.#space = new Space(setting);
    this.#bodies = new FolderSync(setting.files, join(setting.dir, bodiesFolder));
    this.#reader = new BodyReader(setting.dir, setting.passed);
    this.#cache = new BodyCache(setting.cacheBytes);
    for (const standing of recovered.standings) this.#clocks.restore(standing);
    const hooks = {
      durable: index.feed.bind(index),
      mayGoOn: index.mayGoOn.bind(index),
      full: () => this.#space.markFull(),
      standings: () => this.#clocks.all(),
    };
    this.#journal = new Journal(setting, hooks, recovered.lastSegment, recovered.lastEnd);
    this.#keeper = new SegmentKeeper(setting, index, this.#journal, this.#reader, this.#turns, () =>
      this.#mayBeReady(),
    );
  }

  /** Begins to write; called once, by `openEmbeddedStore`. */
  async begin(): Promise<void> {
    await this.#space.ask();
    await this.#journal.open();
    this.#keeper.begin();
  }

  newBody(): BodyWriter {
    this.#space.admit();
    return new IncomingBody(this.#setting, this.#space, this.#bodies);
  }

  async accept(message: AcceptedMessage, prefix: Uint8Array, body: FinishedBody): Promise<void> {
    if (!(body instanceof IncomingBody)) throw new TypeError('The body was made by another store.');
    const { idempotency, client } = message;
    if (!idempotency) return this.#accept(message, prefix, body);
    const key = JSON.stringify([client, idempotency.key]);
    // Whoever comes second waits until it is known whether the first came through.
    while (this.#keysOnTheirWay.has(key)) await this.#keysOnTheirWay.get(key);
    const done = Promise.withResolvers<void>();
    this.#keysOnTheirWay.set(key, done.promise);
    try {
      if (await this.#index.ask('byKey', { client, key: idempotency.key })) {
        await body.discard();
        throw new FaultError({ code: 'idempotency-conflict', detail: 'A message with this key is on record already.' });
      }
      await this.#accept(message, prefix, body);
    } finally {
      this.#keysOnTheirWay.delete(key);
      done.resolve();
    }
  }

  async #accept(message: AcceptedMessage, prefix: Uint8Array, body: IncomingBody): Promise<void> {
    try {
      // A body that is to go before its segment does stands in a file of its own, however small it is.
      if (message.redaction?.deletes) await body.intoFile();
      const file = await body.syncFile();
      const bytes = body.inMemory(prefix);
      await this.#journal.append({ type: 'accepted', data: file ? { message, file } : { message } }, bytes);
      body.releaseMemory();
      if (!file) this.#cache.put(message.id, bytes, this.#setting.clock.now());
      if (message.initialState === 'queued') this.#mayBeReady();
    } catch (error) {
      await body.discard();
      throw error;
    }
  }

  ready(now: number): Promise<readonly ReadyGroup[]> {
    return this.#index.ask('ready', { now });
  }

  nextDueAt(now: number): Promise<number | undefined> {
    return this.#index.ask('nextDueAt', { now });
  }

  async lease(request: LeaseRequest): Promise<readonly QueuedMessage[]> {
    const rows = await this.#index.ask('lease', request);
    const messages = rows.map(toMessage);
    for (const { id, redaction } of messages) {
      this.#leases.set(id, 0);
      if (redaction?.deletes) this.#redacted.add(id);
    }
    return messages;
  }

  async release(ids: readonly MessageId[]): Promise<void> {
    const idle = ids.filter((id) => this.#leases.get(id) === 0);
    for (const id of idle) {
      this.#leases.delete(id);
      this.#redacted.delete(id);
    }
    await this.#index.ask('release', { ids: idle });
    this.#mayBeReady();
  }

  onReady(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** @throws Error when the caller holds no lease; FaultError `storage-full` or `storage-failed`: no POST may begin. */
  async beginAttempt(start: AttemptStart): Promise<void> {
    if (this.#leases.get(start.id) !== 0)
      throw new Error(`Message ${start.id} is not leased, or has an attempt already: no attempt may begin.`);
    this.#leases.set(start.id, start.number);
    try {
      await this.#journal.append({ type: 'attempt', data: start });
    } catch (error) {
      this.#leases.set(start.id, 0);
      throw error;
    }
  }

  /** Waits as long as the disk refuses: an outcome is never given up. */
  async finishAttempt(end: AttemptEnd): Promise<void> {
    if (this.#leases.get(end.id) !== end.number || end.number === 0)
      throw new Error(`Attempt ${end.number} of message ${end.id} is not under way: it cannot be finished.`);
    await this.#journal.append({ type: 'outcome', data: end });
    this.#leases.delete(end.id);
    if (this.#redacted.delete(end.id) && end.next.state === 'sent') this.#keeper.sweepSoon();
    if (end.next.state === 'queued') this.#mayBeReady();
    else this.#cache.drop(end.id);
  }

  async orphanedAttempts(): Promise<readonly QueuedMessage[]> {
    const rows = await this.#index.ask('orphans', {});
    const orphans = rows.map(toMessage).filter(({ id }) => !this.#leases.has(id));
    for (const { id, attempts } of orphans) this.#leases.set(id, attempts);
    return orphans;
  }

  async expired(now: number, exceptConnectors: readonly string[], limit: number): Promise<readonly QueuedMessage[]> {
    return (await this.#index.ask('expired', { now, exceptConnectors, limit })).map(toMessage);
  }

  async untoldFailures(since: number, limit: number): Promise<readonly QueuedMessage[]> {
    return (await this.#index.ask('untold', { since, limit })).map(toMessage);
  }

  async untoldRecipients(since: number, limit: number): Promise<readonly UntoldRecipients[]> {
    const found = await this.#index.ask('untoldRecipients', { since, limit });
    return found.map(({ row, number }) => ({ message: toMessage(row), number }));
  }

  async rerouteable(request: RerouteRequest): Promise<readonly QueuedMessage[]> {
    return (await this.#index.ask('rerouteable', request)).map(toMessage);
  }

  intervene(intervention: Intervention): Promise<InterventionResult> {
    return this.#turns.take(async () => {
      const plan = await this.#index.ask('plan', intervention);
      if (plan.changed.length === 0) return plan;
      try {
        await this.#journal.append({ type: 'intervened', data: { ...intervention, ids: plan.changed } });
      } catch (error) {
        await this.#index.ask('release', { ids: plan.changed });
        throw error;
      }
      this.#mayBeReady();
      return plan;
    });
  }

  note(id: MessageId, event: MessageEvent): Promise<void> {
    return this.#turns.take(() => this.#journal.append({ type: 'note', data: { id, event } }));
  }

  async pauseConnector(pause: ConnectorPause): Promise<void> {
    await this.#journal.append({ type: 'paused', data: pause });
    this.#clocks.pause(pause);
  }

  async resumeConnector(connector: string, resumedAt: number): Promise<void> {
    if (!this.#clocks.isPaused(connector)) return;
    await this.#journal.append({ type: 'resumed', data: { connector, resumedAt } });
    this.#clocks.resume(connector, resumedAt);
    this.#mayBeReady();
  }

  async pauses(): Promise<readonly ConnectorPause[]> {
    return this.#clocks.pauses();
  }

  async openBody(id: MessageId): Promise<StoredBody> {
    const cached = this.#cache.get(id);
    if (cached) return this.#reader.body(cached, undefined);
    // A second look, because the record may be carried forward between the question and the reading.
    return (await this.#readBody(id)) ?? (await this.#readBody(id)) ?? this.#gone(id);
  }

  async #readBody(id: MessageId): Promise<StoredBody | undefined> {
    const place = await this.#index.ask('locate', { id });
    if (!place) return undefined;
    try {
      return this.#reader.body(await this.#reader.recordBody(place), place.file);
    } catch (error) {
      if (saysMissing(error)) return undefined;
      throw error;
    }
  }

  #gone(id: MessageId): never {
    throw new FaultError({
      code: 'not-found',
      detail: `Message ${id} is not on record, or its bytes are no longer kept.`,
    });
  }

  async trail(id: MessageId): Promise<MessageTrail | undefined> {
    const rows = await this.#index.ask('trail', { id });
    return rows && toTrail(rows);
  }

  async list(query: MessageQuery): Promise<readonly QueuedMessage[]> {
    return (await this.#index.ask('list', query)).map(toMessage);
  }

  listIds(query: MessageQuery): Promise<readonly MessageId[]> {
    return this.#index.ask('listIds', query);
  }

  async count(query: MessageQuery, most: number): Promise<number> {
    let count = 0;
    let { after } = query;
    // A page at a time: whoever has mail to send gets an answer in between.
    while (count < most) {
      const page = await this.listIds({ ...query, limit: countedAtOnce, ...(after === undefined ? {} : { after }) });
      count += page.length;
      after = page.at(-1);
      if (page.length < countedAtOnce) break;
    }
    return Math.min(count, most);
  }

  rates(query: RateQuery): Promise<readonly RateCounts[]> {
    return this.#index.ask('rates', query);
  }

  async findByIdempotencyKey(client: string, key: string): Promise<QueuedMessage | undefined> {
    const row = await this.#index.ask('byKey', { client, key });
    return row && toMessage(row);
  }

  books(): Promise<Books> {
    return this.#index.ask('books', {});
  }

  depth(): Promise<readonly QueueDepth[]> {
    return this.#index.ask('depth', {});
  }

  acceptedSince(client: string, since: number): Promise<{ readonly messages: number; readonly recipients: number }> {
    return this.#index.ask('acceptedSince', { client, since });
  }

  recipientsSentSince(connector: string, sender: string, since: number): Promise<number> {
    return this.#index.ask('recipientsSentSince', { connector, sender, since });
  }

  /** Forgets messages past their time on record now, without waiting for the timer. Returns how many. */
  forget(): Promise<number> {
    return this.#keeper.forget();
  }

  /** Removes what is past its retention now, without waiting for the timer. Returns the removed segments' numbers. */
  sweep(): Promise<readonly number[]> {
    return this.#keeper.sweep();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#keeper.stop();
    await this.#turns.take(() => Promise.resolve());
    await this.#journal.close();
    await this.#index.close();
    await this.#reader.close();
    this.#lock.release();
  }

  #mayBeReady(): void {
    if (this.#tellSoon || this.#listeners.length === 0) return;
    this.#tellSoon = true;
    const tell = () => {
      this.#tellSoon = false;
      this.#toldAt = performance.now();
      if (!this.#closing) for (const listener of this.#listeners) listener();
    };
    const since = performance.now() - this.#toldAt;
    if (since >= tellMs) setImmediate(tell);
    else setTimeout(tell, tellMs - since);
  }
}
