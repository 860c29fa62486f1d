/**
 * Notices to envelope senders: that a message has failed; for those who asked (NOTIFY=SUCCESS), that it was handed on
 * to a service which gives no further notices (RFC 3461 §5.2.2); and that it still waits (NOTIFY=DELAY).
 *
 * A notice is a message of its own, of the client `mailroom`, by the way of the message that it is about. There is none to
 * the null sender and none about a notice: two programs would write to each other for ever (RFC 5321 §6.1).
 *
 * A failure is on record before its notice is. `catchUp` makes up for a process that died in between; a key that is made of
 * the failure keeps it from telling twice.
 */
import { catalogueRow, type FaultCode, FaultError, isFaultCode } from '../domain/catalogue.ts';
import type { NotifyOn, Recipient } from '../domain/envelope.ts';
import type { AcceptedMessage, QueuedMessage } from '../domain/message.ts';
import { newMessageId } from '../domain/message-id.ts';
import type { AttemptResult, ServiceAnswer } from '../domain/outcome.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import type { FinalFailure } from './delivery-port.ts';
import { type NoticeContent, writeNotice } from './notice-report.ts';
import { failedBy, stillOpen, withoutSettled } from './settled-recipients.ts';
import type { QueueStore, StoredBody } from './store.ts';
import { printable } from './xtext.ts';

export interface NoticeOptions {
  readonly store: QueueStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** `none` switches all notices off. */
  readonly notices: 'failures' | 'none';
  /** Who is told of a delay: whoever asked (NOTIFY=DELAY), whoever did not forbid it, or nobody. */
  readonly delayNotices: 'asked' | 'all' | 'none';
  /** Name of this machine, for Reporting-MTA and the Message-ID. */
  readonly reportingHost: string;
  /** ms that a notice lives in the queue. */
  readonly lifetimeMs: number;
  /** Hands a notice in. `submitTo` does it by the store alone. */
  readonly submit: (message: AcceptedMessage, bytes: Buffer) => Promise<void>;
}

/** The client that notices belong to. */
export const noticeClient = 'mailroom';

/** A message is given back whole only up to this size, in bytes, whatever RET asks for: the notice has to fit the way out. */
const largestReturned = 1024 * 1024;

/** Enhanced status codes (RFC 3463) of what can fail for good. All else is 5.0.0. */
const statuses: Partial<Record<FaultCode, string>> = {
  'recipient-refused': '5.1.3',
  'too-large': '5.3.4',
  'header-refused': '5.6.0',
  'message-unfit': '5.6.0',
  expired: '5.4.7',
};

/** ms; a failure that was not told for longer than this is no news: its sender has found out. */
const catchUpMs = 3 * 24 * 3_600_000;
const catchUpMost = 1_000;

export class Notices {
  readonly #options: NoticeOptions;

  constructor(options: NoticeOptions) {
    this.#options = options;
  }

  /** Tells the envelope sender that a message has failed. Rejects when the notice could not be put on record. */
  async failed({ message, at, fault, result }: FinalFailure): Promise<void> {
    const recipients = this.#toBeTold(message, 'failure');
    if (recipients.length === 0) return;
    const last = result ? { answer: result.answer, at } : await this.#lastAttempt(message);
    const cause =
      last?.fault !== undefined && last.fault !== fault ? ` The last attempt: ${catalogueRow(last.fault).text}` : '';
    await this.#send(message, message.attempts + (result ? 1 : 0), {
      recipients,
      action: 'failed',
      status: statuses[fault] ?? '5.0.0',
      sentence: `${catalogueRow(fault).text}${cause}`,
      ...diagnosticOf(last?.answer),
      ...(last ? { lastAttemptAt: last.at } : {}),
    });
  }

  /** Tells those who asked for it that a message was handed on. */
  async sent(message: QueuedMessage, at: number): Promise<void> {
    const recipients = this.#toBeTold(message, 'success');
    if (recipients.length === 0) return;
    const sentence = 'It has left this system. The service that took it gives no notice of its delivery.';
    await this.#send(message, message.attempts + 1, {
      recipients,
      action: 'relayed',
      status: '2.0.0',
      sentence,
      lastAttemptAt: at,
    });
  }

  /** Tells those who asked for it, or everybody, that a message still waits. Once for each message. */
  async delayed(message: QueuedMessage): Promise<boolean> {
    const { store, delayNotices } = this.#options;
    if (delayNotices === 'none') return false;
    const isAll = delayNotices === 'all';
    const open = this.#toBeTold(message, 'delay', isAll);
    if (open.length === 0) return false;
    // Asked before it is made: the trail has one line for it, whoever looks again.
    if (await store.findByIdempotencyKey(noticeClient, noticeKey('delayed', message.id, 0))) return false;
    const recipients = this.#toBeTold(await withoutSettled(store, message), 'delay', isAll);
    if (recipients.length === 0) return false;
    const last = await this.#lastAttempt(message);
    const cause = last?.fault === undefined ? '' : ` The last attempt: ${catalogueRow(last.fault).text}`;
    await this.#send(message, 0, {
      recipients,
      action: 'delayed',
      status: '4.0.0',
      sentence: `There is nothing to do: it is tried again by itself.${cause}`,
      ...diagnosticOf(last?.answer),
      ...(last ? { lastAttemptAt: last.at } : {}),
      willRetryUntil: message.expiresAt,
    });
    return true;
  }

  /** Tells of failures that were put on record by a process that died before it had told. Called once, at start. */
  async catchUp(): Promise<void> {
    const { store, clock, notices } = this.#options;
    if (notices === 'none') return;
    const since = clock.now() - catchUpMs;
    for (const message of await store.untoldFailures(since, catchUpMost))
      await this.#makeUp(message, async () => this.failed(await this.#failureOf(message)));
    for (const { message, number } of await store.untoldRecipients(since, catchUpMost))
      await this.#makeUp(message, async () => {
        const failure = await this.#partOf(message, number);
        if (failure) await this.failed(failure);
      });
  }

  async #makeUp(message: QueuedMessage, tell: () => Promise<void>): Promise<void> {
    try {
      await tell();
    } catch (error) {
      this.#options.logger.error({ err: error, messageId: message.id }, 'The failure of a message could not be told.');
    }
  }

  /** The failure of a whole message: of those whom no attempt before has settled. */
  async #failureOf(message: QueuedMessage): Promise<FinalFailure> {
    const attempts = (await this.#options.store.trail(message.id))?.attempts ?? [];
    const last = attempts.at(-1);
    const isOfAttempt = last?.result?.outcome === 'failed' && message.lastFault !== 'expired';
    const part = isOfAttempt ? await this.#partOf(message, last.number) : undefined;
    if (part) return part;
    const fault = message.lastFault !== undefined && isFaultCode(message.lastFault) ? message.lastFault : 'expired';
    return { message: stillOpen(message, attempts), at: message.changedAt, fault };
  }

  /** What an attempt has failed, as it was told when it ended; undefined when it has failed nobody. */
  async #partOf(message: QueuedMessage, number: number): Promise<FinalFailure | undefined> {
    const attempts = (await this.#options.store.trail(message.id))?.attempts ?? [];
    const attempt = attempts.find((each) => each.number === number);
    const failed = attempt?.result && failedBy(stillOpen(message, attempts, number), attempt.result);
    if (!failed) return undefined;
    const at = attempt.finishedAt ?? attempt.startedAt;
    // As it was then: the notice is named after the attempt.
    return { message: { ...failed.message, attempts: number - 1 }, at, fault: failed.fault, result: failed.result };
  }

  /** @param unasked also those who did not say what they want to be told */
  #toBeTold(message: QueuedMessage, on: NotifyOn, unasked = on === 'failure'): readonly Recipient[] {
    const { mailFrom, recipients } = message.envelope;
    if (this.#options.notices === 'none' || mailFrom === '' || message.origin.ingress === 'notice') return [];
    // Without NOTIFY, failures are told, and delays where a server likes to (RFC 3461 §4.1).
    return recipients.filter(({ notify }) => (notify ? notify.includes(on) : unasked));
  }

  async #lastAttempt(
    message: QueuedMessage,
  ): Promise<{ answer: ServiceAnswer; at: number; fault?: FaultCode } | undefined> {
    const trail = await this.#options.store.trail(message.id);
    const attempt = trail?.attempts.findLast(({ result }) => result !== undefined);
    if (!attempt?.result) return undefined;
    const at = attempt.finishedAt ?? attempt.startedAt;
    return { answer: attempt.result.answer, at, ...faultOf(attempt.result) };
  }

  /** `attempts` are those that had been made when what is told came about: together they name it, so that it is told once. */
  async #send(
    about: QueuedMessage,
    attempts: number,
    content: Omit<NoticeContent, 'message' | 'original' | 'at' | 'messageId' | 'reportingHost' | 'full'>,
  ): Promise<void> {
    const { store, clock, reportingHost, lifetimeMs, submit, logger } = this.#options;
    const at = clock.now();
    const id = newMessageId(at);
    const messageId = `<${id}@${reportingHost}>`;
    const original = await whatIsReturned(await store.openBody(about.id));
    const full = about.envelope.returnContent === 'full' && original.length <= largestReturned;
    const bytes = writeNotice({ ...content, message: about, original, at, messageId, reportingHost, full });
    const { mailFrom } = about.envelope;
    const notice: AcceptedMessage = {
      id,
      acceptedAt: at,
      expiresAt: at + lifetimeMs,
      client: noticeClient,
      priority: 'normal',
      origin: { ingress: 'notice', listener: 'notice', remoteAddress: '', tls: false },
      envelope: { mailFrom: '', recipients: [{ address: mailFrom }], smtpUtf8: about.envelope.smtpUtf8 },
      route: { ...about.route, form: 'mime', fromHeader: 'keep', saveToSentItems: true },
      summary: { subject: `Notice: ${content.action}`, messageId, from: [about.route.sender] },
      size: bytes.length,
      initialState: 'queued',
      idempotency: { key: noticeKey(content.action, about.id, attempts), requestHash: about.id },
    };
    const toldBy = await submit(notice, bytes).then(
      () => id,
      (error: unknown) => this.#toldBefore(notice, error),
    );
    await store.note(about.id, {
      at,
      kind: 'notice',
      by: noticeClient,
      detail: `${content.action}: ${toldBy} to ${mailFrom}`,
    });
    logger.info({ messageId: about.id, notice: toldBy, action: content.action }, 'The envelope sender was told.');
  }

  /** The notice of the same that is on record already. @throws what kept this one from being taken, when there is none */
  async #toldBefore({ client, idempotency }: AcceptedMessage, error: unknown): Promise<string> {
    const isTold = error instanceof FaultError && error.fault.code === 'idempotency-conflict' && idempotency;
    const before = isTold ? await this.#options.store.findByIdempotencyKey(client, idempotency.key) : undefined;
    if (!before) throw error;
    return before.id;
  }
}

function noticeKey(action: NoticeContent['action'], about: string, attempts: number): string {
  return `${action} ${about} ${attempts}`;
}

/** Hands notices to a store. */
export function submitTo(store: QueueStore): NoticeOptions['submit'] {
  return async (message, bytes) => {
    const body = store.newBody();
    await body.write(bytes);
    await store.accept(message, new Uint8Array(), await body.finish());
  };
}

/** The whole of a message, or of a large one no more than holds its header: a notice is no reason to read 150 MB. */
async function whatIsReturned(body: StoredBody): Promise<Buffer> {
  if (body.size <= largestReturned) return body.bytes();
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body.stream()) {
    pieces.push(piece);
    size += piece.length;
    if (size > largestReturned) break;
  }
  return Buffer.concat(pieces);
}

function faultOf(result: AttemptResult): { fault?: FaultCode } {
  return result.outcome === 'sent' ? {} : { fault: result.fault };
}

/** The service's answer in one line, with the id that Microsoft's support asks for. */
function diagnosticOf(answer: ServiceAnswer | undefined): { diagnostic?: string } {
  if (!answer) return {};
  const { status, code, message, requestId } = answer;
  const id = requestId === undefined ? undefined : `(request-id ${requestId})`;
  const words = [status, code, message, id].filter((word) => word !== undefined).join(' ');
  return words === '' ? {} : { diagnostic: printable(words) };
}
