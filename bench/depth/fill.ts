/**
 * Puts so many waiting messages into a data folder, through the product's own store: each is accepted, synced and indexed as
 * mail that came in would be. The connector is paused on record, so that they wait.
 */
import type { AcceptedMessage } from '../../src/domain/message.ts';
import { newMessageId } from '../../src/domain/message-id.ts';
import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import { load } from '../peers/peer.ts';

const dayMs = 86_400_000;
/** Enough at a time for groups that are large, and few enough for memory that stays small. */
const atOnce = 500;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

export interface Filled {
  /** Bytes of all messages, without what the store adds. */
  readonly bodyBytes: number;
}

/** @param bytes of each message */
export async function fillQueue(
  dir: string,
  count: number,
  bytes: number,
  say: (line: string) => void,
): Promise<Filled> {
  const clock = { now: Date.now, after: () => () => undefined };
  const store = await openEmbeddedStore({ dir, clock, logger: silent, options: { reserveBytes: 0 } });
  try {
    await store.pauseConnector({
      connector: 'default',
      pausedAt: Date.now(),
      reason: 'operator',
      detail: 'while the queue is filled',
    });
    let bodyBytes = 0;
    for (let done = 0; done < count; done += atOnce) {
      const group = Array.from({ length: Math.min(atOnce, count - done) }, async (_, index) => {
        const content = mail(done + index, bytes);
        bodyBytes += content.length;
        const body = store.newBody();
        await body.write(content);
        await store.accept(accepted(done + index, content.length), new Uint8Array(), await body.finish());
      });
      await Promise.all(group);
      if ((done + atOnce) % 100_000 === 0) say(`${(done + atOnce).toLocaleString('en-GB')} messages wait`);
    }
    return { bodyBytes };
  } finally {
    await store.close();
  }
}

function mail(index: number, bytes: number): Buffer {
  const head = `From: ${load.mailFrom}\r\nTo: ${load.rcptTo}\r\nSubject: Letter ${index}\r\nMessage-ID: <${index}@depth.example>\r\n\r\n`;
  return Buffer.from(`${head}${'x'.repeat(Math.max(0, bytes - head.length - 2))}\r\n`);
}

function accepted(index: number, size: number): AcceptedMessage {
  const at = Date.now();
  return {
    id: newMessageId(at),
    acceptedAt: at,
    expiresAt: at + 30 * dayMs,
    client: 'local',
    priority: 'normal',
    origin: { ingress: 'smtp', listener: 'submission', remoteAddress: '127.0.0.1', tls: false },
    envelope: { mailFrom: load.mailFrom, recipients: [{ address: load.rcptTo }], smtpUtf8: false },
    route: {
      route: 'default',
      connector: 'default',
      sender: load.mailFrom,
      form: 'mime',
      fromHeader: 'keep',
      saveToSentItems: true,
    },
    summary: { subject: `Letter ${index}`, messageId: `<${index}@depth.example>`, from: [load.mailFrom] },
    size,
    initialState: 'queued',
  };
}
