/** Ranges of parts, judged by mailparser and by every way to cut the stream. */
import { randomBytes } from 'node:crypto';
import { simpleParser } from 'mailparser';
import { createTransport } from 'nodemailer';
import { describe, expect, test } from 'vitest';
import { findPartRanges } from './part-ranges.ts';

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function bodies(message: string, size = 7): Promise<string[]> {
  const bytes = Buffer.from(message, 'latin1');
  const parts = await findPartRanges(cut(bytes, size));
  return parts.map(({ bodyStart, bodyEnd }) => bytes.toString('latin1', bodyStart, bodyEnd));
}

const nested = [
  'Content-Type: multipart/mixed; boundary="a"',
  '',
  'preamble',
  '--a',
  'Content-Type: multipart/alternative; boundary=ab',
  '',
  '--ab',
  '',
  'plain',
  '--ab',
  'Content-Type: text/html',
  '',
  '<p>',
  '',
  '--a',
  'Content-Type: application/pdf',
  '',
  '--abc is no delimiter',
  '--a--',
  'epilogue',
].join('\r\n');

describe('ranges of parts', () => {
  test.each([1, 2, 3, 7, 64, 100_000])(
    'a-multipart-without-its-end-ends-with-the-one-around-it, in pieces of %i',
    async (size) => {
      expect(await bodies(nested, size)).toEqual(['plain', '<p>\r\n', '--abc is no delimiter']);
      expect(await bodies(nested.replaceAll('\r\n', '\n'), size)).toEqual(['plain', '<p>\n', '--abc is no delimiter']);
    },
  );

  test('what-is-signed-is-not-looked-into', async () => {
    const signed = nested.replace('multipart/alternative; boundary=ab', 'multipart/signed; boundary=ab');
    const parts = await findPartRanges(cut(Buffer.from(signed), 50));
    expect(parts.map((part) => part.kind)).toEqual(['sealed', 'plain']);
  });

  test('a-line-without-end-is-no-memory-and-no-delimiter', async () => {
    const long = 'x'.repeat(300_000);
    expect(await bodies(`Subject: a\r\n\r\n${long}\r\n`, 4096)).toEqual([`${long}\r\n`]);
  });

  test.each([1000, 4099, 65_536])('attachments-have-the-bytes-that-mailparser-finds, in pieces of %i', async (size) => {
    const content = [randomBytes(300_000), randomBytes(50_001)];
    const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
    const attachments = content.map((each, index) => ({ filename: `${index}.bin`, content: each }));
    const mail = { from: 'a@contoso.example', to: 'b@contoso.example', text: 'Text', html: '<p>Text', attachments };
    const { message } = await transport.sendMail(mail);
    if (!Buffer.isBuffer(message)) throw new Error('no buffer');
    const parts = await findPartRanges(cut(message, size));
    const parsed = await simpleParser(message);
    expect(parts).toHaveLength(4);
    const decoded = parts
      .slice(2)
      .map(({ bodyStart, bodyEnd }) => Buffer.from(message.toString('latin1', bodyStart, bodyEnd), 'base64'));
    expect(decoded.map((each) => each.toString('hex'))).toEqual(
      parsed.attachments.map((each) => each.content.toString('hex')),
    );
  });
});
