/** @microsoft/microsoft-graph-client: mail in both forms, applications, filters, errors, and a large upload. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Client, FileUpload, GraphError, LargeFileUploadTask } from '@microsoft/microsoft-graph-client';
import { appToken, control, surroundings } from '../surroundings.ts';

const given = surroundings(process.env);
const { origin, sender } = given;

const client = Client.initWithMiddleware({
  authProvider: { getAccessToken: () => appToken(given) },
  baseUrl: `${origin}/`,
  // Without its own host among these it sends no token, silently.
  customHosts: new Set(['localhost']),
});

const toRecipients = [{ emailAddress: { address: sender } }];
await client
  .api(`/users/${sender}/sendMail`)
  .post({ message: { subject: 'JSON', toRecipients }, saveToSentItems: 'false' });
const mime = Buffer.from(`From: ${sender}\r\nTo: ${sender}\r\nSubject: MIME\r\n\r\ntext\r\n`).toString('base64');
await client.api(`/users/${sender}/sendMail`).header('content-type', 'text/plain').post(mime);
const inbox = await client.api(`/users/${sender}/mailFolders/inbox/messages`).select('subject').get();
assert.deepEqual(new Set(inbox.value.map(({ subject }: { subject: string }) => subject)), new Set(['JSON', 'MIME']));

const made = await client.api('/applications').post({ displayName: 'Made by a judge' });
const password = await client
  .api(`/applications/${made.id}/addPassword`)
  .post({ passwordCredential: { displayName: 'x' } });
assert.ok(password.secretText);
const found = await client.api('/applications').filter(`appId eq '${made.appId}'`).select('id,appId').get();
assert.deepEqual(found.value, [{ id: made.id, appId: made.appId }]);
await assert.rejects(client.api('/users/nobody@contoso.example').get(), (error: unknown) => {
  assert.ok(error instanceof GraphError);
  return error.statusCode === 404 && error.code === 'Request_ResourceNotFound';
});

// Refused twice for a while, and sent once: the client waits as it was told.
for (const status of [429, 503]) {
  const action = { kind: 'answer', status, retryAfterSeconds: 1 };
  await control(given, 'POST', 'faults', { endpoint: 'sendMail', times: 1, action });
}
await client.api(`/users/${sender}/sendMail`).post({ message: { subject: 'Retried', toRecipients } });
const retried = await client.api(`/users/${sender}/mailFolders/inbox/messages`).filter(`subject eq 'Retried'`).get();
assert.equal(retried.value.length, 1);
const requests: { endpoint: string; status: number }[] = Object(await control(given, 'GET', 'requests'));
const sends = requests.filter(({ endpoint }) => endpoint === 'sendMail').map(({ status }) => status);
assert.deepEqual(sends.slice(-3), [429, 503, 202]);

const draft = await client.api(`/users/${sender}/messages`).post({ subject: 'Large', toRecipients });
const content = randomBytes(10 * 1024 * 1024);
const session = await LargeFileUploadTask.createUploadSession(
  client,
  `/users/${sender}/messages/${draft.id}/attachments/createUploadSession`,
  { AttachmentItem: { attachmentType: 'file', name: 'large.bin', size: content.length } },
);
const bytes = new Uint8Array(content).buffer;
const upload = new LargeFileUploadTask(client, new FileUpload(bytes, 'large.bin', content.length), session, {
  rangeSize: 3 * 1024 * 1024,
});
await upload.upload();
const attachments = await client.api(`/users/${sender}/messages/${draft.id}/attachments`).get();
assert.ok(Buffer.from(attachments.value[0].contentBytes, 'base64').equals(content));
await client.api(`/users/${sender}/messages/${draft.id}/send`).post({});
