/** @microsoft/msgraph-sdk: the generated client, with names in capitals and '@' escaped in paths. */
import assert from 'node:assert/strict';
import { ClientSecretCredential } from '@azure/identity';
import { AzureIdentityAuthenticationProvider } from '@microsoft/kiota-authentication-azure';
import { createGraphServiceClient, GraphRequestAdapter } from '@microsoft/msgraph-sdk';
import '@microsoft/msgraph-sdk-users';
import { surroundings } from '../surroundings.ts';

const { origin, tenantId, clientId, secret, sender } = surroundings(process.env);
const credential = new ClientSecretCredential(tenantId, clientId, secret, {
  authorityHost: origin,
  disableInstanceDiscovery: true,
});
const scopes = ['https://graph.microsoft.com/.default'];
// Without its own host, named without the port, it sends no token, silently.
const authentication = new AzureIdentityAuthenticationProvider(credential, scopes, undefined, new Set(['localhost']));
const adapter = new GraphRequestAdapter(authentication);
adapter.baseUrl = `${origin}/v1.0`;
const user = createGraphServiceClient(adapter).users.byUserId(sender);

await user.sendMail.post({
  message: {
    subject: 'By the SDK',
    body: { contentType: 'html', content: '<p>x</p>' },
    toRecipients: [{ emailAddress: { address: sender } }],
  },
  saveToSentItems: false,
});
const inbox = await user.mailFolders
  .byMailFolderId('inbox')
  .messages.get({ queryParameters: { filter: `subject eq 'By the SDK'`, select: ['subject', 'receivedDateTime'] } });
assert.deepEqual(
  inbox?.value?.map(({ subject }) => subject),
  ['By the SDK'],
);
assert.ok(inbox.value[0]?.receivedDateTime instanceof Date);

const draft = await user.messages.post({ subject: 'A draft', toRecipients: [{ emailAddress: { address: sender } }] });
assert.equal(draft?.isDraft, true);
await user.messages.byMessageId(draft.id ?? '').send.post();
assert.equal((await user.get())?.mail, sender);
const nobody = createGraphServiceClient(adapter).users.byUserId('nobody@contoso.example');
await assert.rejects(nobody.get(), (error: unknown) => Object(error).responseStatusCode === 404);
