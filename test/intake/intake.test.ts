import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../src/domain/catalogue.ts';
import type { AcceptedMessage } from '../../src/domain/message.ts';
import type { IntakeResult, SubmissionStart } from '../../src/ingress/intake.ts';
import { createIntake, type IntakeOptions } from '../../src/ingress/submission.ts';
import { createGate } from '../../src/policy/policy-gate.ts';
import type { QueueStore } from '../../src/queue/store.ts';
import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { account, client } from '../http/running-listener.ts';
import { noon, testClock, testLogger } from '../store/samples.ts';

const clock = testClock();
const from = `From: ${account}\r\n`;

describe('intake', () => {
  let folder: TemporaryFolder;
  let store: QueueStore;
  let accepted: AcceptedMessage[];
  let refused: Fault[];

  beforeEach(async () => {
    folder = await temporaryFolder();
    store = await openEmbeddedStore({
      dir: join(folder.path, 'data'),
      clock,
      logger: testLogger(),
      options: { reserveBytes: 0 },
    });
    accepted = [];
    refused = [];
  });
  afterEach(async () => {
    await store.close();
    await folder[Symbol.asyncDispose]();
  });

  const start = (more: Partial<SubmissionStart> = {}, mailFrom = account): SubmissionStart => ({
    client: { name: 'cases', priority: 'normal' },
    envelope: { mailFrom, recipients: [{ address: 'ada@fabrikam.example' }], smtpUtf8: false },
    origin: { ingress: 'smtp', listener: 'submission', remoteAddress: '127.0.0.1', tls: false },
    ...more,
  });

  async function intake(more: Partial<IntakeOptions> = {}) {
    const gate = await createGate({
      clients: [client('cases', { quota: { messagesPerHour: 3 } }), client('any', { senders: ['*'] })],
      connectors: [{ name: 'default', userName: account, maxMessageBytes: 3_000_000, maxRecipients: 500 }],
      routes: [],
      clock,
      acceptedSince: (name, since) => store.acceptedSince(name, since),
    });
    return createIntake({
      store,
      gate,
      clock,
      logger: testLogger(),
      hostname: 'mail.contoso.example',
      lifetimeMs: 1_000,
      holdsRoute: () => false,
      onAccepted: (message) => accepted.push(message),
      onRefused: (fault) => refused.push(fault),
      ...more,
    });
  }

  async function handIn(
    text: string | readonly Buffer[],
    begin = start(),
    more: Partial<IntakeOptions> = {},
  ): Promise<IntakeResult> {
    const submission = (await intake(more)).begin(begin);
    if ('code' in submission) return { accepted: false, fault: submission };
    for (const piece of typeof text === 'string' ? [Buffer.from(text)] : text) await submission.write(piece);
    return submission.finish();
  }

  async function bytesOf(result: IntakeResult): Promise<string> {
    if (!result.accepted) throw new Error(result.fault.code);
    return (await (await store.openBody(result.id)).bytes()).toString();
  }

  it('device-that-writes-no-header-fields-gets-them-and-its-bytes-stay', async () => {
    const result = await handIn('Subject: x\r\n\r\nbody\r\n');
    const [message] = accepted;
    expect(await bytesOf(result)).toBe(
      `Message-ID: <${message?.id}@mail.contoso.example>\r\nDate: ${new Date(noon).toUTCString().replace('GMT', '+0000')}\r\nFrom: ${account}\r\nSubject: x\r\n\r\nbody\r\n`,
    );
    expect(message).toMatchObject({
      acceptedAt: noon,
      expiresAt: noon + 1_000,
      summary: { from: [account], subject: 'x' },
    });
    expect(message?.size).toBe(Buffer.byteLength(await bytesOf(result)));
  });

  it('complete-message-is-kept-byte-for-byte', async () => {
    const whole = `Received: x\r\n${from}Message-ID: <1@x>\r\nDate: Mon, 2 Nov 2026 12:00:00 +0000\r\n\r\n\r\n..\r\n`;
    expect(await bytesOf(await handIn(whole))).toBe(whole);
  });

  it('message-without-any-header-stays-whole-below-the-added-one', async () => {
    const bytes = await bytesOf(await handIn('just text\r\n\r\nSubject: not a header\r\n'));
    expect(bytes.endsWith('\r\n\r\njust text\r\n\r\nSubject: not a header\r\n')).toBe(true);
  });

  it('notice-with-the-null-reverse-path-is-from-the-system-account', async () => {
    const result = await handIn('Subject: notice\r\n\r\n', start({}, ''));
    expect(await bytesOf(result)).toContain(`From: ${account}\r\n`);
    expect(accepted[0]?.envelope.mailFrom).toBe('');
  });

  it.each([
    ['From of somebody else', 'From: boss@contoso.example\r\n\r\n', 'from-not-allowed'],
    ['second From field', `${from}From: boss@contoso.example\r\n\r\n`, 'from-not-allowed'],
    ['second address in From', `From: ${account}, boss@contoso.example\r\n\r\n`, 'from-not-allowed'],
    ['address in the display name', `From: boss@contoso.example <${account}>\r\n\r\n`, 'from-not-allowed'],
    ['From that nobody can read', 'From: undisclosed\r\n\r\n', 'from-unreadable'],
    ['mail that goes round in circles', `${'Received: x\r\n'.repeat(51)}${from}\r\n`, 'mail-loop'],
    ['mail too large for the way out', `${from}\r\n${'x'.repeat(3_000_000)}`, 'message-too-large-for-connector'],
    ['header without an end', `${from}X: ${'y'.repeat(1_100_000)}`, 'header-too-large'],
  ])('refuses: %s', async (_name, text, code) => {
    const result = await handIn(text);
    expect(result).toMatchObject({ accepted: false, fault: { code } });
    expect(refused.map((fault) => fault.code)).toEqual([code]);
    expect((await store.books()).accepted).toBe(0);
  });

  it('long-text-without-a-header-is-no-header-that-is-too-large', async () => {
    const result = await handIn([Buffer.from('no header here\r\n'), Buffer.alloc(1_200_000, 'x')]);
    expect(result.accepted).toBe(true);
  });

  it('client-with-any-sender-may-send-an-unreadable-from', async () => {
    const result = await handIn('From: undisclosed\r\n\r\n', start({ client: { name: 'any', priority: 'normal' } }));
    expect(result.accepted).toBe(true);
  });

  it('quota-counts-what-is-accepted-and-nothing-else', async () => {
    const open = await intake();
    const one = async (text: string) => {
      const submission = open.begin(start());
      if ('code' in submission) return submission.code;
      await submission.write(Buffer.from(text));
      const result = await submission.finish();
      return result.accepted ? 'accepted' : result.fault.code;
    };
    for (let index = 0; index < 5; index += 1) expect(await one('From: a@b.example\r\n\r\n')).toBe('from-not-allowed');
    expect([await one(from), await one(from), await one(from), await one(from)]).toEqual([
      'accepted',
      'accepted',
      'accepted',
      'quota-exceeded',
    ]);
    // A new gate, as after a restart, knows what was accepted before.
    expect(await handIn(from)).toMatchObject({ fault: { code: 'quota-exceeded' } });
  });

  it('client-may-ask-for-less-priority-and-not-for-more', async () => {
    await handIn(from, start({ priority: 'high' }));
    await handIn(from, start({ priority: 'low' }));
    expect(accepted.map(({ priority }) => priority)).toEqual(['normal', 'low']);
  });

  it('listener-that-throws-does-not-turn-an-accepted-message-into-a-refusal', async () => {
    const result = await handIn(from, start(), {
      onAccepted: () => {
        throw new Error('broken');
      },
    });
    expect(result.accepted).toBe(true);
  });

  it('aborted-message-is-not-there', async () => {
    const submission = (await intake()).begin(start());
    if ('code' in submission) throw new Error(submission.code);
    await submission.write(Buffer.alloc(2_000_000));
    await submission.abort();
    expect((await store.books()).accepted).toBe(0);
  });
});
