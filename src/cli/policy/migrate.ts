/** `mailroom policy migrate`: from an access policy to RBAC for Applications, step by step, each proven, each reversible. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { checkConnectorOnce } from '../../check-connector.ts';
import type { MicrosoftConnectorConfig } from '../../config/schema.ts';
import { cloudOf, connectionsOf } from '../../connectors.ts';
import { graphCommandLineTools } from '../../microsoft/administrator-sign-in.ts';
import { DirectoryClient, DirectoryError } from '../../microsoft/directory-client.ts';
import { graphAppId, mailSendRoleId } from '../../setup/automatic/steps.ts';
import {
  type GraphProof,
  type MigrationEvent,
  type MigrationParts,
  type MigrationRecord,
  migrateLimit,
  undoMigration,
} from '../../setup/limit/migrate-limit.ts';
import { writeWhole } from '../../vault/write-whole.ts';
import { administrator, agrees } from '../administrator.ts';
import { type CommandContext, readConfig } from '../context.ts';
import { CommandError } from '../exit-codes.ts';
import { type ExchangeSessionOptions, withExchange } from './exchange-session.ts';
import { type PlannedLimit, type PolicyOptions, planOf, planText } from './planned-limit.ts';

export interface MigrateOptions extends PolicyOptions, ExchangeSessionOptions {
  readonly settle: number;
  readonly wait?: boolean;
  readonly undo?: boolean;
  readonly yes?: boolean;
  readonly graphSignInClient: string;
}

const minuteMs = 60_000;

const order = [
  '',
  '1. The role is given in Exchange, beside what stands. 2. Two hours go by: Graph may take so long to honour it.',
  '3. Mail.Send is withdrawn in Entra, and Graph is asked with a new token; what does not prove itself is taken back.',
  '4. Once the last older token has ended (95 minutes), the access policy is removed. Mail goes out all the while.',
  'Run it again to go on where it stopped.',
  '',
].join('\n');

export function migrateOptions(command: Command): Command {
  return command
    .option('--settle <minutes>', 'how long Graph is given to honour the role', minutes, 120)
    .option('--wait', 'wait for that here, and go on (asks to sign in again then)')
    .option('--undo', 'take it back, from wherever it stands')
    .option('--yes', 'do not ask before changes')
    .option('--graph-sign-in-client <guid>', 'public client to sign in to Graph with', graphCommandLineTools)
    .addHelpText('after', `${order}\nExample:\n  mailroom policy migrate --forbidden ceo@contoso.com --wait`);
}

function minutes(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1440)) throw new InvalidArgumentError('It must be a number of minutes, up to 1440.');
  return value;
}

export async function migrate(context: CommandContext, given: MigrateOptions): Promise<void> {
  const { out } = context;
  const options: MigrateOptions = { ...given, way: 'rbac' };
  const planned = await planOf(context, options);
  const { connector } = planned;
  if (!connector) throw new CommandError('usage', 'Name a configuration with a connector: the proof is made with it.');
  const { config } = readConfig(context, options);
  const record = recordIn(join(config.dataDir, `policy-migration-${connector.name}.json`));
  out.write(planText(planned.plan));
  out.write(options.undo ? 'It is taken back.\n' : `${order}\n`);
  if (!options.yes && !(await agrees(context))) throw new CommandError('bad', 'Nothing was changed.');
  for (;;) {
    const until = await once(context, options, planned, connector, record);
    if (until === undefined) return;
    const at = new Date(until).toISOString().slice(0, 16).replace('T', ' ');
    if (!options.wait) return out.write(`Run this again after ${at} UTC: it goes on there. Mail goes out as before.\n`);
    out.write(`Waiting until ${at} UTC. Mail goes out as before.\n`);
    await pause(Math.max(0, until - Date.now()));
  }
}

/** One session with Exchange. Until when to wait; undefined when it has ended. */
async function once(
  context: CommandContext,
  options: MigrateOptions,
  planned: PlannedLimit,
  connector: MicrosoftConnectorConfig,
  record: MigrationParts['record'],
): Promise<number | undefined> {
  const { out } = context;
  let until: number | undefined;
  await withExchange(context, options, planned, async (exchange) => {
    const parts: MigrationParts = {
      clientId: planned.clientId,
      role: planned.plan,
      exchange,
      consent: consentOf(context, options, connector),
      prove: () => proveByGraph(connector, options.mailbox ?? [connector.userName], options.forbidden),
      record,
      now: Date.now,
      settleMs: options.settle * minuteMs,
      waitMs: 0,
      told: (event) => out.write(`  ${textOf(event)}\n`),
    };
    if (options.undo) return undoMigration(parts);
    const end = await migrateLimit(parts);
    if (end.kind === 'waiting') until = end.until;
    if (end.kind === 'taken-back')
      throw new CommandError('bad', `It was taken back, and mail goes out as before: ${end.why}`);
    if (end.kind === 'done') out.write('Done: the role alone limits the app now.\n');
  });
  return until;
}

function textOf(event: MigrationEvent): string {
  if (event.kind !== 'plan') return `${event.kind === 'waits' ? '...   ' : 'yes   '}${event.sentence}`;
  const { event: step } = event;
  if (step.kind === 'waits') return `...   ${step.why} Asked again in ten seconds.`;
  return `yes   ${step.step.purpose}${step.kind === 'done-before' ? ' (done before)' : ''}`;
}

/** What Graph answers with a token made now; nothing is sent. */
export async function proveByGraph(
  connector: MicrosoftConnectorConfig,
  mailboxes: readonly string[],
  forbidden: string | undefined,
  now: () => number = Date.now,
): Promise<GraphProof> {
  const only = ['app', 'credential', 'roles', 'mailbox', ...(forbidden === undefined ? [] : ['forbidden-mailbox'])];
  const evidence: string[] = [];
  let [hasConsent, isAllowed, isRefused]: [boolean, boolean, boolean | undefined] = [false, true, undefined];
  for (const userName of mailboxes) {
    const wishes = { send: false, forbidden: forbidden === undefined ? [] : [forbidden] };
    const reports = await checkConnectorOnce({ ...connector, userName }, wishes, { only, now });
    const stateOf = (id: string) => reports.find((report) => report.id === id)?.state;
    hasConsent ||= stateOf('roles') === 'pass';
    isAllowed &&= stateOf('mailbox') === 'pass';
    if (forbidden !== undefined && stateOf('mailbox') === 'pass') isRefused = stateOf('forbidden-mailbox') === 'pass';
    evidence.push(
      ...reports.filter(({ id }) => id.endsWith('mailbox')).flatMap((report) => report.evidence.slice(0, 1)),
    );
  }
  return { hasConsent, isAllowed, isRefused, evidence };
}

/** Mail.Send in Entra, by an administrator who signs in when it is needed. */
function consentOf(context: CommandContext, options: MigrateOptions, connector: MicrosoftConnectorConfig) {
  let signedIn: Promise<string> | undefined;
  const { login, graphResource, graph } = cloudOf(connector);
  const using = async <T>(
    work: (directory: DirectoryClient, app: string, resource: string) => Promise<T>,
  ): Promise<T> => {
    const connections = connectionsOf(connector);
    const scopes = ['AppRoleAssignment.ReadWrite.All', 'Application.Read.All'];
    try {
      signedIn ??= administrator(context, {
        login,
        tenant: connector.tenantId,
        clientId: options.graphSignInClient,
        scopes: scopes.map((scope) => `${graphResource}/${scope}`),
        connections,
      }).then(({ token }) => token);
      const directory = new DirectoryClient({ graph, token: await signedIn, connections, newId: randomUUID });
      const app = await directory.servicePrincipalOf(connector.oauthClientId);
      const resource = await directory.servicePrincipalOf(graphAppId);
      if (!app || !resource) throw new CommandError('unavailable', 'The directory does not know the app or Graph.');
      return await work(directory, app.id, resource.id);
    } catch (error) {
      if (!(error instanceof DirectoryError)) throw error;
      const who = error.status === 403 ? ' A Privileged Role Administrator or Global Administrator can.' : '';
      throw new CommandError(error.status === 403 ? 'noPermission' : 'unavailable', `${error.message}${who}`);
    } finally {
      await connections.close();
    }
  };
  return {
    isGiven: () =>
      using(
        async (directory, app, resource) => (await directory.roleGrant(app, resource, mailSendRoleId)) !== undefined,
      ),
    withdraw: () => using((directory, app, resource) => directory.withdrawRole(app, resource, mailSendRoleId)),
    give: () =>
      using(async (directory, app, resource) => void (await directory.grantRole(app, resource, mailSendRoleId))),
  };
}

const recordSchema = z.object({
  roleGivenAt: z.number().optional(),
  consentWithdrawnAt: z.number().optional(),
  roleProvenAt: z.number().optional(),
  removedPolicies: z.array(z.object({ accessRight: z.string(), scope: z.string() })).optional(),
  doneAt: z.number().optional(),
});

function recordIn(file: string): MigrationParts['record'] {
  return {
    read(): MigrationRecord {
      if (!existsSync(file)) return {};
      const { roleGivenAt, consentWithdrawnAt, roleProvenAt, removedPolicies, doneAt } = recordSchema.parse(
        JSON.parse(readFileSync(file, 'utf8')),
      );
      return {
        ...(roleGivenAt === undefined ? {} : { roleGivenAt }),
        ...(consentWithdrawnAt === undefined ? {} : { consentWithdrawnAt }),
        ...(roleProvenAt === undefined ? {} : { roleProvenAt }),
        ...(removedPolicies === undefined ? {} : { removedPolicies }),
        ...(doneAt === undefined ? {} : { doneAt }),
      };
    },
    write(next) {
      // The server may not have run here yet.
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      writeWhole(file, `${JSON.stringify(next, undefined, 2)}\n`);
    },
  };
}
