import { describe, expect, it } from 'vitest';
import { type GraphMessage, toJsonForm } from './graph-json.ts';

async function form(mime: string, recipients: string[] = ['a@x.example']) {
  return toJsonForm(Buffer.from(mime.replace(/\n/g, '\r\n')), recipients);
}

async function possible(
  mime: string,
  recipients?: string[],
): Promise<{ message: GraphMessage; lost: readonly string[] }> {
  const result = await form(mime, recipients);
  if (!result.possible) throw new Error(result.why);
  return result;
}

const mixed = `From: Jane <j@x.example>
To: "A, B" <a@X.example>, G: spy@y.example;
Cc: a@x.example
Bcc: spy@y.example
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Reply-To: desk@x.example
In-Reply-To: <1@x>
References: <1@x>
List-Unsubscribe: <mailto:u@x.example>
Importance: High
X-One: 1
X-Two: é
X-3: 3
X-4: 4
X-5: 5
X-6: 6
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/related; boundary=r

--r
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain

plain
--a
Content-Type: text/html; charset=utf-8

<p>Grüße <img src="cid:logo@x"></p>
--a--
--r
Content-Type: image/png
Content-Transfer-Encoding: base64
Content-ID: <logo@x>
Content-Disposition: inline

iVBORw0KGgo=
--r--
--m
Content-Type: application/pdf
Content-Disposition: attachment; filename*=utf-8''%E2%82%AC%20rates.pdf
Content-Transfer-Encoding: base64

AAEC
--m
Content-Type: message/rfc822

Subject: inner
To: spy@y.example

inner body
--m--
`;

describe('the JSON form', () => {
  it('reaches-the-envelope-and-nobody-of-the-header', async () => {
    const { message } = await possible(mixed, ['a@x.example', 'b@x.example']);
    expect(message.toRecipients).toEqual([{ emailAddress: { address: 'a@x.example', name: 'A, B' } }]);
    expect(message.ccRecipients).toEqual([]);
    expect(message.bccRecipients).toEqual([{ emailAddress: { address: 'b@x.example' } }]);
    expect(JSON.stringify(message)).not.toContain('spy@');
  });

  it('text-and-html-mail-does-not-lose-its-body', async () => {
    const { message } = await possible(mixed);
    expect(message.subject).toBe('Grüße');
    expect(message.body.contentType).toBe('html');
    expect(message.body.content).toContain('Grüße');
    expect((await possible('Subject: x\n\nonly text\n')).message.body).toEqual({
      contentType: 'text',
      content: 'only text\n',
    });
  });

  it('inline-image-attachment-and-forwarded-message-all-arrive', async () => {
    const { attachments } = (await possible(mixed)).message;
    expect(attachments.map(({ name, isInline, contentId }) => ({ name, isInline, contentId }))).toEqual([
      { name: 'attachment-1', isInline: true, contentId: 'logo@x' },
      { name: '€ rates.pdf', isInline: false, contentId: undefined },
      { name: 'attachment-3.eml', isInline: false, contentId: undefined },
    ]);
    expect(attachments[1]?.contentBytes).toBe('AAEC');
    expect(Buffer.from(attachments[2]?.contentBytes ?? '', 'base64').toString()).toContain('inner body');
  });

  it('what-json-cannot-carry-is-named-and-not-lost-in-silence', async () => {
    const { lost, message } = await possible(mixed);
    expect(lost).toEqual(['In-Reply-To', 'References', 'List-Unsubscribe', 'X-6', 'text alternative']);
    expect(message.importance).toBe('high');
    expect(message.replyTo).toEqual([{ emailAddress: { address: 'desk@x.example' } }]);
    expect(message.internetMessageHeaders).toHaveLength(5);
    expect(message.internetMessageHeaders?.[1]).toEqual({ name: 'x-two', value: 'é' });
  });

  it.each([
    ['multipart/signed; protocol="application/pgp-signature"; boundary=b', 'signed'],
    ['application/pkcs7-mime; smime-type=enveloped-data', 'signed or encrypted'],
    ['multipart/encrypted; boundary=b', 'encrypted'],
    ['multipart/report; report-type=delivery-status; boundary=b', 'report'],
    ['text/calendar; method=REQUEST', 'invitation'],
  ])('mail-of-type %s is not broken but refused', async (type, why) => {
    expect(await form(`Subject: x\nContent-Type: ${type}\n\nbody\n`)).toMatchObject({
      possible: false,
      why: expect.stringContaining(why),
    });
  });

  it.each([
    ['text/calendar; method=REQUEST', 'invitation'],
    ['application/pkcs7-signature; name=smime.p7s', 'signed'],
    ['application/pgp-encrypted', 'encrypted'],
  ])('part-of-type %s below another is found', async (type, why) => {
    const mime = `Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: ${type}\n\nx\n--b--\n`;
    expect(await form(mime)).toMatchObject({ possible: false, why: expect.stringContaining(why) });
  });

  it('structure-too-deep-to-read-is-refused-and-throws-nothing', async () => {
    let mime = 'Subject: x\n';
    for (let depth = 0; depth < 400; depth += 1)
      mime += `Content-Type: multipart/mixed; boundary=b${depth}\n\n--b${depth}\n`;
    expect(await form(`${mime}\nbody\n`)).toMatchObject({ possible: false });
  });
});
