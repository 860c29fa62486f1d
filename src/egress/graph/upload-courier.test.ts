/** Large mail by drafts and upload sessions, against the practice tenant, through everything that breaks on the way. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../../practice-tenant/faults/fault.ts';
import { type PracticeTenant, startPracticeTenant } from '../../../practice-tenant/tenant.ts';
import { type TemporaryFolder, temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { tenantTokens } from '../../../test/harness/tenant-tokens.ts';
import { type Connections, openConnections } from '../../microsoft/connections.ts';
import { delivery, type Mail, recipient, sender } from '../delivery.sample.ts';
import { DraftCalls } from './draft-calls.ts';
import { DraftLedger } from './draft-ledger.ts';
import { defaultTimings, type GraphAccess } from './graph-call.ts';
import { settleDraft, UploadCourier } from './upload-courier.ts';

const blind = 'boss@contoso.example';
const stranger = 'customer@fabrikam.example';
/** No fault: a piece that passes before the one that does not. */
const passes: Fault = { endpoint: 'upload', method: 'PUT', action: { kind: 'delay', ms: 0 } };
const logger = { debug() {}, info() {}, warn() {}, error() {} };

let tenant: PracticeTenant;
let connections: Connections;
let folder: TemporaryFolder;
let access: GraphAccess;
let ledger: DraftLedger;

beforeEach(async () => {
  tenant = await startPracticeTenant({
    profile: 'unlimited',
    limits: { maxSendBytes: null },
    users: [sender, recipient, blind],
  });
  connections = openConnections({ ca: tenant.caPem });
  folder = await temporaryFolder();
  ledger = DraftLedger.open(folder.path, logger);
  access = accessWith(['Mail.Send', 'Mail.ReadWrite']);
});
afterEach(async () => {
  await connections.close();
  await tenant.close();
  await folder[Symbol.asyncDispose]();
});

function accessWith(roles: readonly string[]): GraphAccess {
  const { app, secret } = tenant.addApp({ roles });
  const tokens = tenantTokens(tenant, app.clientId, secret, connections);
  return { graph: tenant.origin, tokens, connections, timings: defaultTimings, now: Date.now };
}

function courier(): UploadCourier {
  return new UploadCourier({
    access,
    connector: 'main',
    ledger,
    severalSenders: false,
    maxMessageBytes: 150_000_000,
    maxRecipients: 500,
  });
}

const send = (mail: Mail) => courier().send(delivery(mail));

const files = [randomBytes(200_000), randomBytes(1_200_000), randomBytes(5_000_000), randomBytes(3_200_000)];
const [small, middle, large, inline] = files;

const fileNames = ['klein.bin', 'mittel.bin', 'Übersicht 2026.pdf', 'logo.png'];
const attachments = [
  { filename: 'klein.bin', content: small },
  { filename: 'mittel.bin', content: middle },
  { filename: 'Übersicht 2026.pdf', content: large, contentType: 'application/pdf' },
  { filename: 'logo.png', content: inline, cid: 'logo@contoso' },
];

async function compose(to: string, names: readonly string[] = fileNames): Promise<Buffer> {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message } = await transport.sendMail({
    from: sender,
    to,
    subject: 'Jahresabschluß',
    text: 'Text',
    html: '<p>Text <img src="cid:logo@contoso">',
    attachments: attachments.filter(({ filename }) => names.includes(filename)),
  });
  if (!Buffer.isBuffer(message)) throw new Error('no buffer');
  return message;
}

const hash = (bytes: Buffer) => bytes.toString('base64');

/** What the recipient reads, by a library that is neither ours nor the tenant's. */
async function arrived(address = recipient) {
  const copies = tenant.mailbox(address);
  expect(copies).toHaveLength(1);
  return simpleParser(copies[0]?.raw ?? Buffer.alloc(0));
}

async function expectWhole(names: readonly string[] = fileNames): Promise<void> {
  const mail = await arrived();
  expect([mail.subject, mail.text?.trim()]).toEqual(['Jahresabschluß', 'Text']);
  const sent = new Map(mail.attachments.map(({ filename, content }) => [filename, hash(content)]));
  expect([...sent.keys()].sort()).toEqual([...names].sort());
  for (const { filename, content } of attachments)
    if (names.includes(filename)) expect(sent.get(filename) === hash(content ?? Buffer.alloc(0))).toBe(true);
  expect(mail.attachments.find(({ filename }) => filename === 'logo.png')?.cid).toBe('logo@contoso');
  expectNothingLeft();
}

function expectNothingLeft(): void {
  expect(tenant.mailbox(sender, 'drafts')).toEqual([]);
  expect(tenant.mailbox(sender, 'deleteditems')).toEqual([]);
}

describe('large mail by a draft and uploads', () => {
  test('every-file-arrives-byte-by-byte-and-the-envelope-decides', async () => {
    const bytes = await compose(`${recipient}, ${stranger}`);
    const result = await send({ bytes, to: [recipient, blind] });
    expect(result).toMatchObject({ outcome: 'sent', answer: { status: 202 } });
    await expectWhole();
    expect(tenant.mailbox(stranger)).toEqual([]);
    const [copy] = tenant.mailbox(blind);
    expect(copy?.raw?.toString('latin1')).not.toContain(blind);
    expect(result.notes.join('\n')).toMatch(new RegExp(`${stranger}[^]*${blind}[^]*2 attachments added`));
    expect(tenant.mailbox(sender, 'sentitems')).toHaveLength(1);
  });

  test('no-step-is-asked-for-without-need', async () => {
    await send({ bytes: await compose(recipient) });
    const calls = tenant
      .requests('mail')
      .map(
        ({ method, path }) =>
          `${method} ${path.replace(/messages\/[^/?]+/, 'messages/ID').replace(/^.*users\/[^/]+/, '')}`,
      );
    expect(calls.filter((call) => call.startsWith('POST'))).toEqual([
      'POST /messages',
      'POST /messages/ID/attachments/createUploadSession',
      'POST /messages/ID/attachments/createUploadSession',
      'POST /messages/ID/send',
    ]);
    expect(tenant.requests('upload').every(({ status }) => status === 200 || status === 201)).toBe(true);
  });

  test('files-just-below-the-size-for-sessions-go-in-one-request-each', async () => {
    const contents = [randomBytes(2_900_000), randomBytes(3_125_000), randomBytes(3_145_000)];
    const part = (content: Buffer, index: number) =>
      `--b\r\nContent-Type: application/x-scan; name=${index}.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n${content.toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`;
    const bytes = Buffer.from(
      `From: ${sender}\r\nTo: ${recipient}\r\nMessage-ID: <n@contoso.example>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${contents.map(part).join('')}--b--\r\n`,
    );
    expect(await send({ bytes })).toMatchObject({ outcome: 'sent' });
    const { attachments } = await arrived();
    expect(attachments.map(({ content }) => hash(content))).toEqual(contents.map(hash));
    expect(tenant.requests('upload')).toHaveLength(2);
  });

  test.each([
    ['the draft', { endpoint: 'mail', method: 'POST', pathContains: '/messages' }],
    ['the session', { endpoint: 'mail', method: 'POST', pathContains: 'createUploadSession' }],
    ['a piece', { endpoint: 'upload', method: 'PUT' }],
  ] as const)('the-connection-breaks-at-%s-and-the-next-attempt-goes-on', async (_what, target) => {
    const names = ['klein.bin', 'logo.png'];
    const bytes = await compose(recipient, names);
    for (const when of ['within-body', 'after-body', 'after-accepting'] as const) {
      tenant.enqueueFault({ ...target, action: { kind: 'cut', when, afterBytes: 10 } });
      const results = [await send({ bytes })];
      while (results.at(-1)?.outcome === 'deferred' && results.length < 4) results.push(await send({ bytes }));
      expect(results.at(-1)?.outcome).toBe('sent');
      await expectWhole(names);
      tenant.mailboxes.clear();
      ledger = DraftLedger.open(join(folder.path, when), logger);
    }
  });

  test('an-upload-goes-on-at-its-byte-in-the-next-attempt', async () => {
    const bytes = await compose(recipient);
    const fault: Fault = { endpoint: 'upload', action: { kind: 'answer', status: 429, retryAfterSeconds: 30 } };
    tenant.enqueueFault({ ...passes, times: 3 });
    tenant.enqueueFault(fault);
    expect(await send({ bytes })).toMatchObject({ outcome: 'deferred', fault: 'throttled', retryAfterMs: 30_000 });
    const before = tenant.requests('upload').length;
    const second = await send({ bytes });
    expect(second.notes.join('\n')).toContain(`went on at byte ${8 * 327_680}`);
    expect(tenant.requests('upload').length - before).toBeLessThan(8);
    await expectWhole();
  });

  test('after-a-restart-complete-files-stay-and-the-one-under-way-begins-anew', async () => {
    const bytes = await compose(recipient);
    tenant.enqueueFault({ ...passes, times: 3 });
    tenant.enqueueFault({ endpoint: 'upload', action: { kind: 'answer', status: 503 } });
    expect(await send({ bytes })).toMatchObject({ outcome: 'deferred', fault: 'service-unavailable' });
    expect(tenant.mailbox(sender, 'drafts')[0]?.draft?.attachments.length).toBe(3);
    // What a new process knows: what lies on the disk, and no address of a session.
    const record = readdirSync(join(folder.path, 'drafts')).map((name) => join(folder.path, 'drafts', name));
    expect(record.map((file) => statSync(file).mode & 0o777)).toEqual([0o600]);
    expect(readFileSync(record[0] ?? '', 'utf8')).not.toMatch(/authtoken|http/);
    ledger = DraftLedger.open(folder.path, logger);
    const second = await send({ bytes });
    expect(second).toMatchObject({ outcome: 'sent' });
    expect(second.notes.join('\n')).toContain('1 of them by an earlier attempt');
    await expectWhole();
  });

  test('an-expired-session-begins-anew', async () => {
    tenant.enqueueFault({ endpoint: 'upload', action: { kind: 'answer', status: 404 } });
    const result = await send({ bytes: await compose(recipient) });
    expect(result).toMatchObject({ outcome: 'sent' });
    expect(result.notes.join('\n')).toContain('began anew');
    await expectWhole();
  });

  test('a-draft-that-somebody-deleted-is-made-anew', async () => {
    const bytes = await compose(recipient);
    tenant.enqueueFault({ endpoint: 'upload', action: { kind: 'answer', status: 503 } });
    await send({ bytes });
    for (const copy of tenant.mailbox(sender, 'drafts')) tenant.mailboxes.remove(copy);
    expect(await send({ bytes })).toMatchObject({ outcome: 'sent' });
    await expectWhole();
  });

  test('a-draft-of-other-recipients-is-not-gone-on-with', async () => {
    const bytes = await compose(recipient);
    tenant.enqueueFault({ endpoint: 'upload', action: { kind: 'answer', status: 503 } });
    await send({ bytes, to: [recipient, blind] });
    expect(await send({ bytes, to: [recipient] })).toMatchObject({ outcome: 'sent' });
    await expectWhole();
    expect(tenant.mailbox(blind)).toEqual([]);
  });
});

describe('whether a draft was sent', () => {
  const sending = { endpoint: 'mail', pathContains: '/send' } as const;
  const again = { message: { maybeSent: true } };

  test('the-answer-is-lost-and-the-mailbox-says-that-it-was-sent', async () => {
    tenant.enqueueFault({ ...sending, action: { kind: 'cut', when: 'after-accepting' } });
    expect(await send({ bytes: await compose(recipient) })).toMatchObject({ outcome: 'sent' });
    await expectWhole();
  });

  test('a-gateway-that-lies-sends-nothing-twice', async () => {
    tenant.enqueueFault({ ...sending, action: { kind: 'answer', status: 504, acceptAnyway: true } });
    expect(await send({ bytes: await compose(recipient) })).toMatchObject({ outcome: 'sent' });
    await expectWhole();
  });

  test('the-request-never-arrived-and-the-same-draft-goes-a-minute-later', async () => {
    const bytes = await compose(recipient);
    tenant.enqueueFault({ ...sending, action: { kind: 'cut', when: 'before-body' } });
    const first = await send({ bytes });
    expect(first).toMatchObject({ outcome: 'deferred', fault: 'draft-not-sent', retryAfterMs: 60_000 });
    expect(await send({ bytes })).toMatchObject({ outcome: 'sent' });
    await expectWhole();
  });

  test('nobody-can-say-and-the-next-attempt-finds-out', async () => {
    const bytes = await compose(recipient);
    tenant.enqueueFault({ ...sending, action: { kind: 'cut', when: 'after-accepting' } });
    // The first question counts attachments, the second is whether it is a draft.
    tenant.enqueueFault({ endpoint: 'mail', method: 'GET', action: { kind: 'delay', ms: 0 } });
    tenant.enqueueFault({ endpoint: 'mail', method: 'GET', action: { kind: 'answer', status: 503 } });
    expect(await send({ bytes })).toMatchObject({ outcome: 'uncertain', fault: 'no-answer' });
    // The process has been started again since.
    ledger = DraftLedger.open(folder.path, logger);
    expect(await send({ bytes, ...again })).toMatchObject({ outcome: 'sent' });
    await expectWhole();
  });

  test('the-service-has-taken-it-and-the-process-ends-before-that-is-on-record', async () => {
    const bytes = await compose(recipient);
    expect(await send({ bytes })).toMatchObject({ outcome: 'sent' });
    const before = tenant.requests().length;
    ledger = DraftLedger.open(folder.path, logger);
    expect(await send({ bytes, ...again })).toMatchObject({ outcome: 'sent' });
    expect(tenant.requests().length).toBe(before);
    await expectWhole();
  });
});

describe('what is refused', () => {
  test('signed-mail-is-never-taken-apart', async () => {
    const bytes = Buffer.from(
      `From: ${sender}\r\nTo: ${recipient}\r\nContent-Type: multipart/signed; boundary=b; protocol="application/pkcs7-signature"\r\n\r\n--b\r\nContent-Type: application/pdf\r\n\r\n${'x'.repeat(4_000_000)}\r\n--b--\r\n`,
    );
    expect(await send({ bytes })).toMatchObject({ outcome: 'failed', fault: 'sealed-too-large' });
    expect(tenant.requests('mail')).toEqual([]);
  });

  test('a-text-of-many-pages-is-no-file', async () => {
    const bytes = Buffer.from(`From: ${sender}\r\nTo: ${recipient}\r\n\r\n${'A line of text.\r\n'.repeat(250_000)}`);
    expect(await send({ bytes })).toMatchObject({ outcome: 'failed', fault: 'too-large' });
  });

  test('without-Mail.ReadWrite-the-connector-is-not-stopped', async () => {
    access = accessWith(['Mail.Send']);
    const result = await send({ bytes: await compose(recipient) });
    expect(result).toMatchObject({ outcome: 'deferred', scope: 'message', fault: 'drafts-not-allowed' });
    // Where drafts are not allowed, neither is a look for them: there is none, and that is known.
    const calls = new DraftCalls(access, { sender, clientRequestId: 'sweep', signal: new AbortController().signal });
    for (const entry of ledger.all()) await settleDraft(calls, ledger, entry);
    expect(ledger.all()).toEqual([]);
  });
});

describe('no draft is left behind', () => {
  const calls = () =>
    new DraftCalls(access, { sender, clientRequestId: 'sweep', signal: new AbortController().signal });

  test.each([
    ['being filled', { endpoint: 'upload', action: { kind: 'answer', status: 503 } }],
    ['whose answer was lost', { endpoint: 'mail', method: 'POST', action: { kind: 'cut', when: 'after-accepting' } }],
    ['told to go', { endpoint: 'mail', pathContains: '/send', action: { kind: 'cut', when: 'before-body' } }],
  ] as const)('a-draft-%s', async (_what, fault) => {
    tenant.enqueueFault(fault);
    await send({ bytes: await compose(recipient) });
    expect(tenant.mailbox(sender, 'drafts')).toHaveLength(1);
    for (const entry of ledger.all()) await settleDraft(calls(), ledger, entry);
    expectNothingLeft();
    expect(ledger.all()).toEqual([]);
    expect(readdirSync(join(folder.path, 'drafts'))).toEqual([]);
  });

  test('what-was-sent-stays-in-sent-items', async () => {
    await send({ bytes: await compose(recipient) });
    for (const entry of ledger.all()) await settleDraft(calls(), ledger, entry);
    expect(tenant.mailbox(sender, 'sentitems')).toHaveLength(1);
    expect(ledger.all()).toEqual([]);
  });
});
