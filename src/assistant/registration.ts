/** A connector as its app registration: tokens of the app itself, and what they say. */
import { decodeJwt } from 'jose';
import type { MicrosoftConnectorConfig } from '../config/schema.ts';
import { credentialOf } from '../connector-credential.ts';
import { cloudOf, connectionsOf } from '../connectors.ts';
import { FaultError } from '../domain/catalogue.ts';
import { TokenError } from '../microsoft/token-error.ts';
import { TokenSource } from '../microsoft/token-source.ts';

const permission = 'Mail.Send';

/** What a new token of the app says: an address or a page proves nothing. @throws FaultError `setup-impossible` */
async function claimsOf(connector: MicrosoftConnectorConfig) {
  const connections = connectionsOf(connector);
  const { login, graphResource: resource } = cloudOf(connector);
  const { tenantId: tenant, oauthClientId: clientId } = connector;
  const credential = credentialOf(connector);
  try {
    const source = { login, resource, tenant, clientId, credential, connections, now: Date.now };
    return decodeJwt(await new TokenSource(source).token());
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    throw new FaultError({ code: 'setup-impossible', text: `Entra gives no token: ${error.refusal.description}` });
  } finally {
    await connections.close();
  }
}

/** Whether the app may send by a permission that was granted in Entra. @throws FaultError `setup-impossible` */
export async function isGranted(connector: MicrosoftConnectorConfig): Promise<boolean> {
  const { roles } = await claimsOf(connector);
  return Array.isArray(roles) && roles.includes(permission);
}

/** The Object ID of the enterprise application; a person often takes that of the registration. @throws FaultError */
export async function enterpriseObjectId(connector: MicrosoftConnectorConfig): Promise<string> {
  const { oid } = await claimsOf(connector);
  if (typeof oid === 'string') return oid;
  throw new FaultError({ code: 'setup-impossible', text: 'The token does not say the Object ID of the app.' });
}
