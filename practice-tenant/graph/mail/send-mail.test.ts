import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import { ada, jsonMessage, mailUnderTest, sender, world } from './mail-under-test.sample.ts';

const mime = `From: ${sender}\r\nTo: ${ada}\r\nBcc: ${world}\r\nSubject: hi\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n`;

describe('raw MIME', () => {
  it('arrives-byte-by-byte-without-its-bcc-and-the-answer-has-no-body', async () => {
    const { ask, copies } = mailUnderTest();
    const answer = await ask('POST', '/sendMail', { mime });
    expect([answer.status, answer.hasBody, answer.headers['content-type']]).toEqual([202, false, undefined]);
    expect(copies(ada)[0]?.text).toBe(mime.replace(`Bcc: ${world}\r\n`, ''));
    expect(copies(world)[0]?.text).toBe(mime.replace(`Bcc: ${world}\r\n`, ''));
    expect(copies(sender, 'sentitems')[0]?.text).toBe(mime);
  });

  it.each([
    ['no base64', Buffer.from('not base64 !'), 400, 'ErrorMimeContentInvalidBase64String'],
    ['nothing', Buffer.alloc(0), 400, 'ErrorMimeContentInvalidBase64String'],
    [
      'nobody to send to',
      Buffer.from(Buffer.from('Subject: x\r\n\r\nx').toString('base64')),
      400,
      'ErrorInvalidRecipients',
    ],
    [
      'somebody else as the sender',
      Buffer.from(Buffer.from(mime.replace('noreply', 'boss')).toString('base64')),
      403,
      'ErrorSendAsDenied',
    ],
  ])('%s-is-refused', async (_what, rawBody, status, code) => {
    const { ask, mailboxes } = mailUnderTest();
    const headers = { 'content-type': 'text/plain; charset=utf-8' };
    const answer = await ask('POST', '/sendMail', { rawBody, headers });
    expect([answer.status, answer.code, answer.json.error.innerError]).toEqual([status, code, undefined]);
    expect(mailboxes.accepted).toBe(0);
  });

  it('line-ends-within-base64-are-fine', async () => {
    const { ask } = mailUnderTest();
    const rawBody = Buffer.from(Buffer.from(mime).toString('base64').replace(/.{20}/g, '$&\r\n'));
    expect((await ask('POST', '/sendMail', { rawBody, headers: { 'content-type': 'text/plain' } })).status).toBe(202);
  });
});

describe('JSON', () => {
  it('names-in-any-case-and-the-string-false', async () => {
    const { ask, copies } = mailUnderTest();
    const Message = {
      Subject: 'json',
      BODY: { ContentType: 'HTML', Content: '<b>x</b>' },
      ToRecipients: [{ EmailAddress: { Address: ada, Name: 'Ada, "the" <first>' } }],
      Importance: 'High',
    };
    expect((await ask('POST', '/sendMail', { body: { Message, SaveToSentItems: 'False' } })).status).toBe(202);
    const parsed = await simpleParser(copies(ada)[0]?.text ?? '');
    expect([parsed.subject, String(parsed.html).trim(), parsed.headers.get('priority')]).toEqual([
      'json',
      '<b>x</b>',
      'high',
    ]);
    expect(parsed.to).toMatchObject({ value: [{ address: ada, name: 'Ada, "the" <first>' }] });
    expect(parsed.from?.value[0]).toMatchObject({ address: sender, name: 'No Reply' });
    expect(copies(sender, 'sentitems')).toEqual([]);
  });

  it('files-inline-images-and-a-message-within-arrive', async () => {
    const { ask, copies } = mailUnderTest();
    const contentBytes = Buffer.from('hello').toString('base64');
    const attachments = [
      { '@odata.type': '#microsoft.graph.fileAttachment', name: 'grüße.txt', contentType: 'text/plain', contentBytes },
      {
        '@odata.type': '#microsoft.graph.fileAttachment',
        name: 'logo.png',
        contentType: 'image/png',
        contentBytes,
        isInline: true,
        contentId: 'logo',
      },
      {
        '@odata.type': '#microsoft.graph.itemAttachment',
        name: 'inner',
        item: { '@odata.type': 'microsoft.graph.message', ...jsonMessage({ subject: 'within' }) },
      },
    ];
    const body = { contentType: 'html', content: '<img src="cid:logo">' };
    expect((await ask('POST', '/sendMail', { body: { message: jsonMessage({ body, attachments }) } })).status).toBe(
      202,
    );
    const parsed = await simpleParser(copies(ada)[0]?.text ?? '', { skipImageLinks: true });
    const seen = parsed.attachments.map(({ filename, contentType, cid }) => [filename, contentType, cid]);
    expect(seen).toContainEqual(['grüße.txt', 'text/plain', undefined]);
    expect(seen).toContainEqual(['logo.png', 'image/png', 'logo']);
    const place = `/users/${ada}/messages`;
    const { id } = (await ask('GET', place)).json.value[0];
    const listed = await ask('GET', `${place}/${id}/attachments`);
    const item = listed.json.value.find((each: { name: string }) => each.name === 'inner');
    expect(item['@odata.type']).toBe('#microsoft.graph.itemAttachment');
    const read = await ask('GET', `${place}/${id}/attachments/${item.id}?$expand=microsoft.graph.itemattachment/item`);
    expect(read.json.item).toMatchObject({ subject: 'within', toRecipients: [{ emailAddress: { address: ada } }] });
  });

  it('five-custom-headers-are-taken-and-six-or-others-are-not', async () => {
    const { ask, copies } = mailUnderTest();
    const headers = (count: number, name = 'x-own') =>
      Array.from({ length: count }, (_, index) => ({ name: `${name}-${index}`, value: `${index}` }));
    const send = async (internetMessageHeaders: object[]) => {
      const answer = await ask('POST', '/sendMail', { body: { message: jsonMessage({ internetMessageHeaders }) } });
      return [answer.status, answer.code];
    };
    expect(await send(headers(5))).toEqual([202, undefined]);
    expect((await simpleParser(copies(ada)[0]?.text ?? '')).headers.get('x-own-4')).toBe('4');
    expect(await send(headers(6))).toEqual([400, 'InvalidInternetMessageHeaderCollection']);
    expect(await send(headers(1, 'In-Reply-To'))).toEqual([400, 'InvalidInternetMessageHeader']);
    expect(await send([{ name: 'x-a:\r\nBcc', value: world }])).toEqual([400, 'InvalidInternetMessageHeader']);
    expect(await send([{ name: 'x-a', value: `1\r\nBcc: ${world}` }])).toEqual([400, 'InvalidInternetMessageHeader']);
    expect(copies(world)).toEqual([]);
  });

  it('blind-copy-and-odd-name-reach-who-was-named-and-nobody-else', async () => {
    const { ask, mailboxes, copies } = mailUnderTest();
    const bccRecipients = [{ emailAddress: { address: world } }];
    const toRecipients = [{ emailAddress: { address: ada, name: `x" <evil@world.example>, y` } }];
    await ask('POST', '/sendMail', { body: { message: jsonMessage({ bccRecipients, toRecipients }) } });
    expect(mailboxes.delivered().map(({ address }) => address)).toEqual([ada, world]);
    expect(copies(ada)[0]?.text).not.toContain(world);
    expect(copies(sender, 'sentitems')[0]?.text).toContain(`Bcc: ${world}`);
  });

  it.each([
    ['{', 'BadRequest'],
    ['[]', 'BadRequest'],
    ['{}', 'BadRequest'],
    ['', 'BadRequest'],
    ['"x"', 'BadRequest'],
    ['{"subject":"x"}', 'RequestBodyRead'],
    ['{"message":{"subject":7,"toRecipients":[]}}', 'RequestBodyRead'],
    ['{"message":{"toRecipient":[]}}', 'RequestBodyRead'],
    ['{"message":null}', 'RequestBodyRead'],
    ['{"message":{},"saveToSentItems":"perhaps"}', 'RequestBodyRead'],
    ['{"message":{}}', 'ErrorInvalidRecipients'],
    ['{"message":{"toRecipients":[{"emailAddress":{"name":"x"}}]}}', 'ErrorInvalidRecipients'],
    [`{"message":${'{"body":'.repeat(50)}1${'}'.repeat(50)}}`, 'BadRequest'],
  ])('%s-is-refused-as-%s', async (text, code) => {
    const { ask, mailboxes } = mailUnderTest();
    const answer = await ask('POST', '/sendMail', { rawBody: Buffer.from(text) });
    expect([answer.status, answer.code]).toEqual([400, code]);
    expect(mailboxes.delivered()).toEqual([]);
  });

  it.each([
    'a,b@else.example',
    '<c@else.example>',
    'x(c)@else.example',
    'a;b@else.example',
    'a:b@else.example',
    'a@b@c',
  ])('the-address-%s-never-becomes-somebody-else', async (address) => {
    const { ask, mailboxes } = mailUnderTest();
    for (const name of ['toRecipients', 'ccRecipients', 'bccRecipients', 'replyTo', 'from']) {
      const entry = { emailAddress: { address } };
      const message = jsonMessage({ [name]: name === 'from' ? entry : [entry] });
      const answer = await ask('POST', '/sendMail', { body: { message } });
      expect([name, answer.code]).toEqual([name, 'ErrorInvalidRecipients']);
    }
    expect(mailboxes.delivered()).toEqual([]);
  });
});

describe('who may send as whom', () => {
  const as = (address: string) => ({ message: jsonMessage({ from: { emailAddress: { address } } }) });

  it('own-alias-and-granted-addresses-and-no-others', async () => {
    const { ask, user, copies } = mailUnderTest();
    user('boss@contoso.example');
    const code = async (address: string) => (await ask('POST', '/sendMail', { body: as(address) })).code;
    expect(await code('boss@contoso.example')).toBe('ErrorSendAsDenied');
    user('boss@contoso.example').sendAsTrustees.push(user(sender).id);
    expect(await code('boss@contoso.example')).toBeUndefined();
    user(sender).maySendAs.push('news@contoso.example');
    expect(await code('News@contoso.example')).toBeUndefined();
    expect(copies(sender, 'sentitems')).toHaveLength(2);
    expect(await code('else@contoso.example')).toBe('ErrorSendAsDenied');
  });

  it('signed-in-person-sends-from-the-own-mailbox', async () => {
    const { ask, person, copies } = mailUnderTest();
    const caller = person(ada, ['Mail.Send']);
    const message = jsonMessage({ toRecipients: [{ emailAddress: { address: world } }] });
    expect((await ask('POST', '/me/sendMail', { body: { message }, caller })).status).toBe(202);
    expect(copies(ada, 'sentitems')).toHaveLength(1);
    expect((await ask('POST', `/users/${sender}/sendMail`, { body: { message }, caller })).status).toBe(403);
  });
});

describe('limits that answer at once', () => {
  it('request-over-4-mb-is-too-large', async () => {
    const { ask } = mailUnderTest();
    const answer = await ask('POST', '/sendMail', { rawBody: Buffer.alloc(4 * 1024 * 1024 + 1, 65) });
    expect([answer.status, answer.code]).toEqual([413, 'RequestEntityTooLarge']);
  });

  it('throttled-request-says-how-long-to-wait', async () => {
    const { ask } = mailUnderTest({ uploadBytesPer5Minutes: 100 });
    const answer = await ask('POST', '/sendMail', { mime });
    expect([answer.status, answer.code, answer.json.error.message]).toEqual([
      429,
      'ApplicationThrottled',
      'Application is over its IncomingBytes limit.',
    ]);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('four-at-once-and-a-fifth-is-refused-and-its-place-is-free-again', async () => {
    const { ask } = mailUnderTest();
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask('POST', '/sendMail', { mime })));
    expect(answers.filter(({ status }) => status === 429).map(({ json }) => json.error.message)).toContain(
      'Application is over its MailboxConcurrency limit.',
    );
    expect((await ask('POST', '/sendMail', { mime })).status).toBe(202);
  });

  it('full-mailbox-sends-nothing', async () => {
    const { ask, user } = mailUnderTest();
    user(sender).mailboxFull = true;
    expect((await ask('POST', '/sendMail', { mime })).code).toBe('ErrorQuotaExceeded');
  });
});
