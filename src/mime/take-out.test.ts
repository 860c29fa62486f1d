/** Taking files out of a message: what is left, what was taken, and what is not touched. mailparser is the judge. */
import { randomBytes } from 'node:crypto';
import { type Attachment, type ParsedMail, simpleParser } from 'mailparser';
import { createTransport } from 'nodemailer';
import { describe, expect, test } from 'vitest';
import { partContent } from './part-content.ts';
import { findPartRanges } from './part-ranges.ts';
import { type TakenPart, takeOut, withoutCuts } from './take-out.ts';

async function* cut(bytes: Buffer, size = 4099): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function lighten(message: Buffer, mostBytes: number) {
  const plan = await takeOut(await findPartRanges(cut(message)), message.length, mostBytes);
  if (!plan.possible) throw new Error(plan.sentence);
  const left = await withoutCuts(cut(message, 1000), plan.cuts, plan.size);
  expect(left.length).toBe(plan.size);
  const contents = await Promise.all(plan.parts.map((part) => contentOf(message, part)));
  return { left, parts: plan.parts, contents };
}

async function contentOf(message: Buffer, part: TakenPart): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(partContent((offset) => cut(message.subarray(offset), 777), part)));
}

async function refused(message: string, mostBytes = 100) {
  const bytes = Buffer.from(message);
  const plan = await takeOut(await findPartRanges(cut(bytes)), bytes.length, mostBytes);
  return plan.possible ? 'taken' : plan.why;
}

async function compose(mail: Parameters<ReturnType<typeof createTransport>['sendMail']>[0]): Promise<Buffer> {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message } = await transport.sendMail({ from: 'a@contoso.example', to: 'b@contoso.example', ...mail });
  if (!Buffer.isBuffer(message)) throw new Error('no buffer');
  return message;
}

const said = ({ filename, cid }: Attachment) => ({ filename, cid });
const texts = ({ text, html, subject }: ParsedMail) => ({ text, html, subject });

describe('files that are taken out of a message', () => {
  test('the-largest-go-and-the-rest-keeps-its-bytes-and-its-order', async () => {
    const [small, large, larger] = [randomBytes(1000), randomBytes(50_000), randomBytes(80_001)];
    const image = randomBytes(60_000);
    const message = await compose({
      subject: 'Prüfung',
      text: 'Text',
      html: '<img src="cid:logo@contoso">',
      attachments: [
        { filename: 'klein.bin', content: small },
        { filename: 'Übersicht – 2026.pdf', content: large, contentType: 'application/pdf' },
        { filename: 'logo.png', content: image, cid: 'logo@contoso' },
        { filename: 'text.txt', content: larger.toString('hex'), contentTransferEncoding: 'quoted-printable' },
      ],
    });
    const before = await simpleParser(message);
    const { left, parts, contents } = await lighten(message, 10_000);
    const after = await simpleParser(left);
    expect({ ...texts(after), html: '' }).toEqual({ ...texts(before), html: '' });
    expect(after.attachments.map(said)).toEqual([{ filename: 'klein.bin', cid: undefined }]);
    expect(after.attachments[0]?.content.equals(small)).toBe(true);
    expect(parts.map(({ name, contentType, contentId, isInline }) => [name, contentType, contentId, isInline])).toEqual(
      [
        ['logo.png', 'image/png', 'logo@contoso', true],
        ['Übersicht – 2026.pdf', 'application/pdf', undefined, false],
        ['text.txt', 'text/plain', undefined, false],
      ],
    );
    expect(contents.map((each) => each.toString('hex'))).toEqual(
      [image, large, Buffer.from(larger.toString('hex'))].map((each) => each.toString('hex')),
    );
  });

  test('no-more-is-taken-than-has-to-be', async () => {
    const attachments = [30_000, 90_000, 20_000].map((size) => ({
      filename: `${size}.bin`,
      content: randomBytes(size),
    }));
    const { parts } = await lighten(await compose({ text: 'Text', attachments }), 100_000);
    expect(parts.map(({ name }) => name)).toEqual(['90000.bin']);
  });

  test('a-scan-that-is-all-of-the-message-leaves-an-empty-text', async () => {
    const scan = randomBytes(40_000);
    const message = Buffer.from(
      `From: a@contoso.example\r\nSubject: Scan\r\nMIME-Version: 1.0\r\nContent-Type: application/pdf; name="scan.pdf"\r\nContent-Transfer-Encoding: base64\r\nX-Device: 7\r\n\r\n${scan.toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`,
    );
    const { left, parts, contents } = await lighten(message, 1000);
    expect(left.toString()).toBe(
      'From: a@contoso.example\r\nSubject: Scan\r\nMIME-Version: 1.0\r\nX-Device: 7\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n',
    );
    expect(parts.map(({ name, contentType }) => [name, contentType])).toEqual([['scan.pdf', 'application/pdf']]);
    expect(contents[0]?.equals(scan)).toBe(true);
  });

  test('a-multipart-of-files-alone-is-not-left-without-a-part', async () => {
    const file = (name: string) => `--b\r\nContent-Type: application/x-${name}\r\n\r\n${'x'.repeat(500)}\r\n`;
    const message = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${file('one')}${file('two')}--b--\r\nepilogue`;
    const { left, parts } = await lighten(Buffer.from(message), 200);
    expect(left.toString()).toBe(
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n\r\n--b--\r\nepilogue',
    );
    expect(parts).toHaveLength(2);
  });

  test('a-message-within-the-message-becomes-a-file-and-keeps-its-bytes', async () => {
    const inner = `Subject: inner\r\nContent-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\n${'x'.repeat(2000)}\r\n--s--`;
    const message = `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n${inner}\r\n--b--\r\n`;
    const { parts, contents } = await lighten(Buffer.from(message), 500);
    expect(parts).toMatchObject([{ name: 'message-1.eml', contentType: 'application/octet-stream' }]);
    expect(contents[0]?.toString()).toBe(inner);
  });

  test.each([
    ['latin words', 'Content-Disposition: attachment; filename="=?iso-8859-1?Q?Pr=FCfung?= 1.pdf"', 'Prüfung 1.pdf'],
    ['continuations', 'Content-Disposition: attachment; filename*0*=utf-8\'\'%C3%84;\r\n filename*1="b.pdf"', 'Äb.pdf'],
    ['raw UTF-8', 'Content-Disposition: attachment; filename="Größe.pdf"', 'Größe.pdf'],
    ['the type alone', 'Content-Type: application/pdf; name="old.pdf"', 'old.pdf'],
    ['a path', 'Content-Disposition: attachment; filename="..\\\\..\\\\boot.ini"', '.._.._boot.ini'],
    ['nothing', 'X-Nothing: here', 'attachment-1.bin'],
  ])('a-file-name-survives-in-%s', async (_what, field, name) => {
    const type = field.startsWith('Content-Type') ? '' : 'Content-Type: application/octet-stream\r\n';
    const message = `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n${type}${field}\r\n\r\n${'x'.repeat(2000)}\r\n--b--\r\n`;
    expect((await lighten(Buffer.from(message), 500)).parts[0]?.name).toBe(name);
  });

  test('an-inline-document-that-nothing-shows-is-not-hidden', async () => {
    const message = `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: inline; filename=a.pdf\r\n\r\n${'x'.repeat(2000)}\r\n--b--\r\n`;
    expect((await lighten(Buffer.from(message), 500)).parts).toMatchObject([{ name: 'a.pdf', isInline: false }]);
  });
});

describe('a message that is not taken apart', () => {
  const big = 'x'.repeat(3000);
  const withFile = (type: string, more = '') =>
    `Content-Type: ${type}\r\n${more}\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/pdf\r\n\r\n${big}\r\n--b--\r\n`;

  test.each([
    ['multipart/signed; boundary=b', 'sealed'],
    ['multipart/encrypted; boundary=b', 'sealed'],
    ['application/pkcs7-mime; smime-type=enveloped-data', 'sealed'],
    ['multipart/mixed; boundary=b', 'taken'],
    ['multipart/mixed', 'unclear'],
    ['multipart/digest; boundary=b', 'text'],
    ['multipart/alternative; boundary=b', 'text'],
    ['text/html', 'text'],
  ])('%s', async (type, expected) => {
    expect(await refused(withFile(type), 500)).toBe(expected);
  });

  test('two-content-types-are-read-in-two-ways', async () => {
    expect(
      await refused(withFile('multipart/mixed; boundary=b', 'Content-Type: multipart/mixed; boundary=c\r\n'), 500),
    ).toBe('unclear');
  });

  test('a-signed-part-within-a-list-footer', async () => {
    const signed = 'Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\nsigned\r\n--s--\r\n';
    expect(await refused(withFile('multipart/mixed; boundary=b').replace('\r\n\r\ntext', `\r\n${signed}`), 500)).toBe(
      'sealed',
    );
  });

  test('a-message-of-too-many-parts-is-not-looked-into-to-its-end', async () => {
    const message = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\n'.repeat(50_000)}`;
    expect(await refused(message)).toBe('unclear');
    expect(await findPartRanges(cut(Buffer.from(message)))).toHaveLength(10_000);
  });
});
