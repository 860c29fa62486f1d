/** Notices as their readers get them: read back with a parser that is not ours. */
import { simpleParser } from 'mailparser';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Envelope } from '../../src/domain/envelope.ts';
import type { AcceptedMessage } from '../../src/domain/message.ts';
import { type NoticeOptions, Notices, submitTo } from '../../src/queue/notice.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { until } from '../harness/until.ts';
import { handIn, hour, sampleMessage } from '../store/samples.ts';
import { deferred, openRig, type Rig, sent } from './rig.ts';

let folder: TemporaryFolder;
let rig: Rig;
let notices: Notices;
const submitted: { message: AcceptedMessage; bytes: Buffer }[] = [];
/** Where the process dies, as far as notices go: what would come after it does not happen. */
let dies: 'never' | 'before-the-notice' | 'after-the-notice' = 'never';

beforeEach(async () => {
  folder = await temporaryFolder();
  submitted.length = 0;
  dies = 'never';
  await open();
});
afterEach(async () => {
  await rig[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function open(mode: NoticeOptions['notices'] = 'failures'): Promise<void> {
  rig = await openRig({
    folder: folder.path,
    dispatcher: {
      listener: {
        messageFailed: async (failure) => {
          if (dies !== 'before-the-notice') await notices.failed(failure);
        },
        attemptEnded: ({ message, end }) => {
          if (end.result.outcome === 'sent') void notices.sent(message, end.finishedAt);
        },
      },
    },
  });
  const { store, clock, logger } = rig;
  const hand = submitTo(store);
  notices = new Notices({
    store,
    clock,
    logger,
    notices: mode,
    reportingHost: 'relay.contoso.example',
    lifetimeMs: 48 * hour,
    async submit(message, bytes) {
      await hand(message, bytes);
      submitted.push({ message, bytes });
      if (dies === 'after-the-notice') throw new Error('the process has died');
    },
  });
}

const original = Buffer.from(
  'From: payroll@contoso.example\r\nTo: anna@contoso.example\r\nBcc: secret@contoso.example\r\nSubject: Your payslip\r\n\r\nPayslip text\r\n',
);
const refused = {
  outcome: 'failed',
  fault: 'recipient-refused',
  answer: {
    status: 400,
    code: 'ErrorInvalidRecipients',
    message: 'At least one recipient is not valid…',
    requestId: 'r-77',
  },
  durationMs: 5,
  notes: [],
} as const;

/** Hands a message in that fails for good, and waits for what comes of it. */
async function fail(envelope: Partial<Envelope> = {}, ingress: 'smtp' | 'notice' = 'smtp') {
  rig.answer = ({ message }) => (message.client === 'mailroom' ? sent : refused);
  const sample = sampleMessage();
  const message = await handIn(
    rig.store,
    { ...sample, origin: { ...sample.origin, ingress }, envelope: { ...sample.envelope, ...envelope } },
    original,
  );
  await rig.delivered(1);
  await until('it to be settled', async () => {
    await rig.dispatcher.settled();
    return (await rig.stateOf(message.id)) === 'failed' && rig.dispatcher.inFlight === 0;
  });
  return message;
}

const bytesOfNotice = () => submitted[0]?.bytes ?? Buffer.alloc(0);

describe('a failure', () => {
  test('is told to the envelope sender, with reason, code and request-id, in a report that parsers understand', async () => {
    const failed = await fail();
    expect(submitted).toHaveLength(1);
    expect(submitted[0]?.message).toMatchObject({
      client: 'mailroom',
      envelope: { mailFrom: '', recipients: [{ address: 'payroll@contoso.example' }] },
      origin: { ingress: 'notice' },
      route: { connector: 'main', sender: 'system@contoso.example', form: 'mime' },
    });
    const mail = await simpleParser(bytesOfNotice());
    expect(mail.from?.text).toContain('system@contoso.example');
    expect(mail.to).toMatchObject({ text: 'payroll@contoso.example' });
    expect(mail.headers.get('auto-submitted')).toBe('auto-replied');
    expect(mail.headers.get('content-type')).toMatchObject({
      value: 'multipart/report',
      params: { 'report-type': 'delivery-status' },
    });
    expect(mail.text).toContain('anna@contoso.example');
    expect(mail.text).toContain('ErrorInvalidRecipients');
    expect(mail.text).toContain(failed.id);
    // The parser reads this part as one more text.
    const fields = mail.text ?? '';
    expect(fields).toContain('Reporting-MTA: dns; relay.contoso.example');
    expect(fields).toMatch(/Final-Recipient: rfc822; anna@contoso\.example\r?\nAction: failed\r?\nStatus: 5\.1\.3/);
    expect(fields).toMatch(/Diagnostic-Code: x-microsoft-graph; 400 ErrorInvalidRecipients .*\(request-id r-77\)/);
  });

  test('is sent by the account of the message, and stands in its trail', async () => {
    const failed = await fail();
    await until('the notice to go out', async () => (await rig.store.books()).sent === 1);
    const trail = await rig.store.trail(failed.id);
    expect(trail?.events).toMatchObject([{ kind: 'notice', by: 'mailroom' }]);
    expect(trail?.events[0]?.detail).toContain(submitted[0]?.message.id);
  });

  test('gives the header back and not the body, and never who was blind', async () => {
    await fail();
    const text = bytesOfNotice().toString();
    expect(text).toContain('Content-Type: text/rfc822-headers');
    expect(text).toContain('Subject: Your payslip');
    expect(text).not.toContain('Payslip text');
    expect(text).not.toContain('secret@');
  });

  test('gives everything back for RET=FULL', async () => {
    await fail({ returnContent: 'full' });
    expect(bytesOfNotice().toString()).toContain('Payslip text');
    expect(bytesOfNotice().toString()).not.toContain('secret@');
  });

  test('names recipients as the client named them (ORCPT), and its ENVID, both decoded', async () => {
    const recipients = [{ address: 'anna@contoso.example', originalRecipient: 'rfc822;anna+2Bpay@contoso.example' }];
    await fail({ recipients, envelopeId: 'QQ+2B314+0D+0AEvil:+20header' });
    const text = bytesOfNotice().toString();
    expect(text).toContain('Original-Recipient: rfc822; anna+pay@contoso.example');
    expect(text).toContain('Original-Envelope-Id: QQ+314 Evil: header');
    expect(text).not.toMatch(/^Evil:/m);
  });

  test('of an address beyond ASCII is told in the international form', async () => {
    await fail({ recipients: [{ address: 'jürgen@contoso.example' }], smtpUtf8: true });
    const text = bytesOfNotice().toString();
    expect(text).toContain('Content-Type: message/global-delivery-status');
    expect(text).toContain('Final-Recipient: utf-8; jürgen@contoso.example');
  });

  test('is told of those recipients alone whose NOTIFY wants it', async () => {
    await fail({
      recipients: [
        { address: 'a@contoso.example', notify: ['failure'] },
        { address: 'second-reader@contoso.example', notify: ['never'] },
        { address: 'c@contoso.example', notify: ['success'] },
        { address: 'd@contoso.example' },
      ],
    });
    const finals = [
      ...bytesOfNotice()
        .toString()
        .matchAll(/Final-Recipient: rfc822; (\w)/g),
    ].map(([, name]) => name);
    expect(finals).toEqual(['a', 'd']);
  });

  test('of which nobody wants to hear is not told', async () => {
    await fail({ recipients: [{ address: 'second-reader@contoso.example', notify: ['never'] }] });
    expect(submitted).toEqual([]);
  });

  test('of a notice, or to the null sender, is never told: two programs would write to each other for ever', async () => {
    await fail({ mailFrom: '' });
    await fail({}, 'notice');
    expect(submitted).toEqual([]);
  });

  test('is not told where notices are switched off', async () => {
    await rig[Symbol.asyncDispose]();
    await open('none');
    await fail();
    expect(submitted).toEqual([]);
  });

  test('by the end of its lifetime says what the last attempt met', async () => {
    rig.answer = ({ message }) => (message.client === 'mailroom' ? sent : deferred('message'));
    await rig.accept({ lifetime: hour / 2 });
    await rig.delivered(1);
    for (let step = 0; step < 40; step += 1) await rig.advance(60_000);
    await until('the notice', () => submitted.length === 1);
    const text = bytesOfNotice().toString();
    expect(text).toContain('Status: 5.4.7');
    expect(text).toContain('could not be sent within its lifetime');
    expect(text).toContain('an answer that is not listed');
  });
});

describe('a process that dies between a failure and its notice', () => {
  test('leaves it to the next one, which tells once', async () => {
    dies = 'before-the-notice';
    const lost = await fail();
    expect(submitted).toEqual([]);
    dies = 'never';
    await notices.catchUp();
    await notices.catchUp();
    expect(submitted.map(({ message }) => message.envelope.recipients)).toEqual([
      [{ address: 'payroll@contoso.example' }],
    ]);
    expect(bytesOfNotice().toString()).toContain('(request-id r-77)');
    expect((await rig.store.trail(lost.id))?.events).toMatchObject([{ kind: 'notice' }]);
  });

  test('and had handed the notice in already, does not tell a second time', async () => {
    dies = 'after-the-notice';
    const told = await fail();
    expect((await rig.store.trail(told.id))?.events).toEqual([]);
    dies = 'never';
    await notices.catchUp();
    expect(submitted).toHaveLength(1);
    const [event] = (await rig.store.trail(told.id))?.events ?? [];
    expect(event?.detail).toContain(submitted[0]?.message.id);
    await until('the notice to go out', async () => (await rig.store.books()).sent === 1);
    expect(await rig.store.books()).toMatchObject({ accepted: 2, sent: 1, failed: 1 });
  });

  test('is not made up for where nobody wants to hear of it', async () => {
    dies = 'before-the-notice';
    await fail({ mailFrom: '' });
    dies = 'never';
    await notices.catchUp();
    expect(submitted).toEqual([]);
  });
});

describe('NOTIFY=SUCCESS', () => {
  test('is answered with a relayed notice, for the recipients that asked', async () => {
    const sample = sampleMessage();
    const recipients = [
      { address: 'a@contoso.example', notify: ['success'] as const },
      { address: 'second-reader@contoso.example' },
    ];
    await handIn(rig.store, { ...sample, envelope: { ...sample.envelope, recipients } }, original);
    await until('the notice', () => submitted.length === 1);
    const text = bytesOfNotice().toString();
    expect(text).toMatch(/Final-Recipient: rfc822; a@contoso\.example\r\nAction: relayed\r\nStatus: 2\.0\.0/);
    expect(text).not.toContain('second-reader@contoso.example');
    await until('both sent', async () => (await rig.store.books()).sent === 2);
  });
});
