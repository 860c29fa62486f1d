/** From an access policy to RBAC for Applications by an administrator's sign-in: as far as it goes now, and on from there later. */
import type { MigrationOrder, MigrationView } from '../admin/http/assistant-port.ts';
import type { MicrosoftConnectorConfig } from '../config/schema.ts';
import { cloudOf, connectionsOf } from '../connectors.ts';
import { graphCommandLineTools } from '../microsoft/administrator-sign-in.ts';
import { DirectoryError } from '../microsoft/directory-client.ts';
import { type MigrationEvent, type MigrationParts, migrateLimit, undoMigration } from '../setup/limit/migrate-limit.ts';
import { administrator, type SignInParts } from './administrator.ts';
import { consentInEntra, consentScopes } from './consent-in-entra.ts';
import { withExchange } from './exchange-session.ts';
import { proveByGraph } from './graph-proof.ts';
import type { JobTold } from './jobs.ts';
import { planFor, tellStep } from './limit-job.ts';
import { migrationRecordOf } from './migration-record.ts';

const minuteMs = 60_000;

/** @throws Error in one sentence; what is done stays done and on record */
export async function runMigration(
  connector: MicrosoftConnectorConfig,
  order: MigrationOrder,
  dataDir: string,
  parts: SignInParts,
): Promise<void> {
  const { told } = parts;
  const role = await planFor(connector, { ...order, way: 'rbac', denies: false });
  const record = migrationRecordOf(dataDir, connector.name);
  try {
    await withExchange(connector, parts, async (exchange) => {
      const migration: MigrationParts = {
        clientId: connector.oauthClientId,
        role,
        exchange,
        consent: consentInEntra(connector, graphToken(connector, parts)),
        prove: () => proveByGraph(connector, order.mailboxes, order.forbidden),
        record,
        now: Date.now,
        settleMs: order.settleMinutes * minuteMs,
        waitMs: 0,
        told: (event) => tell(told, event),
      };
      if (order.back) return undoMigration(migration);
      const end = await migrateLimit(migration);
      if (end.kind === 'taken-back') throw new Error(`It was taken back, and mail goes out as before: ${end.why}`);
      if (end.kind === 'done') return told.line('yes', 'The role alone limits the app now.', { row: 'M10' });
      record.write({ ...record.read(), goesOnAt: end.until });
      const at = new Date(end.until).toISOString().slice(0, 16).replace('T', ' ');
      return told.line('waits', `Begin it again after ${at} UTC, and it goes on there. Mail goes out as before.`);
    });
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error;
    const who = error.status === 403 ? ' A Privileged Role Administrator or Global Administrator can.' : '';
    throw new Error(`${error.message}${who}`, { cause: error });
  }
}

/** How far it has come, without asking anybody. */
export function migrationView(dataDir: string, connector: string): MigrationView {
  const { removedPolicies = [], ...times } = migrationRecordOf(dataDir, connector).read();
  return { ...times, removedPolicies: removedPolicies.map(({ scope }) => scope) };
}

/** Another sign-in than that for Exchange: one token is for one service. */
function graphToken(connector: MicrosoftConnectorConfig, parts: SignInParts): () => Promise<string> {
  const { login, graphResource } = cloudOf(connector);
  let signedIn: Promise<string> | undefined;
  const signIn = async () => {
    const connections = connectionsOf(connector);
    try {
      parts.told.line('info', 'Entra wants a sign-in of its own, for the consent.');
      const scopes = consentScopes.map((scope) => `${graphResource}/${scope}`);
      const options = { login, tenant: connector.tenantId, clientId: graphCommandLineTools, scopes, connections };
      return (await administrator(options, parts)).token;
    } finally {
      await connections.close();
    }
  };
  return () => {
    signedIn ??= signIn();
    return signedIn;
  };
}

function tell(told: JobTold, event: MigrationEvent): void {
  if (event.kind === 'plan') return tellStep(told, event.event);
  told.line(event.kind === 'waits' ? 'waits' : 'yes', event.sentence, { row: 'M10' });
}
