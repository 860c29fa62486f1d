import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { composeMessage, envelopeOf } from './compose.ts';
import { jsonMessage, readNamedAddress } from './message-schemas.ts';

async function bytesOf(input: unknown): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of composeMessage(jsonMessage.parse(input))) pieces.push(piece);
  return Buffer.concat(pieces);
}

const account = 'noreply@contoso.example';
const fieldsMade = [
  'from',
  'to',
  'subject',
  'message-id',
  'date',
  'mime-version',
  'x-note',
  'content-type',
  'content-transfer-encoding',
  'content-disposition',
];
const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.constantFrom(
    'a\r\nBcc: evil@x.example',
    'a\nBcc: evil@x.example\n\nbody',
    'x\r Bcc: evil@x.example',
    '=?utf-8?q?=0D=0ABcc:_evil@x.example?=',
    'a\u2028Bcc: evil@x.example',
    '", evil@x.example, "',
    '<evil@x.example>',
    'evil@x.example, ',
    'a;b,c:d',
  ),
);

describe('a message made of JSON', () => {
  it('text-of-a-stranger-in-any-field-adds-no-recipient-and-no-field', async () => {
    let composed = 0;
    await fc.assert(
      fc.asyncProperty(nasty, nasty, nasty, nasty, async (name, subject, header, filename) => {
        const input = {
          from: { name, address: account },
          to: [{ name: subject, address: 'ada@fabrikam.example' }],
          subject,
          headers: { 'X-Note': header },
          attachments: [{ filename, content: 'AAAA' }],
          text: header,
        };
        if (!jsonMessage.safeParse(input).success) return;
        composed += 1;
        const bytes = await bytesOf(input);
        const root = bytes.subarray(0, bytes.indexOf('\r\n\r\n')).toString('latin1');
        const names = root
          .split('\r\n')
          .filter((line) => !/^[ \t]/.test(line))
          .map((line) => line.split(':')[0]?.toLowerCase());
        expect(new Set(names).size).toBe(names.length);
        for (const each of names) expect(fieldsMade).toContain(each);
        const one = await PostalMime.parse(bytes);
        const two = await simpleParser(bytes);
        expect(one.from?.address).toBe(account);
        expect([...(one.to ?? []), ...(one.cc ?? []), ...(one.bcc ?? [])].map((each) => each.address)).toEqual([
          'ada@fabrikam.example',
        ]);
        expect(
          [two.to, two.cc, two.bcc]
            .flat()
            .flatMap((list) => list?.value ?? [])
            .map((each) => each.address),
        ).toEqual(['ada@fabrikam.example']);
      }),
      { numRuns: 300 },
    );
    expect(composed).toBeGreaterThan(20);
  });

  it('name-with-an-at-sign-or-a-comma-stays-a-name', async () => {
    const mail = await PostalMime.parse(
      await bytesOf({ from: { name: 'a@b, "c"', address: account }, to: ['ada@fabrikam.example'] }),
    );
    expect(mail.from).toEqual({ name: 'a@b, "c"', address: account });
  });

  it('path-or-url-in-an-attachment-is-never-opened', () => {
    for (const extra of [{ path: '/etc/passwd' }, { href: 'http://127.0.0.1/' }])
      expect(
        jsonMessage.safeParse({
          from: account,
          to: ['a@x.example'],
          attachments: [{ filename: 'a', content: 'AAAA', ...extra }],
        }).success,
      ).toBe(false);
  });

  it('recipient-named-twice-gets-one-copy', () => {
    const message = jsonMessage.parse({
      from: account,
      to: ['a@X.example', 'A <a@x.example>'],
      bcc: ['a@x.EXAMPLE', 'A@x.example'],
    });
    expect(envelopeOf(message).recipients).toEqual([{ address: 'a@X.example' }, { address: 'A@x.example' }]);
  });

  it('address-outside-ascii-asks-for-smtputf8', () => {
    const message = jsonMessage.parse({ from: account, to: ['用户@例子.example'] });
    expect(envelopeOf(message).smtpUtf8).toBe(true);
  });

  it.each([
    ['ada@x.example', { name: '', address: 'ada@x.example' }],
    [' Ada <ada@x.example> ', { name: 'Ada', address: 'ada@x.example' }],
    ['"Lovelace, Ada" <ada@x.example>', { name: 'Lovelace, Ada', address: 'ada@x.example' }],
    ['a@x.example, b@x.example', undefined],
    ['a@x.example <b@x.example', undefined],
    ['<a@x.example> <b@x.example>', undefined],
    ['ada', undefined],
  ])('reads %j in one way or not at all', (text, expected) => {
    expect(readNamedAddress(text)).toEqual(expected);
  });
});
