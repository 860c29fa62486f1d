/** Runs every check on a configured connector: for the command line and for the console. */
import { randomUUID } from 'node:crypto';
import type { ConnectorConfig } from './config/schema.ts';
import { cloudOf, connectionsOf, credentialOf } from './connectors.ts';
import { allChecks } from './setup/checks/all-checks.ts';
import type { CheckWishes } from './setup/checks/check.ts';
import { type CheckReport, runChecks } from './setup/checks/run-checks.ts';

/**
 * @param now ms since the epoch
 * @param told called after each check
 * @throws the system's error when a certificate or CA file cannot be read
 */
export async function checkConnector(
  connector: ConnectorConfig,
  wishes: CheckWishes,
  now: () => number,
  told: (report: CheckReport) => void,
  signal?: AbortSignal,
): Promise<readonly CheckReport[]> {
  const connections = connectionsOf(connector);
  try {
    return await runChecks(
      allChecks,
      {
        connector: {
          name: connector.name,
          cloud: cloudOf(connector),
          tenantId: connector.tenantId,
          clientId: connector.oauthClientId,
          userName: connector.userName,
          credential: credentialOf(connector),
          readsSentItems: connector.readSentItems,
        },
        wishes,
        findings: {},
        connections,
        now,
        newId: randomUUID,
        ...(signal ? { signal } : {}),
      },
      told,
    );
  } finally {
    await connections.close();
  }
}
