/** Uploads to the practice tenant, and what breaks on the way. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type PracticeTenant, startPracticeTenant } from '../../../practice-tenant/tenant.ts';
import { tenantTokens } from '../../../test/harness/tenant-tokens.ts';
import { type Connections, openConnections } from '../../microsoft/connections.ts';
import { exchange } from '../../microsoft/exchange.ts';
import { recipient, sender } from '../delivery.sample.ts';
import { uploadAttachment } from './attachment-upload.ts';

const deadlines = () => ({ uploadMs: 60_000, answerMs: 60_000 });
let tenant: PracticeTenant;
let connections: Connections;
let token: string;

beforeEach(async () => {
  tenant = await startPracticeTenant({ profile: 'unlimited', users: [sender, recipient] });
  connections = openConnections({ ca: tenant.caPem });
  const { app, secret } = tenant.addApp({ roles: ['Mail.Send', 'Mail.ReadWrite'] });
  token = await tenantTokens(tenant, app.clientId, secret, connections).token();
});
afterEach(async () => {
  await connections.close();
  await tenant.close();
});

async function post(path: string, body: object): Promise<unknown> {
  const exchanged = await exchange(connections, {
    origin: tenant.origin,
    path: `/v1.0/users/${sender}/messages${path}`,
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: { kind: 'whole', bytes: Buffer.from(JSON.stringify(body)) },
    deadlines: deadlines(),
  });
  if (exchanged.kind === 'broken') throw new Error(exchanged.why);
  return JSON.parse(exchanged.answer.body.toString());
}

async function session(size: number): Promise<string> {
  const { id } = z.object({ id: z.string() }).parse(await post('', { subject: 'large' }));
  const item = { AttachmentItem: { attachmentType: 'file', name: 'scan.bin', size } };
  return z.object({ uploadUrl: z.string() }).parse(await post(`/${id}/attachments/createUploadSession`, item))
    .uploadUrl;
}

async function upload(content: Buffer) {
  const uploadUrl = await session(content.length);
  async function* pieces() {
    for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
  }
  const signal = new AbortController().signal;
  return uploadAttachment(connections, {
    uploadUrl,
    goesOn: false,
    size: content.length,
    content: pieces,
    deadlines,
    signal,
  });
}

const arrived = () => tenant.mailbox(sender, 'drafts').flatMap(({ draft }) => draft?.attachments ?? []);

test('content-of-several-pieces-arrives-as-it-is', async () => {
  const content = randomBytes(20_000_000);
  expect(await upload(content)).toMatchObject({ kind: 'done', resumedAt: [] });
  expect(arrived()[0]?.content.equals(content)).toBe(true);
});

test.each(['within-body', 'after-body', 'after-accepting'] as const)(
  'a-piece-that-breaks-%s-goes-on-at-its-range',
  async (when) => {
    const content = randomBytes(9_000_000);
    tenant.enqueueFault({ endpoint: 'upload', action: { kind: 'cut', when, afterBytes: 100_000 } });
    const uploaded = await upload(content);
    expect(uploaded).toMatchObject({ kind: 'done' });
    expect(uploaded.resumedAt).toHaveLength(1);
    expect(arrived()[0]?.content.equals(content)).toBe(true);
  },
);

test('the-answer-to-the-last-piece-is-lost-and-the-session-has-gone', async () => {
  const content = randomBytes(2_500_000);
  tenant.enqueueFault({ endpoint: 'upload', action: { kind: 'cut', when: 'after-accepting' } });
  expect(await upload(content)).toMatchObject({ kind: 'gone' });
  expect(arrived()[0]?.content.equals(content)).toBe(true);
});

test('an-answer-that-finds-fault-with-the-range-is-no-end', async () => {
  const content = randomBytes(9_000_000);
  tenant.enqueueFault({ endpoint: 'upload', method: 'PUT', action: { kind: 'answer', status: 416 } });
  expect(await upload(content)).toMatchObject({ kind: 'done', resumedAt: [0] });
  expect(arrived()[0]?.content.equals(content)).toBe(true);
});

test.each([429, 503])('a-service-that-asks-to-wait-with-%i-is-not-asked-again-at-once', async (status) => {
  tenant.enqueueFault({ endpoint: 'upload', action: { kind: 'answer', status, retryAfterSeconds: 7 } });
  expect(await upload(randomBytes(5_000_000))).toMatchObject({
    kind: 'refused',
    answer: { status, headers: { 'retry-after': '7' } },
  });
  expect(tenant.requests('upload')).toHaveLength(1);
});

test('a-service-that-fails-on-and-on-is-given-up', async () => {
  tenant.enqueueFault({ endpoint: 'upload', times: 50, action: { kind: 'answer', status: 500 } });
  expect(await upload(randomBytes(5_000_000))).toMatchObject({ kind: 'refused', answer: { status: 500 } });
  expect(arrived()).toEqual([]);
});

test.each(['http://outlook.office.com/x?authtoken=secret', 'https://a:b@outlook.office.com/secret', 'secret'])(
  'nothing-is-sent-to-an-address-that-is-not-https, and it is not told: %s',
  async (uploadUrl) => {
    const content = () => (async function* () {})();
    const signal = new AbortController().signal;
    const wish = { uploadUrl, goesOn: false, size: 1, content, deadlines, signal };
    const error = await uploadAttachment(connections, wish).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('not https');
    expect(String(error)).not.toContain('secret');
  },
);
