import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import { ada, jsonMessage, mailUnderTest, sender, world } from './mail-under-test.sample.ts';

const mime = `From: ${sender}\r\nTo: ${ada}\r\nBcc: ${world}\r\nSubject: big\r\nList-Unsubscribe: <https://x.example>\r\nMessage-ID: <5@x>\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<b>body</b>\r\n`;
const file = (text: string, more: object = {}) => ({
  '@odata.type': '#microsoft.graph.fileAttachment',
  name: 'a.txt',
  contentType: 'text/plain',
  contentBytes: Buffer.from(text).toString('base64'),
  ...more,
});

describe('a draft of JSON', () => {
  it('is-created-changed-and-sent-to-whom-it-names-then', async () => {
    const { ask, copies, mailboxes } = mailUnderTest();
    const created = await ask('POST', '/messages', { body: jsonMessage({ subject: 'draft' }) });
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({
      isDraft: true,
      subject: 'draft',
      body: { contentType: 'text', content: 'text' },
    });
    const { id, internetMessageId } = created.json;
    expect(created.headers['location']).toContain(id);
    expect(internetMessageId).toMatch(/^<.+@contoso\.example>$/);
    const patched = await ask('PATCH', `/messages/${id}`, {
      body: { subject: 'changed', toRecipients: [{ emailAddress: { address: world } }], importance: 'low' },
    });
    expect([patched.status, patched.json.id, patched.json.subject]).toEqual([200, id, 'changed']);
    const sent = await ask('POST', `/messages/${id}/send`);
    expect([sent.status, sent.hasBody]).toEqual([202, false]);
    expect(mailboxes.delivered().map(({ address, subject }) => [address, subject])).toEqual([[world, 'changed']]);
    const parsed = await simpleParser(copies(world)[0]?.text ?? '');
    expect([parsed.messageId, parsed.headers.get('priority'), parsed.text?.trim()]).toEqual([
      internetMessageId,
      'low',
      'text',
    ]);
    expect(copies(sender, 'drafts')).toEqual([]);
    expect(copies(sender, 'sentitems')[0]?.internetMessageId).toBe(internetMessageId);
    expect((await ask('GET', `/messages/${id}`)).code).toBe('ErrorItemNotFound');
  });

  it('keeps-its-immutable-id-when-it-is-sent', async () => {
    const { ask } = mailUnderTest();
    const headers = { prefer: 'IdType="ImmutableId"' };
    const created = await ask('POST', '/messages', { body: jsonMessage(), headers });
    const { id } = created.json;
    expect(created.headers['preference-applied']).toBe('IdType="ImmutableId"');
    await ask('POST', `/messages/${id}/send`, { headers });
    const found = await ask('GET', `/messages/${id}`, { headers });
    expect([found.json.id, found.json.isDraft]).toEqual([id, false]);
    expect((await ask('GET', `/mailFolders/sentitems/messages/${id}`)).status).toBe(200);
  });

  it('without-recipients-can-be-saved-and-not-sent', async () => {
    const { ask } = mailUnderTest();
    const created = await ask('POST', '/messages', { body: { subject: 'nobody' } });
    expect(created.status).toBe(201);
    const sent = await ask('POST', `/messages/${created.json.id}/send`);
    expect([sent.status, sent.code]).toEqual([400, 'ErrorInvalidRecipients']);
  });

  it('sent-by-two-requests-at-once-goes-once', async () => {
    const { ask, copies } = mailUnderTest();
    const { json } = await ask('POST', '/messages', { body: jsonMessage() });
    const answers = await Promise.all([1, 2].map(() => ask('POST', `/messages/${json.id}/send`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 404]);
    expect(copies(ada)).toHaveLength(1);
  });

  it('as-somebody-else-is-refused-when-it-is-sent', async () => {
    const { ask, mailboxes } = mailUnderTest();
    const body = jsonMessage({ from: { emailAddress: { address: 'boss@contoso.example' } } });
    const { json } = await ask('POST', '/messages', { body });
    expect((await ask('POST', `/messages/${json.id}/send`)).code).toBe('ErrorSendAsDenied');
    expect(mailboxes.delivered()).toEqual([]);
  });

  it('deleted-goes-to-deleted-items-and-then-away', async () => {
    const { ask, copies } = mailUnderTest();
    const { json } = await ask('POST', '/messages', { body: jsonMessage() });
    expect((await ask('DELETE', `/messages/${json.id}`)).status).toBe(204);
    const [deleted] = copies(sender, 'deleteditems');
    expect((await ask('GET', `/messages/${json.id}`)).status).toBe(404);
    expect((await ask('DELETE', `/messages/${deleted?.id}`)).status).toBe(204);
    expect(copies(sender, 'deleteditems')).toEqual([]);
  });

  it('has-no-sending-permission-by-writing-permission', async () => {
    const { ask } = mailUnderTest();
    const { json } = await ask('POST', '/messages', { body: jsonMessage() });
    const caller = { roles: ['Mail.ReadWrite'] };
    expect((await ask('POST', `/messages/${json.id}/send`, { caller })).code).toBe('ErrorAccessDenied');
    expect((await ask('POST', '/messages', { body: jsonMessage(), caller: { roles: ['Mail.Send'] } })).status).toBe(
      403,
    );
    expect((await ask('GET', `/messages/${json.id}`, { caller: { roles: ['Mail.Send'] } })).status).toBe(403);
  });
});

describe('a draft of MIME', () => {
  it('is-sent-byte-by-byte-to-its-header', async () => {
    const { ask, copies } = mailUnderTest();
    const created = await ask('POST', '/messages', { mime });
    expect(created.json).toMatchObject({
      subject: 'big',
      internetMessageId: '<5@x>',
      body: { contentType: 'html', content: expect.stringContaining('<b>body</b>') },
      bccRecipients: [{ emailAddress: { address: world } }],
    });
    expect((await ask('GET', `/messages/${created.json.id}/$value`)).bytes.toString()).toBe(mime);
    await ask('POST', `/messages/${created.json.id}/send`);
    expect(copies(ada)[0]?.text).toBe(mime.replace(`Bcc: ${world}\r\n`, ''));
    expect(copies(world)).toHaveLength(1);
  });

  it('keeps-its-fields-when-attachments-are-added', async () => {
    const { ask, copies } = mailUnderTest();
    const { json } = await ask('POST', '/messages', { mime });
    await ask('POST', `/messages/${json.id}/attachments`, { body: file('one', { name: 'ä (1).txt' }) });
    await ask('POST', `/messages/${json.id}/attachments`, { body: file('two') });
    await ask('POST', `/messages/${json.id}/send`);
    const parsed = await simpleParser(copies(ada)[0]?.text ?? '');
    expect(parsed.headers.get('list')).toMatchObject({ unsubscribe: { url: 'https://x.example' } });
    expect(parsed.html).toContain('<b>body</b>');
    expect(parsed.attachments.map(({ filename, content }) => [filename, content.toString()])).toEqual([
      ['ä (1).txt', 'one'],
      ['a.txt', 'two'],
    ]);
    expect(copies(ada)[0]?.text).not.toContain('Bcc');
  });

  it('changed-by-its-properties-keeps-what-no-property-stands-for', async () => {
    const { ask, copies } = mailUnderTest();
    const { json } = await ask('POST', '/messages', { mime });
    await ask('PATCH', `/messages/${json.id}`, { body: { subject: 'new' } });
    await ask('POST', `/messages/${json.id}/send`);
    const parsed = await simpleParser(copies(ada)[0]?.text ?? '');
    expect([parsed.subject, parsed.messageId]).toEqual(['new', '<5@x>']);
    expect(parsed.headers.get('list')).toMatchObject({ unsubscribe: { url: 'https://x.example' } });
  });
});

describe('attachments', () => {
  it('are-added-listed-read-and-deleted', async () => {
    const { ask } = mailUnderTest();
    const { json } = await ask('POST', '/messages', { body: jsonMessage({ attachments: [file('first')] }) });
    const place = `/messages/${json.id}/attachments`;
    const added = await ask('POST', place, { body: file('second', { isInline: true, contentId: 'c1' }) });
    expect([added.status, added.json['@odata.type'], added.json.size]).toEqual([
      201,
      '#microsoft.graph.fileAttachment',
      6,
    ]);
    const listed = await ask('GET', `${place}?$select=name,size`);
    expect(listed.json.value.map((each: { size: number }) => each.size)).toEqual([5, 6]);
    const one = await ask('GET', `${place}/${added.json.id}`);
    expect(Buffer.from(one.json.contentBytes, 'base64').toString()).toBe('second');
    expect((await ask('GET', `${place}/${added.json.id}/$value`)).bytes.toString()).toBe('second');
    expect((await ask('GET', `/messages/${json.id}?$expand=attachments`)).json.attachments).toHaveLength(2);
    expect((await ask('DELETE', `${place}/${added.json.id}`)).status).toBe(204);
    expect((await ask('GET', `${place}/${added.json.id}`)).code).toBe('ErrorItemNotFound');
    expect((await ask('GET', `/messages/${json.id}`)).json.hasAttachments).toBe(true);
  });

  it('added-by-requests-at-once-are-all-there', async () => {
    const { ask } = mailUnderTest();
    const { json } = await ask('POST', '/messages', { body: jsonMessage() });
    const place = `/messages/${json.id}/attachments`;
    await Promise.all(['1', '2', '3'].map((text) => ask('POST', place, { body: file(text) })));
    expect((await ask('GET', place)).json.value).toHaveLength(3);
  });

  it('message-within-is-shown-when-it-is-asked-for', async () => {
    const { ask } = mailUnderTest();
    const { json } = await ask('POST', '/messages', { body: jsonMessage() });
    const item = { '@odata.type': 'microsoft.graph.message', ...jsonMessage({ subject: 'within' }) };
    const body = { '@odata.type': '#microsoft.graph.itemAttachment', name: 'inner', item };
    const added = await ask('POST', `/messages/${json.id}/attachments`, { body });
    const query = '$expand=microsoft.graph.itemattachment/item';
    const read = await ask('GET', `/messages/${json.id}/attachments/${added.json.id}?${query}`);
    expect(read.json).toMatchObject({ name: 'inner', item: { subject: 'within' } });
  });

  it('three-megabytes-in-one-request-are-too-large', async () => {
    const { ask } = mailUnderTest({ requestBytes: null });
    const { json } = await ask('POST', '/messages', { body: jsonMessage() });
    const answer = await ask('POST', `/messages/${json.id}/attachments`, { body: file('x'.repeat(3 * 1024 * 1024)) });
    expect([answer.status, answer.code]).toEqual([413, 'RequestEntityTooLarge']);
  });

  it.each([
    [{ name: 'x' }],
    [{ name: 'x', contentBytes: 'AAAA' }],
    [{ '@odata.type': '#microsoft.graph.fileAttachment', name: 'x', contentBytes: 'no base64 !' }],
    [{ '@odata.type': '#microsoft.graph.fileAttachment', name: 'x', contentBytes: 'AAAA', colour: 'red' }],
    [{ '@odata.type': '#microsoft.graph.referenceAttachment', name: 'x', contentBytes: '' }],
    [{ '@odata.type': '#microsoft.graph.itemAttachment', name: 'x' }],
  ])('%j-is-no-attachment', async (body) => {
    const { ask } = mailUnderTest();
    const { json } = await ask('POST', '/messages', { body: jsonMessage() });
    const answer = await ask('POST', `/messages/${json.id}/attachments`, { body });
    expect([answer.status, answer.code]).toEqual([400, 'RequestBodyRead']);
  });

  it('of-received-mail-are-read-from-it-and-not-changed', async () => {
    const { ask } = mailUnderTest();
    await ask('POST', '/sendMail', { body: { message: jsonMessage({ attachments: [file('seen')] }) } });
    const place = `/users/${ada}/messages`;
    const { json } = await ask('GET', place);
    const [message] = json.value;
    const listed = await ask('GET', `${place}/${message.id}/attachments`);
    expect(listed.json.value[0]).toMatchObject({ name: 'a.txt', size: 4 });
    expect((await ask('POST', `${place}/${message.id}/attachments`, { body: file('x') })).status).toBe(400);
    expect((await ask('POST', `${place}/${message.id}/send`)).status).toBe(400);
  });
});
