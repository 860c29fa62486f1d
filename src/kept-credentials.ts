/** The credentials of the configured connectors as they are looked after: by a running server and by the command line. */
import { randomUUID } from 'node:crypto';
import type { ConnectorConfig, MicrosoftConnectorConfig } from './config/schema.ts';
import { credentialOf, keepingOf, renewedCredential } from './connector-credential.ts';
import { cloudOf, connectionsOf } from './connectors.ts';
import { DirectoryClient } from './microsoft/directory-client.ts';
import { TokenSource } from './microsoft/token-source.ts';
import type { KeptCredential } from './setup/renewal/credential-status.ts';
import { type RenewableCredential, registrationByApp } from './setup/renewal/registration.ts';

/** @param now ms since the epoch */
export function keptCredentials(connectors: readonly ConnectorConfig[], now: () => number): readonly KeptCredential[] {
  return connectors.flatMap((connector) => (connector.kind === 'smtp' ? [] : [keptCredential(connector, now)]));
}

/** @param now ms since the epoch */
export function keptCredential(connector: MicrosoftConnectorConfig, now: () => number): KeptCredential {
  const { renewal } = connector;
  return {
    connector: connector.name,
    rules: {
      automatic: renewal.automatic,
      beforeMs: renewal.before,
      days: renewal.days,
      removeAfterMs: renewal.removeAfter,
      endsAt: renewal.endsOn,
      objectId: renewal.objectId,
    },
    credential: () => credentialOf(connector),
    keeping: keepingOf(connector),
    async asApp(objectId, use) {
      const cloud = cloudOf(connector);
      const { tenantId: tenant, oauthClientId: clientId } = connector;
      const connections = connectionsOf(connector);
      try {
        const { login, graph, graphResource: resource } = cloud;
        const credential = renewedCredential(connector);
        const token = await new TokenSource({
          login,
          resource,
          tenant,
          clientId,
          credential,
          connections,
          now,
        }).token();
        const directory = new DirectoryClient({ graph, token, connections, newId: randomUUID });
        const certificate = () => {
          const current = credentialOf(connector);
          return current.kind === 'certificate' ? current : undefined;
        };
        return await use(registrationByApp({ directory, clientId, objectId, certificate, now }));
      } finally {
        await connections.close();
      }
    },
    prove: (credential) => proveCredential(connector, credential, { send: true, now }),
  };
}

/**
 * By a token, by what Graph lets the app do, and by a message where that is wished.
 * @returns a sentence when it is not proven (yet)
 */
export async function proveCredential(
  connector: MicrosoftConnectorConfig,
  credential: RenewableCredential,
  { send, now }: { readonly send: boolean; readonly now: () => number },
): Promise<string | undefined> {
  const { proofTo: sendTo } = connector.renewal;
  // A check that does not belong to the kind of connector is left out by itself.
  const bySending = ['roles', 'mailbox', 'smtp-sign-in', ...(send ? ['send', 'smtp-send'] : [])];
  const only = ['hosts', 'clock', 'tenant', 'credential', ...bySending];
  const wishes = { send, forbidden: [], ...(sendTo === undefined ? {} : { sendTo }) };
  const { checkConnectorOnce } = await import('./check-connector.ts');
  const reports = await checkConnectorOnce(connector, wishes, { only, credential, now });
  const bad = reports.find(({ state }) => state === 'fail' || state === 'unknown');
  return bad && (bad.evidence[0] ?? bad.statement);
}
