/**
 * The delivery log: one JSON line for each step of each message, apart from the log of the server, for people who look for
 * one message and for programs that read along. It never holds mail up: what cannot be written is dropped and counted,
 * since the journal has it all.
 */

import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AcceptedMessage, MessageId, QueuedMessage } from '../domain/message.ts';
import type { AttemptResult } from '../domain/outcome.ts';
import type { Clock, Logger } from '../domain/ports.ts';

export interface DeliveryLog {
  accepted(message: AcceptedMessage): void;
  attempted(
    message: QueuedMessage,
    attempt: { readonly number: number; readonly clientRequestId: string },
    result: AttemptResult,
    next: string,
  ): void;
  event(message: QueuedMessage, event: string, detail?: string): void;
  /** A person has changed messages. */
  intervened(ids: readonly MessageId[], action: string, by: string): void;
  /** Opens the file anew, after a rotation. It is also noticed by itself when the file has been moved away. */
  reopen(): void;
  close(): Promise<void>;
}

/** Beyond this lines are dropped: the disk does not keep up, or is full. */
const waitingLimitBytes = 16 * 1024 * 1024;
const noticeRotationMs = 5_000;

/** A log that writes nothing, for a server without one. */
export const noDeliveryLog: DeliveryLog = {
  accepted: () => {},
  attempted: () => {},
  event: () => {},
  intervened: () => {},
  reopen: () => {},
  close: () => Promise.resolve(),
};

/** Opens the log; the file is made with mode 0600, its folder for the owner alone where it is not there. @throws the system's error when it cannot be opened. */
export async function openDeliveryLog(file: string, clock: Clock, logger: Logger): Promise<DeliveryLog> {
  const openFile = () => open(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600);
  // At the first start of all, the data folder that it may stand in has not been made yet.
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  let handle: FileHandle = await openFile();
  let inode = (await handle.stat()).ino;
  let waiting: string[] = [];
  let waitingBytes = 0;
  let dropped = 0;
  let lookedAt = clock.now();
  let stale = false;
  let writing: Promise<void> | undefined;

  /** A line may have been cut off: the next one must not be glued to it. */
  let isTorn = false;
  let isClosed = false;

  const write = async () => {
    while (waiting.length > 0) {
      const text = waiting.join('');
      waiting = [];
      waitingBytes = 0;
      if (stale || clock.now() - lookedAt > noticeRotationMs) await renew();
      try {
        await handle.appendFile(isTorn ? `\n${text}` : text);
        isTorn = false;
        if (dropped > 0)
          logger.warn({ file, dropped }, 'Lines of the delivery log were dropped; the trail of each message has them.');
        dropped = 0;
      } catch (error) {
        isTorn = true;
        dropped += text.split('\n').length - 1;
        logger.error({ file, err: error }, 'The delivery log cannot be written.');
      }
    }
  };
  const renew = async () => {
    lookedAt = clock.now();
    const standing = await stat(file).catch(() => undefined);
    if (!stale && standing?.ino === inode) return;
    try {
      const next = await openFile();
      await handle.close();
      handle = next;
      inode = (await next.stat()).ino;
      stale = false;
      isTorn = false;
    } catch (error) {
      // The old file goes on being written to, and the new one is tried again: no line is lost over it.
      logger.error({ file, err: error }, 'The delivery log cannot be opened anew.');
    }
  };
  const add = (line: object) => {
    const text = `${JSON.stringify(line)}\n`;
    if (isClosed) return;
    if (waitingBytes + text.length > waitingLimitBytes) {
      dropped += 1;
      return;
    }
    waiting.push(text);
    waitingBytes += text.length;
    writing ??= write().finally(() => {
      writing = undefined;
    });
  };
  const time = () => new Date(clock.now()).toISOString();

  return {
    accepted(message) {
      const { envelope, origin, route, summary } = message;
      add({
        time: time(),
        event: 'accepted',
        id: message.id,
        client: message.client,
        ingress: origin.ingress,
        remoteAddress: origin.remoteAddress,
        mailFrom: envelope.mailFrom,
        recipients: envelope.recipients.map((recipient) => recipient.address),
        messageId: summary.messageId,
        subject: summary.subject,
        size: message.size,
        route: route.route,
        connector: route.connector,
        sender: route.sender,
      });
    },
    attempted(message, attempt, result, next) {
      add({
        time: time(),
        event: 'attempt',
        id: message.id,
        attempt: attempt.number,
        connector: message.route.connector,
        sender: message.route.sender,
        outcome: result.outcome,
        ...(result.outcome === 'sent' ? {} : { fault: result.fault }),
        ...result.answer,
        clientRequestId: attempt.clientRequestId,
        ms: Math.round(result.durationMs),
        notes: result.notes,
        next,
      });
    },
    event: (message, event, detail) =>
      add({ time: time(), event, id: message.id, messageId: message.summary.messageId, ...(detail ? { detail } : {}) }),
    intervened(ids, action, by) {
      for (const id of ids) add({ time: time(), event: action, id, by });
    },
    reopen() {
      stale = true;
    },
    async close() {
      isClosed = true;
      await writing;
      await handle.close();
    },
  };
}
