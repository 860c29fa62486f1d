import { describe, expect, it } from 'vitest';
import { ada, jsonMessage, mailUnderTest, sender } from './mail-under-test.sample.ts';

/** A mailbox with so many sent messages, a second apart; their subjects count from 0. */
async function withSent(count: number) {
  const tenant = mailUnderTest({ messagesPerMinute: null });
  for (let each = 0; each < count; each += 1) {
    const message = jsonMessage({ subject: `message ${each}`, internetMessageId: `<it's-${each}@contoso.example>` });
    await tenant.ask('POST', '/sendMail', { body: { message } });
    tenant.clock.advance(1000);
  }
  const list = async (query: string, folder = 'sentitems') =>
    tenant.ask('GET', `/mailFolders/${folder}/messages?${query}`);
  return { ...tenant, list };
}
const subjects = (answer: { json: { value: { subject: string }[] } }) =>
  answer.json.value.map(({ subject }) => subject);

describe('a list of messages', () => {
  it('shows-the-newest-ten-and-leads-to-the-rest', async () => {
    const { list, ask } = await withSent(12);
    const first = await list('');
    expect(subjects(first)).toEqual(Array.from({ length: 10 }, (_, each) => `message ${11 - each}`));
    const next = new URL(first.json['@odata.nextLink']);
    const second = await ask('GET', `${next.pathname.replace('/v1.0', '')}${next.search}`);
    expect(subjects(second)).toEqual(['message 1', 'message 0']);
    expect(second.json['@odata.nextLink']).toBeUndefined();
  });

  it('finds-one-by-its-internet-message-id', async () => {
    const { list } = await withSent(3);
    const filter = encodeURIComponent("internetMessageId eq '<it''s-1@contoso.example>'");
    const found = await list(`$filter=${filter}&$select=id&$top=1`);
    expect(found.json.value).toEqual([{ '@odata.etag': expect.any(String), id: expect.any(String) }]);
    expect((await list(`$filter=${filter}`, 'inbox')).json.value).toEqual([]);
  });

  it('is-ordered-counted-and-cut-as-asked', async () => {
    const { list, ask } = await withSent(4);
    const answer = await list('$orderby=subject desc&$top=2&$skip=1&$count=true&$select=subject,toRecipients');
    expect(subjects(answer)).toEqual(['message 2', 'message 1']);
    expect(answer.json['@odata.count']).toBe(4);
    expect(Object.keys(answer.json.value[0]).sort()).toEqual(['@odata.etag', 'id', 'subject', 'toRecipients']);
    expect((await ask('GET', '/mailFolders/sentitems/messages/$count')).bytes.toString()).toBe('4');
    const filtered = await list("$filter=startswith(subject,'message') and isRead eq true and subject ne 'message 0'");
    expect(filtered.json.value).toHaveLength(3);
    const byAddress = await list(`$filter=from/emailAddress/address eq '${sender}'&$top=1`);
    expect(byAddress.json.value).toHaveLength(1);
  });

  it.each([
    ['$filter=nothing eq 1'],
    ['$filter=subject eq'],
    ['$select=nothing'],
    ['$top=0'],
    ['$top=many'],
    ['$skip=-1'],
    ['$orderby=subject sideways'],
    ['$count=perhaps'],
    ['$search="x"'],
    ['$top=1&$top=2'],
  ])('that-asks-for-%s-is-refused-and-not-passed-over', async (query) => {
    const { list } = await withSent(1);
    const answer = await list(query);
    expect([answer.status, answer.code]).toEqual([400, 'BadRequest']);
  });

  it('paced-message-is-not-there-before-its-time', async () => {
    const { ask, clock } = mailUnderTest({ messagesPerMinute: 1 });
    for (const subject of ['1', '2']) await ask('POST', '/sendMail', { body: { message: jsonMessage({ subject }) } });
    const inbox = () => ask('GET', `/users/${ada}/mailFolders/Inbox/messages?$select=subject`);
    expect(subjects(await inbox())).toEqual(['1']);
    clock.advance(60_000);
    expect(subjects(await inbox())).toEqual(['2', '1']);
  });
});

describe('mail folders', () => {
  it('are-reached-by-well-known-name-and-by-id', async () => {
    const { ask } = await withSent(2);
    const named = await ask('GET', '/mailFolders/SentItems');
    expect(named.json).toMatchObject({ displayName: 'Sent Items', totalItemCount: 2, unreadItemCount: 0 });
    expect((await ask('GET', `/mailFolders/${named.json.id}`)).json.displayName).toBe('Sent Items');
    expect((await ask('GET', `/mailFolders/${named.json.id}/messages`)).json.value).toHaveLength(2);
    const all = await ask('GET', '/mailFolders?$top=20');
    expect(all.json.value.map(({ displayName }: { displayName: string }) => displayName)).toContain('Drafts');
    const inbox = await ask('GET', `/users/${ada}/mailFolders/inbox`);
    expect(inbox.json.unreadItemCount).toBe(2);
    expect((await ask('GET', '/mailFolders/nowhere')).code).toBe('ErrorItemNotFound');
    expect((await ask('POST', '/mailFolders', { body: {} })).status).toBe(405);
  });

  it('read-mark-is-kept-and-the-subject-of-received-mail-is-not-changed', async () => {
    const { ask } = await withSent(1);
    const place = `/users/${ada}/messages`;
    const { id } = (await ask('GET', place)).json.value[0];
    const changed = await ask('PATCH', `${place}/${id}`, { body: { isRead: true, categories: ['seen'] } });
    expect(changed.json).toMatchObject({ id, isRead: true, categories: ['seen'] });
    expect((await ask('GET', `/users/${ada}/mailFolders/inbox`)).json.unreadItemCount).toBe(0);
    expect((await ask('PATCH', `${place}/${id}`, { body: { subject: 'forged' } })).status).toBe(400);
  });
});

it('select-that-names-nothing-selects-everything', async () => {
  const { ask } = await withSent(1);
  for (const query of ['$select=', '$select=%20,', '$select=*'])
    expect((await ask('GET', `/users/${ada}/messages?${query}`)).json.value[0].subject).toEqual(expect.any(String));
});

describe('ids', () => {
  it('of-another-mailbox-or-of-nobody-lead-nowhere', async () => {
    const { ask } = await withSent(1);
    const { id } = (await ask('GET', `/users/${ada}/messages`)).json.value[0];
    expect((await ask('GET', `/messages/${id}`)).code).toBe('ErrorItemNotFound');
    expect((await ask('GET', '/messages/x')).code).toBe('ErrorInvalidIdMalformed');
    expect((await ask('GET', '/messages/AAMk0000000000')).code).toBe('ErrorItemNotFound');
    expect((await ask('GET', `/users/${ada}/messages/${id}/nothing`)).status).toBe(400);
    expect((await ask('PUT', `/users/${ada}/messages/${id}`)).status).toBe(405);
  });
});

it('where-bodies-are-not-kept-lists-and-searches-still-answer', async () => {
  const { ask } = mailUnderTest({}, 'none');
  await ask('POST', '/sendMail', { body: { message: jsonMessage({ internetMessageId: '<1@x>' }) } });
  const filter = encodeURIComponent("internetMessageId eq '<1@x>'");
  expect((await ask('GET', `/mailFolders/sentitems/messages?$filter=${filter}`)).json.value).toHaveLength(1);
});
