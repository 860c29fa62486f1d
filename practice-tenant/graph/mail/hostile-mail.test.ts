import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64 } from './base64.ts';
import { jsonMessage, mailUnderTest, sender } from './mail-under-test.sample.ts';

/** Bytes as header fields and bodies may come from strangers, with the pieces that parsers trip over. */
const piece = fc.oneof(
  fc.constantFrom('From: ', 'To: ', 'Bcc: ', 'Content-Type: ', 'multipart/mixed; boundary=b', '\r\n--b\r\n', '--b--'),
  fc.constantFrom('\r\n', '\n', '\r', '\0', ':', ';', '<', '>', '@', '"', '(', ',', '=?utf-8?B?', '?=', ' ', '\t'),
  fc.constantFrom('Content-Transfer-Encoding: base64\r\n', 'message/rfc822', 'text/html\r\n\r\n<!--', 'a@b.example'),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const message = fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join(''), 'latin1'));

describe('hostile messages', () => {
  it('are-answered-and-what-was-taken-can-be-read', async () => {
    const { ask } = mailUnderTest({ requestsPer10Minutes: null, uploadBytesPer5Minutes: null });
    await fc.assert(
      fc.asyncProperty(message, async (bytes) => {
        const raw = Buffer.concat([Buffer.from('To: a@contoso.example\r\n'), bytes]);
        const sent = await ask('POST', '/sendMail', { mime: raw.toString('latin1') });
        expect(sent.status).toBeLessThan(500);
        const draft = await ask('POST', '/messages', { mime: raw.toString('latin1') });
        expect([201, 400]).toContain(draft.status);
        if (draft.status !== 201) return;
        const place = `/messages/${draft.json.id}`;
        for (const path of [
          place,
          `${place}/$value`,
          `${place}/attachments`,
          `${place}?$select=internetMessageHeaders`,
        ])
          expect((await ask('GET', path)).status).toBe(200);
        const attachment = { '@odata.type': '#microsoft.graph.fileAttachment', name: 'x', contentBytes: 'AAAA' };
        expect((await ask('POST', `${place}/attachments`, { body: attachment })).status).toBe(201);
        expect((await ask('POST', `${place}/send`)).status).toBeLessThan(500);
      }),
      { numRuns: 200 },
    );
  });

  it('no-header-of-a-message-shows-a-blind-copy-to-recipients', async () => {
    const around = fc.array(
      fc.constantFrom('X-A: 1\r\n', 'X-B: 2\n', ' folded\r\n', 'Subject: \rBcc\r\n', 'x\r\n', 'To: a@b.example\r\n'),
      { maxLength: 5 },
    );
    const bcc = fc.constantFrom(
      'Bcc: hidden@x.example\r\n',
      'BCC :\r\n\thidden@x.example\r\n',
      'bcc: a@x.example,\n hidden@x.example\n',
      'Resent-Bcc: hidden@x.example\r\n',
      'Bcc: hidden@x.example\rx\r\n',
    );
    await fc.assert(
      fc.asyncProperty(around, bcc, around, async (before, field, after) => {
        const { ask, mailboxes } = mailUnderTest();
        const mime = ['To: z@world.example\r\n', ...before, field, ...after, '\r\nbody'].join('');
        await ask('POST', '/sendMail', { mime });
        for (const { raw } of mailboxes.delivered()) expect(raw?.toString('latin1')).not.toContain('hidden@x.example');
      }),
      { numRuns: 200 },
    );
  });
});

describe('hostile JSON', () => {
  const shape = fc.record(
    {
      subject: fc.anything(),
      body: fc.oneof(fc.anything(), fc.record({ contentType: fc.string(), content: fc.string() })),
      toRecipients: fc.oneof(
        fc.anything(),
        fc.array(fc.record({ emailAddress: fc.record({ address: fc.string({ unit: 'binary' }), name: fc.string() }) })),
      ),
      from: fc.anything(),
      internetMessageHeaders: fc.array(fc.record({ name: fc.string(), value: fc.string({ unit: 'binary' }) })),
      internetMessageId: fc.oneof(fc.string({ unit: 'binary' }), fc.anything()),
      attachments: fc.array(
        fc.record({
          '@odata.type': fc.constantFrom('#microsoft.graph.fileAttachment', '#microsoft.graph.itemAttachment', ''),
          name: fc.string({ unit: 'binary' }),
          contentType: fc.string(),
          contentBytes: fc.base64String(),
        }),
      ),
      importance: fc.anything(),
    },
    { requiredKeys: [] },
  );

  it('is-sent-saved-or-refused-and-reaches-only-whom-it-names', async () => {
    const { ask, mailboxes } = mailUnderTest({ requestsPer10Minutes: null, messagesPerMinute: null });
    await fc.assert(
      fc.asyncProperty(shape, async (part) => {
        mailboxes.clear();
        const whole = { ...jsonMessage(), ...part };
        const answer = await ask('POST', '/sendMail', { body: { message: whole } });
        expect([202, 400, 403]).toContain(answer.status);
        const named = JSON.stringify(whole).toLowerCase();
        for (const { address } of mailboxes.delivered())
          expect(address === sender || named.includes(JSON.stringify(address).slice(1, -1).toLowerCase())).toBe(true);
        const draft = await ask('POST', '/messages', { body: whole });
        expect([201, 400]).toContain(draft.status);
        if (draft.status === 201) expect((await ask('GET', `/messages/${draft.json.id}/$value`)).status).toBe(200);
      }),
      { numRuns: 200 },
    );
  });

  it('any-text-as-a-body-or-a-path-gets-an-answer', async () => {
    const { ask } = mailUnderTest({ requestsPer10Minutes: null });
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.json());
    const place = fc.constantFrom('/sendMail', '/messages', '/messages/AAMk0000000001', '/mailFolders/inbox/messages');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE', 'PUT'),
        place,
        text,
        fc.constantFrom('text/plain', 'application/json', 'image/png', ''),
        async (method, path, body, type) => {
          const asked = { rawBody: Buffer.from(body), headers: { 'content-type': type } };
          expect((await ask(method, path, asked)).status).toBeLessThan(500);
          expect((await ask(method, `${path}/${encodeURIComponent(body)}`, asked)).status).toBeLessThan(500);
          const query = `${path}?$filter=${encodeURIComponent(body)}&$orderby=${encodeURIComponent(body)}`;
          expect((await ask('GET', query)).status).toBeLessThan(500);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('base64', () => {
  it('is-decoded-to-what-was-encoded-however-it-is-broken-into-lines', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 80 }), (bytes, width) => {
        const text =
          Buffer.from(bytes)
            .toString('base64')
            .match(new RegExp(`.{1,${width}}`, 'g'))
            ?.join('\r\n') ?? '';
        expect(decodeBase64(text)?.equals(bytes)).toBe(true);
      }),
    );
  });

  it('what-has-another-character-in-it-is-none', () => {
    fc.assert(
      fc.property(
        fc.base64String({ minLength: 4 }),
        fc.nat(),
        fc.constantFrom('-', '_', '!', '\0', 'é', '='),
        (text, at, bad) => {
          const place = at % (text.replace(/=+$/, '').length - 1);
          expect(decodeBase64(`${text.slice(0, place)}${bad}${text.slice(place + 1)}`)).toBeUndefined();
        },
      ),
    );
  });

  it.each([
    ['blanks', `AAAA${' '.repeat(4_000_000)}!`],
    ['signs', `${'='.repeat(4_000_000)}`],
    ['letters', `${'A'.repeat(4_000_000)}!`],
  ])('four-megabytes-of-%s-do-not-stop-the-tenant', (_what, text) => {
    const before = process.cpuUsage();
    expect(decodeBase64(text)).toBeUndefined();
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(3000);
  });
});

describe('big and hostile', () => {
  it.each([
    ['open-tags', '<'.repeat(2_000_000)],
    ['open-comments', '<!--'.repeat(500_000)],
    ['style-tags', '<style'.repeat(300_000)],
    ['entities', '&#'.repeat(1_000_000)],
  ])(
    'body-of-%s-can-still-be-shown',
    async (_what, content) => {
      const { ask } = mailUnderTest();
      const before = process.cpuUsage();
      const { json } = await ask('POST', '/messages', {
        body: jsonMessage({ body: { contentType: 'html', content } }),
      });
      expect((await ask('GET', `/messages/${json.id}`)).status).toBe(200);
      await ask('POST', `/messages/${json.id}/send`);
      expect((await ask('GET', '/mailFolders/sentitems/messages')).json.value).toHaveLength(1);
      expect(process.cpuUsage(before).user / 1000).toBeLessThan(8000);
    },
    30_000,
  );

  it.each([
    ['commas', `To: ${','.repeat(100_000)}\r\n\r\n`],
    ['brackets', `To: ${'('.repeat(100_000)}\r\n\r\n`],
    ['quotes', `To: ${'"\\'.repeat(50_000)}\r\n\r\n`],
    ['fields', `${'To: a@contoso.example\r\n'.repeat(20_000)}\r\n`],
    ['encoded words', `Subject: ${'=?utf-8?Q?'.repeat(20_000)}\r\nTo: a@contoso.example\r\n\r\n`],
    [
      'nested parts',
      Array.from({ length: 500 }, (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`).join(
        '',
      ),
    ],
  ])(
    'header-of-%s-gets-an-answer',
    async (_what, mime) => {
      const { ask } = mailUnderTest();
      const before = process.cpuUsage();
      expect((await ask('POST', '/sendMail', { mime })).status).toBeLessThan(500);
      expect((await ask('POST', '/messages', { mime })).status).toBeLessThan(500);
      expect(process.cpuUsage(before).user / 1000).toBeLessThan(8000);
    },
    30_000,
  );
});
