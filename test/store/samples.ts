/** What the store's tests are made of: a clock that stands still, messages, and the steps of a delivery. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AcceptedMessage, QueuedMessage } from '../../src/domain/message.ts';
import { newMessageId } from '../../src/domain/message-id.ts';
import type { AttemptResult } from '../../src/domain/outcome.ts';
import type { Clock, Logger } from '../../src/domain/ports.ts';
import type { AttemptEnd, QueueStore } from '../../src/queue/store.ts';

export const noon = Date.UTC(2026, 10, 2, 12);
export const hour = 3_600_000;

export interface TestClock extends Clock {
  time: number;
  /** Runs everything that waits for its time, whatever the time. */
  runAll(): void;
}

export function testClock(time = noon): TestClock {
  const waiting = new Set<() => void>();
  return {
    time,
    now() {
      return this.time;
    },
    after(_delayMs, callback) {
      waiting.add(callback);
      return () => waiting.delete(callback);
    },
    runAll() {
      for (const callback of [...waiting]) {
        waiting.delete(callback);
        callback();
      }
    },
  };
}

export interface TestLogger extends Logger {
  readonly errors: string[];
  readonly warnings: string[];
}

export function testLogger(): TestLogger {
  const errors: string[] = [];
  const warnings: string[] = [];
  const ignore = () => undefined;
  return {
    errors,
    warnings,
    debug: ignore,
    info: ignore,
    warn: (_fields, sentence) => warnings.push(sentence),
    error: (_fields, sentence) => errors.push(sentence),
  };
}

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'mailroom-store-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface Sample {
  readonly at?: number;
  readonly lifetime?: number;
  readonly client?: string;
  readonly connector?: string;
  readonly sender?: string;
  readonly priority?: AcceptedMessage['priority'];
  readonly from?: string;
  readonly to?: readonly string[];
  readonly subject?: string;
  readonly messageId?: string;
  readonly initialState?: AcceptedMessage['initialState'];
  readonly key?: string;
  readonly size?: number;
  readonly fallBack?: AcceptedMessage['route']['fallBack'];
}

export function sampleMessage(sample: Sample = {}): AcceptedMessage {
  const acceptedAt = sample.at ?? noon;
  const id = newMessageId(acceptedAt);
  return {
    id,
    acceptedAt,
    expiresAt: acceptedAt + (sample.lifetime ?? 48 * hour),
    client: sample.client ?? 'payroll',
    priority: sample.priority ?? 'normal',
    origin: { ingress: 'smtp', listener: 'main', remoteAddress: '192.0.2.7', tls: true },
    envelope: {
      mailFrom: sample.from ?? 'payroll@contoso.example',
      recipients: (sample.to ?? ['anna@contoso.example']).map((address) => ({ address })),
      smtpUtf8: false,
    },
    route: {
      route: 'default',
      connector: sample.connector ?? 'main',
      sender: sample.sender ?? 'system@contoso.example',
      form: 'mime',
      fromHeader: 'keep',
      saveToSentItems: true,
      ...(sample.fallBack === undefined ? {} : { fallBack: sample.fallBack }),
    },
    summary: {
      subject: sample.subject ?? 'Your payslip',
      messageId: sample.messageId ?? `<${id}@contoso.example>`,
      from: ['payroll@contoso.example'],
    },
    size: sample.size ?? 0,
    initialState: sample.initialState ?? 'queued',
    ...(sample.key === undefined ? {} : { idempotency: { key: sample.key, requestHash: 'hash' } }),
  };
}

export const nothing = Buffer.alloc(0);

/** Hands a message in, in pieces as a socket would. */
export async function handIn(
  store: QueueStore,
  message: AcceptedMessage,
  bytes: Uint8Array = Buffer.from('Subject: Your payslip\r\n\r\nText\r\n'),
  prefix: Uint8Array = nothing,
): Promise<AcceptedMessage> {
  const writer = store.newBody();
  for (let offset = 0; offset < bytes.length; offset += 65_536) {
    const pause = writer.write(bytes.subarray(offset, offset + 65_536));
    if (pause) await pause;
  }
  await store.accept(message, prefix, await writer.finish());
  return message;
}

/** Hands in as many messages of now for the connector `default`, a hundred at a time. */
export async function handInMany(store: QueueStore, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 100)
    await Promise.all(
      Array.from({ length: Math.min(left, 100) }, () =>
        handIn(store, sampleMessage({ at: Date.now(), connector: 'default' })),
      ),
    );
}

/** Leases whatever is ready at `now`, up to `limit` of each group. */
export async function leaseAll(store: QueueStore, now: number, limit = 100): Promise<QueuedMessage[]> {
  const leased: QueuedMessage[] = [];
  for (const group of await store.ready(now)) leased.push(...(await store.lease({ ...group, now, limit })));
  return leased;
}

export async function begin(store: QueueStore, message: QueuedMessage, at: number): Promise<number> {
  const number = message.attempts + 1;
  await store.beginAttempt({
    id: message.id,
    number,
    startedAt: at,
    connector: message.route.connector,
    sender: message.route.sender,
    clientRequestId: `request-${message.id}-${number}`,
  });
  return number;
}

const answer = { answer: { status: 202, requestId: 'r-1' }, durationMs: 12, notes: [] };
export const sent: AttemptResult = { ...answer, outcome: 'sent' };
export const deferred: AttemptResult = { ...answer, outcome: 'deferred', fault: 'network', scope: 'message' };
export const failed: AttemptResult = { ...answer, outcome: 'failed', fault: 'unlisted-answer' };
export const uncertain: AttemptResult = { ...answer, outcome: 'uncertain', fault: 'no-answer' };

/** The usual end of an attempt with this result. */
export function endOf(id: string, number: number, at: number, result: AttemptResult): AttemptEnd {
  const next: AttemptEnd['next'] =
    result.outcome === 'deferred'
      ? { state: 'queued', dueAt: at + hour, counts: true, maybeSent: false }
      : { state: result.outcome };
  return { id, number, finishedAt: at, result, next };
}

/** Leases, begins and ends one attempt of one message. */
export async function attempt(store: QueueStore, id: string, at: number, result: AttemptResult): Promise<void> {
  const leased = await leaseAll(store, at);
  const message = leased.find((one) => one.id === id);
  await store.release(leased.filter((one) => one !== message).map((one) => one.id));
  if (!message) throw new Error(`Message ${id} is not ready at ${at}.`);
  await store.finishAttempt(endOf(id, await begin(store, message, at), at, result));
}
