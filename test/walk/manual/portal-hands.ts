/**
 * What a person does in the portals where Mailroom does not: by Graph with the administrator's own sign-in, as the portal
 * itself works.
 */
import { randomUUID } from 'node:crypto';
import { Agent } from 'undici';
import { signInAsAdministrator } from '../../../src/microsoft/administrator-sign-in.ts';
import { DirectoryClient } from '../../../src/microsoft/directory-client.ts';
import { type Place, redirectUri } from './place.ts';

const graphAppId = '00000003-0000-0000-c000-000000000000';
const mailSend = 'b633e1c5-b582-4048-a93e-9f11b44c7e96';
const graph = 'https://graph.microsoft.com';

export interface PortalHands extends AsyncDisposable {
  /** App registrations > New registration. */
  register(): Promise<{ readonly objectId: string; readonly clientId: string }>;
  /** Certificates & secrets > New client secret; the value, and its end as the portal shows it. */
  newSecret(objectId: string): Promise<{ readonly value: string; readonly endsOn: string }>;
  /** API permissions > Add a permission > Microsoft Graph > Application permissions > Mail.Send. */
  addPermission(objectId: string): Promise<void>;
}

export async function portalHands({ tenant, admin }: Place): Promise<PortalHands> {
  const connections = new Agent({ connect: { ca: tenant.caPem } });
  const { token } = await signInAsAdministrator({
    login: tenant.origin,
    tenant: tenant.tenantId,
    clientId: '14d82eec-204b-4c2f-b7e8-296a70dab67e',
    scopes: [`${graph}/Application.ReadWrite.All`],
    connections,
    now: Date.now,
    show: () => undefined,
    openBrowser: async (url) => {
      await admin.accept(url);
    },
  });
  const directory = new DirectoryClient({ graph: tenant.origin, token, connections, newId: randomUUID });
  return {
    async register() {
      const made = await directory.createApplication({
        displayName: 'Mailroom',
        signInAudience: 'AzureADMyOrg',
        redirectUri,
      });
      await directory.createServicePrincipal(made.appId);
      return { objectId: made.id, clientId: made.appId };
    },
    async newSecret(objectId) {
      const end = new Date(Date.now() + 180 * 86_400_000).toISOString();
      const { secretText } = await directory.addPassword(objectId, 'Mailroom on this machine', end);
      return { value: secretText, endsOn: end.slice(0, 10) };
    },
    addPermission: (objectId) => directory.requireRole(objectId, graphAppId, mailSend),
    [Symbol.asyncDispose]: () => connections.close(),
  };
}
