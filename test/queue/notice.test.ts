/** Notices as their readers get them: read back with a parser that is not ours. */
import { simpleParser } from 'mailparser';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Envelope } from '../../src/domain/envelope.ts';
import type { AcceptedMessage } from '../../src/domain/message.ts';
import type { AttemptResult } from '../../src/domain/outcome.ts';
import { DelayWatch } from '../../src/queue/delay-watch.ts';
import { type NoticeOptions, Notices, submitTo } from '../../src/queue/notice.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { until } from '../harness/until.ts';
import { handIn, hour, sampleMessage } from '../store/samples.ts';
import { deferred, openRig, type Rig, sent } from './rig.ts';

let folder: TemporaryFolder;
let rig: Rig;
let notices: Notices;
const submitted: { message: AcceptedMessage; bytes: Buffer }[] = [];
let delayNotices: NoticeOptions['delayNotices'] = 'asked';
/** Where the process dies, as far as notices go: what would come after it does not happen. */
let dies: 'never' | 'before-the-notice' | 'after-the-notice' = 'never';

beforeEach(async () => {
  folder = await temporaryFolder();
  submitted.length = 0;
  dies = 'never';
  delayNotices = 'asked';
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
    delayNotices,
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

describe('recipients of whom some have failed', () => {
  const [ada, ben, cem] = ['ada@one.example', 'ben@one.example', 'cem@one.example'];
  const answer = { status: 250 };
  const partly: AttemptResult = {
    ...deferred('message'),
    recipients: [
      { address: ada, outcome: 'sent', answer },
      { address: cem, outcome: 'failed', fault: 'recipient-refused', answer: { status: 550, message: 'No such user' } },
    ],
  };
  const finals = (index: number) =>
    [...(submitted[index]?.bytes.toString() ?? '').matchAll(/Final-Recipient: rfc822; (\S+)/g)].map(([, name]) => name);

  test('single-refused-recipient-is-told-of-though-the-process-died-before, once', async () => {
    dies = 'before-the-notice';
    rig.answer = ({ message }) => (message.client === 'mailroom' ? sent : partly);
    const id = await rig.accept({ to: [ada, ben, cem] });
    await rig.delivered(1);
    await rig.dispatcher.settled();
    expect(submitted).toEqual([]);
    dies = 'never';
    await notices.catchUp();
    await notices.catchUp();
    expect(submitted).toHaveLength(1);
    expect(finals(0)).toEqual([cem]);
    expect(submitted[0]?.bytes.toString()).toContain('550 No such user');
    // When the others have it, there is nothing more to be told.
    rig.answer = () => sent;
    for (let minute = 0; minute < 3; minute += 1) await rig.advance(60_000);
    await until('it to be sent', async () => (await rig.stateOf(id)) === 'sent');
    await notices.catchUp();
    expect(submitted).toHaveLength(1);
  });

  test('and whose notice was on record already are not told of a second time', async () => {
    dies = 'after-the-notice';
    rig.answer = ({ message }) => (message.client === 'mailroom' ? sent : partly);
    const id = await rig.accept({ to: [ada, ben, cem] });
    await until('the notice', () => submitted.length === 1);
    dies = 'never';
    await notices.catchUp();
    expect(submitted).toHaveLength(1);
    expect((await rig.store.trail(id))?.events).toMatchObject([{ kind: 'notice' }]);
  });

  test('a failure of the rest that nobody was told of names those alone who have not got it', async () => {
    rig.answer = ({ message }) => (message.client === 'mailroom' ? sent : partly);
    const id = await rig.accept({ to: [ada, ben, cem] });
    await until('the first notice', () => submitted.length === 1);
    dies = 'before-the-notice';
    rig.answer = ({ message }) => (message.client === 'mailroom' ? sent : refused);
    await rig.advance(60_000);
    await until('it to fail', async () => (await rig.stateOf(id)) === 'failed');
    dies = 'never';
    await notices.catchUp();
    expect(submitted).toHaveLength(2);
    expect(finals(1)).toEqual([ben]);
  });
});

describe('mail that waits for long', () => {
  const late = 4 * hour;
  const recipients = [
    { address: 'a@contoso.example', notify: ['delay', 'failure'] as const },
    { address: 'second-reader@contoso.example' },
    { address: 'third-reader@contoso.example', notify: ['never'] as const },
  ];
  let watch: DelayWatch;

  async function wait(envelope: Partial<Envelope> = { recipients }) {
    rig.answer = ({ message }) => (message.client === 'mailroom' ? sent : deferred('message'));
    const sample = sampleMessage({ at: rig.clock.time });
    await handIn(rig.store, { ...sample, envelope: { ...sample.envelope, ...envelope } }, original);
    await rig.delivered(1);
    return sample.id;
  }
  function look() {
    watch = new DelayWatch({ store: rig.store, notices, clock: rig.clock, logger: rig.logger, afterMs: late });
    watch.start();
  }
  const pass = async (ms: number) => {
    for (let gone = 0; gone < ms; gone += 5 * 60_000) {
      await rig.advance(5 * 60_000);
      await until('the look to end', async () => rig.clock.waiting > 1);
    }
  };
  afterEach(() => watch?.stop());

  test('delay-is-told-once-to-those-who-asked, with the time until which it is tried', async () => {
    look();
    const id = await wait();
    await pass(3.8 * hour);
    expect(submitted).toEqual([]);
    await pass(2 * hour);
    await until('the notice', () => submitted.length === 1);
    const text = bytesOfNotice().toString();
    expect(text).toMatch(/Final-Recipient: rfc822; a@contoso\.example\r\nAction: delayed\r\nStatus: 4\.0\.0/);
    expect(text).toMatch(/Will-Retry-Until: \w{3}, \d\d Nov 2026/);
    expect(text).not.toMatch(/second-reader|third-reader/);
    expect((await simpleParser(bytesOfNotice())).subject).toBe('Your message is delayed');
    // A restart looks at all that waits again.
    await watch.stop();
    look();
    await pass(hour);
    expect(submitted).toHaveLength(1);
    expect((await rig.store.trail(id))?.events).toHaveLength(1);
  });

  test('where the configuration says so, it is told to whoever did not forbid it', async () => {
    await rig[Symbol.asyncDispose]();
    delayNotices = 'all';
    await open();
    look();
    await wait();
    await pass(5 * hour);
    await until('the notice', () => submitted.length === 1);
    const text = bytesOfNotice().toString();
    expect(text).toMatch(/second-reader/);
    expect(text).not.toMatch(/third-reader/);
  });

  test('nobody is told of who did not ask', async () => {
    look();
    await wait({ recipients: [{ address: 'a@contoso.example' }] });
    await pass(5 * hour);
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
