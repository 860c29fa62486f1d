import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import type { Profile } from '../../profile.ts';
import { parseContentRange } from './content-range.ts';
import { ada, jsonMessage, mailUnderTest } from './mail-under-test.sample.ts';

const mib = 1024 * 1024;
const size = 3 * mib + 5;
const bytes = Buffer.alloc(size, 'big attachment ');

async function session(limits: Partial<Profile> = {}, wish: object = {}) {
  const tenant = mailUnderTest(limits);
  const { json: draft } = await tenant.ask('POST', '/messages', { body: jsonMessage() });
  const AttachmentItem = { attachmentType: 'file', name: 'big.bin', size, ...wish };
  const place = `/messages/${draft.id}/attachments/createUploadSession`;
  const created = await tenant.ask('POST', place, { body: { AttachmentItem } });
  const address: string = created.json.uploadUrl ?? '';
  const put = (
    start: number,
    end: number,
    headers: Record<string, string> = {},
    body = bytes.subarray(start, end + 1),
  ) =>
    tenant.upload('PUT', address, {
      rawBody: body,
      headers: { 'content-range': `bytes ${start}-${end}/${size}`, ...headers },
    });
  return { ...tenant, draft, created, address, put };
}

describe('a big attachment', () => {
  it('is-uploaded-in-pieces-on-another-host-and-sent', async () => {
    const { ask, created, put, draft, copies, service } = await session();
    expect([created.status, created.json.nextExpectedRanges]).toEqual([201, ['0-']]);
    expect(Date.parse(created.json.expirationDateTime)).toBeGreaterThan(service.clock.now());
    expect(new URL(created.json.uploadUrl).origin).toBe(service.uploadOrigin);
    const first = await put(0, 2 * mib - 1);
    // Cased as on the API behind it, and without the dash.
    expect([first.status, Object.keys(first.json), first.json.nextExpectedRanges]).toEqual([
      200,
      ['@odata.context', 'ExpirationDateTime', 'nextExpectedRanges'],
      ['2097152'],
    ]);
    // Not a multiple of 320 KiB, which other uploads of Graph ask for.
    expect((await put(2 * mib, 2 * mib + 6)).json.nextExpectedRanges).toEqual([String(2 * mib + 7)]);
    const last = await put(2 * mib + 7, size - 1);
    expect([last.status, last.hasBody, last.headers['content-type']]).toEqual([201, false, undefined]);
    const id = /Attachments\('(.+)'\)$/.exec(String(last.headers['location']))?.[1];
    const read = await ask('GET', `/messages/${draft.id}/attachments/${id}`);
    expect([read.json.name, read.json.size]).toEqual(['big.bin', size]);
    await ask('POST', `/messages/${draft.id}/send`);
    const parsed = await simpleParser(copies(ada)[0]?.text ?? '');
    expect(parsed.attachments[0]?.content.equals(bytes)).toBe(true);
  });

  it('asks-for-no-bearer-and-refuses-one', async () => {
    const { put, upload, address } = await session();
    const answer = await put(0, 9, { authorization: 'Bearer x' });
    expect([answer.status, answer.code]).toEqual([401, 'InvalidAuthenticationToken']);
    expect((await upload('GET', address)).json.nextExpectedRanges).toEqual(['0']);
  });

  it('with-a-wrong-or-missing-token-is-nobodys', async () => {
    const { upload, address } = await session();
    expect(
      (
        await upload(
          'GET',
          address.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
        )
      ).status,
    ).toBe(404);
    expect((await upload('GET', address.replace(/\?.*/, ''))).status).toBe(401);
    expect((await upload('GET', address.replace(/Messages\('\w+'\)/, "Messages('AAMkother')"))).status).toBe(404);
  });

  it('out-of-order-leaves-the-upload-where-it-was', async () => {
    const { put, upload, address } = await session();
    await put(0, 99);
    for (const [start, end] of [
      [0, 99],
      [50, 149],
      [200, 299],
    ] as const)
      expect((await put(start, end)).status).toBe(400);
    expect((await upload('GET', address)).json.nextExpectedRanges).toEqual(['100']);
  });

  it('cancelled-or-expired-is-gone', async () => {
    const first = await session();
    expect((await first.upload('DELETE', first.address)).status).toBe(204);
    expect((await first.put(0, 9)).status).toBe(404);
    const second = await session();
    second.clock.advance(Date.parse(second.created.json.expirationDateTime) - second.clock.now());
    expect((await second.put(0, 9)).status).toBe(404);
  });

  it('for-a-draft-that-was-sent-meanwhile-finds-nothing', async () => {
    const { ask, put, draft, copies } = await session();
    await ask('POST', `/messages/${draft.id}/send`);
    await put(0, mib - 1);
    expect((await put(mib, size - 1)).code).toBe('ErrorItemNotFound');
    expect((await simpleParser(copies(ada)[0]?.text ?? '')).attachments).toEqual([]);
  });

  it('piece-over-4-mb-and-too-many-bytes-are-refused', async () => {
    const big = await session({}, { size: 10 * mib });
    const piece = Buffer.alloc(4 * mib + 1);
    const range = `bytes 0-${piece.length - 1}/${10 * mib}`;
    expect((await big.upload('PUT', big.address, { rawBody: piece, headers: { 'content-range': range } })).status).toBe(
      413,
    );
    const slow = await session({ uploadBytesPer5Minutes: mib });
    const answer = await slow.put(0, 2 * mib);
    expect([answer.status, answer.code, answer.headers['retry-after']]).toEqual([
      429,
      'ApplicationThrottled',
      expect.any(String),
    ]);
  });

  it.each([
    [{ size: 2 * mib - 1 }, 'ErrorAttachmentSizeShouldNotBeLessThanMinimumSize'],
    [{ size: 150 * mib + 1 }, 'ErrorAttachmentSizeLimitExceeded'],
    [{ size: -1 }, 'RequestBodyRead'],
    [{ size: '3000000' }, 'RequestBodyRead'],
    [{ attachmentType: 'reference' }, 'ErrorInvalidRequest'],
    [{ attachmentType: 'other' }, 'RequestBodyRead'],
    [{ name: undefined }, 'RequestBodyRead'],
  ])('that-is-%j-gets-no-session', async (wish, code) => {
    const { created } = await session({}, wish);
    expect([created.status, created.code]).toEqual([400, code]);
  });
});

describe('hostile ranges', () => {
  it('never-fail-the-server-and-never-move-the-upload', async () => {
    const { upload, address } = await session();
    const number = fc.oneof(fc.nat(size + 10).map(String), fc.bigInt().map(String), fc.string({ maxLength: 5 }));
    const range = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.tuple(number, number, number).map(([start, end, total]) => `bytes ${start}-${end}/${total}`),
    );
    await fc.assert(
      fc.asyncProperty(range, fc.uint8Array({ maxLength: 20 }), async (text, piece) => {
        const parsed = parseContentRange(text);
        fc.pre(!parsed || parsed.total !== size || parsed.start !== 0 || parsed.end + 1 !== piece.length);
        const headers = { 'content-range': text };
        const answer = await upload('PUT', address, { rawBody: Buffer.from(piece), headers });
        expect([answer.status, answer.code]).toEqual([400, 'ErrorInvalidRequest']);
      }),
      { numRuns: 300 },
    );
    expect((await upload('GET', address)).json.nextExpectedRanges).toEqual(['0']);
  });

  it('any-cut-in-order-gives-the-same-attachment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: size - 1 }), { maxLength: 5 }), async (cuts) => {
        const { put, ask, draft } = await session();
        const edges = [0, ...cuts.sort((a, b) => a - b), size];
        for (const [index, start] of edges.slice(0, -1).entries())
          expect((await put(start, (edges[index + 1] ?? 0) - 1)).status).toBe(index === edges.length - 2 ? 201 : 200);
        const listed = await ask('GET', `/messages/${draft.id}/attachments`);
        expect(Buffer.from(listed.json.value[0].contentBytes, 'base64').equals(bytes)).toBe(true);
      }),
      { numRuns: 10 },
    );
  });
});
