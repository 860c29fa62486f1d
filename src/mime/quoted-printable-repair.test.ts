/** The repair, judged by a parser that is not ours. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { encode, wrap } from 'nodemailer/lib/qp';
import { describe, expect, test } from 'vitest';
import { repairQuotedPrintable } from './quoted-printable-repair.ts';

const fixture = readFileSync(join(import.meta.dirname, '../../test/corpus/messages/qp-soft-break-before-octet.eml'));
const dangerous = /=\r?\n=[0-9A-F]{2}/;

function mail(contentType: string, body: string, more = ''): Buffer {
  return Buffer.from(
    `From: a@contoso.example\r\nSubject: x\r\n${more}MIME-Version: 1.0\r\nContent-Type: ${contentType}\r\n` +
      `Content-Transfer-Encoding: quoted-printable\r\n\r\n${body}`,
  );
}

const part = (body: string, type = 'text/plain; charset=utf-8') =>
  `Content-Type: ${type}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${body}`;

describe('a soft line break right before an encoded byte', () => {
  test('is gone, and the reader sees the same', async () => {
    const { bytes, parts } = repairQuotedPrintable(fixture);
    expect(parts).toBe(1);
    expect(bytes.toString()).not.toMatch(dangerous);
    expect((await simpleParser(bytes)).html).toBe((await simpleParser(fixture)).html);
    expect((await simpleParser(bytes)).html).toContain('Geschäftsstätte');
  });

  test('is found in each part, however deep, and what stands around the parts stays', async () => {
    const inner = `--in\r\n${part('one =\r\n=C3=A4')}\r\n--in\r\n${part('<b>=\r\n=C3=B6</b>', 'text/html')}\r\n--in--\r\n`;
    const body = `preamble\r\n--out\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n${inner}\r\n--out\r\n${part('untouched =C3=BC')}\r\n--out--\r\nepilogue\r\n`;
    const message = Buffer.from(`Subject: x\r\nContent-Type: multipart/mixed; boundary="out"\r\n\r\n${body}`);
    const { bytes, parts } = repairQuotedPrintable(message);
    expect(parts).toBe(2);
    expect(bytes.toString()).toContain('preamble\r\n--out\r\n');
    expect(bytes.toString()).toContain('\r\n--out--\r\nepilogue\r\n');
    expect(bytes.toString()).toContain(part('untouched =C3=BC'));
    const read = await simpleParser(bytes);
    expect(read.text).toContain('one ä');
    expect(read.html).toContain('<b>ö</b>');
  });

  test.each([
    ['a signed message', mail('multipart/signed; boundary=b', `--b\r\n${part('=\r\n=C3=A4')}\r\n--b--\r\n`)],
    [
      'a message with a DKIM signature',
      mail('text/plain', '=\r\n=C3=A4', 'DKIM-Signature: v=1; a=rsa-sha256; b=x\r\n'),
    ],
    [
      'a signed part of another message',
      Buffer.from(
        `Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n${part('=\r\n=C3=A4')}\r\n--s--\r\n\r\n--o--\r\n`,
      ),
    ],
    ['a message without that', mail('text/plain', 'a long line =\r\nand its end =C3=A4')],
    ['a part in another encoding', Buffer.from('Content-Transfer-Encoding: 8bit\r\n\r\nx=\r\n=C3=A4')],
  ])('is left alone in %s', (_, message) => {
    expect(repairQuotedPrintable(message)).toEqual({ bytes: message, parts: 0 });
  });

  test('never changes what a text says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), async (text) => {
        const clean = text.replace(/[\r\n\0]/g, ' ');
        const message = mail('text/plain; charset=utf-8', wrap(encode(clean), 20));
        const { bytes } = repairQuotedPrintable(message);
        expect(bytes.toString('latin1')).not.toMatch(dangerous);
        expect((await simpleParser(bytes)).text).toBe((await simpleParser(message)).text);
      }),
      { numRuns: 200 },
    );
  });

  test('in bytes that are no mail at all is no reason to throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        const message = Buffer.concat([
          Buffer.from('Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n'),
          noise,
          Buffer.from('=\r\n=C3\r\n--b--'),
        ]);
        expect(repairQuotedPrintable(message).bytes.length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });
});
