/** Walks the mail part once as a client would, so that each kind of its answers is held against the schema of Graph. */
import { describe, expect, it } from 'vitest';
import { ada, jsonMessage, mailUnderTest } from '../../practice-tenant/graph/mail/mail-under-test.sample.ts';
import { lineage, readGraphSchema } from './schema.ts';

describe('answers of mail fit the schema that Microsoft publishes', () => {
  const contentBytes = Buffer.from('hello').toString('base64');
  const item = { '@odata.type': '#microsoft.graph.message', ...jsonMessage({ subject: 'within' }) };
  const attachments = [
    { '@odata.type': '#microsoft.graph.fileAttachment', name: 'a.txt', contentType: 'text/plain', contentBytes },
    { '@odata.type': '#microsoft.graph.itemAttachment', name: 'inner', item },
  ];
  const internetMessageHeaders = [{ name: 'x-own', value: '1' }];
  const body = jsonMessage({ attachments, internetMessageHeaders, flag: { flagStatus: 'flagged' }, categories: ['a'] });

  it('drafts-sent-and-received-messages', async () => {
    const { ask } = mailUnderTest();
    const draft = await ask('POST', '/messages', { body });
    await ask('POST', `/messages/${draft.json.id}/send`);
    for (const path of ['/messages', `/users/${ada}/mailFolders/inbox/messages`]) {
      const query = '$expand=attachments&$select=body,internetMessageHeaders,uniqueBody,from,sender,toRecipients,flag';
      expect((await ask('GET', path)).json.value).toHaveLength(1);
      expect((await ask('GET', `${path}?${query}`)).json.value[0].attachments).toHaveLength(2);
    }
  });

  it('attachments-folders-and-upload-sessions', async () => {
    const { ask, upload } = mailUnderTest();
    const { id } = (await ask('POST', '/messages', { body })).json;
    const place = `/messages/${id}/attachments`;
    const listed = await ask('GET', place);
    const query = '$expand=microsoft.graph.itemattachment/item';
    expect((await ask('GET', `${place}/${listed.json.value[1].id}?${query}`)).json.item.subject).toBe('within');
    expect((await ask('GET', '/mailFolders')).json.value.length).toBeGreaterThan(2);
    const AttachmentItem = { attachmentType: 'file', name: 'b', size: 3_000_000 };
    const session = await ask('POST', `${place}/createUploadSession`, { body: { AttachmentItem } });
    expect((await upload('GET', session.json.uploadUrl)).status).toBe(200);
  });

  it('every-property-of-the-schema-is-taken-in-a-request', async () => {
    const { ask } = mailUnderTest();
    const names = lineage(readGraphSchema(), 'message').flatMap(({ type }) =>
      Object.keys({ ...type.properties, ...type.navigation }),
    );
    expect(names.length).toBeGreaterThan(30);
    for (const name of names) {
      const answer = await ask('POST', '/sendMail', { body: { message: { ...jsonMessage(), [name]: null } } });
      // Without recipients it is refused for that, and for nothing else.
      expect([name, answer.status]).toEqual([name, name === 'toRecipients' ? 400 : 202]);
    }
  });
});
