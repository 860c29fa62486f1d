/** `mailroom policy migrate`: from an access policy to RBAC for Applications, step by step, each proven, each reversible. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { consentInEntra, consentScopes } from '../../assistant/consent-in-entra.ts';
import { proveByGraph } from '../../assistant/graph-proof.ts';
import { migrationRecordOf } from '../../assistant/migration-record.ts';
import type { MicrosoftConnectorConfig } from '../../config/schema.ts';
import { cloudOf, connectionsOf, keepsDrafts, mailboxesOfApp } from '../../connectors.ts';
import { graphCommandLineTools } from '../../microsoft/administrator-sign-in.ts';
import { DirectoryError } from '../../microsoft/directory-client.ts';
import {
  type MigrationEnd,
  type MigrationEvent,
  type MigrationParts,
  migrateLimit,
  undoMigration,
} from '../../setup/limit/migrate-limit.ts';
import { administrator, agrees } from '../administrator.ts';
import { chosenRegistration } from '../chosen-connector.ts';
import { type CommandContext, forPeople, readConfig } from '../context.ts';
import { CommandError } from '../exit-codes.ts';
import { minutes } from '../time-options.ts';
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

export async function migrate(stdout: CommandContext, given: MigrateOptions): Promise<void> {
  const context = forPeople(stdout, given);
  const { out } = context;
  const { config } = readConfig(context, given);
  const { oauthClientId } = chosenRegistration(config, given.connector);
  // What the configuration sends as must not be left behind, whatever else is named.
  const used = mailboxesOfApp(config, oauthClientId);
  const mailbox = [...used, ...(given.mailbox ?? []).filter((each) => !used.includes(each))];
  const forbidden = given.forbidden ?? config.observe.forbiddenMailboxes[0];
  if (forbidden === undefined)
    throw new CommandError(
      'usage',
      'Name a mailbox that the app must not use (--forbidden): each step is proven by one that is refused, too.',
    );
  const options = { ...given, way: 'rbac' as const, mailbox, forbidden };
  const planned = await planOf(context, options);
  if (!planned.connector)
    throw new CommandError('usage', 'Name a configuration with a connector: the proof is made with it.');
  // The permissions are those of the app: another connector of it may be the one that keeps drafts.
  const connector =
    planned.connector.kind === 'graph' && keepsDrafts(config, oauthClientId)
      ? { ...planned.connector, largeMessages: 'upload' as const }
      : planned.connector;
  const record = migrationRecordOf(config.dataDir, connector.name);
  out.write(planText(planned.plan));
  out.write(options.undo ? 'It is taken back.\n' : `${order}\n`);
  if (!options.yes && !(await agrees(context))) throw new CommandError('bad', 'Nothing was changed.');
  const events: MigrationLine[] = [];
  const answer = (state: 'done' | 'undone' | 'waiting' | 'taken-back', more: object = {}) => {
    if (given.json) stdout.out.write(`${JSON.stringify({ connector: connector.name, state, ...more, events })}\n`);
  };
  for (;;) {
    const end = await once(context, options, planned, connector, record, events).catch((error: unknown) => {
      throw explained(error);
    });
    if (end?.kind === 'taken-back') {
      answer('taken-back', { why: end.why });
      throw new CommandError('bad', `It was taken back, and mail goes out as before: ${end.why}`);
    }
    if (end?.kind !== 'waiting') return answer(end ? 'done' : 'undone');
    const { until } = end;
    const at = new Date(until).toISOString().slice(0, 16).replace('T', ' ');
    if (!options.wait) {
      out.write(`Run this again after ${at} UTC: it goes on there. Mail goes out as before.\n`);
      return answer('waiting', { until: new Date(until).toISOString() });
    }
    out.write(`Waiting until ${at} UTC. Mail goes out as before.\n`);
    await pause(Math.max(0, until - Date.now()));
  }
}

interface MigrationLine {
  readonly kind: 'done' | 'waits';
  readonly sentence: string;
}

/** One session with Exchange. How it ended; undefined when it was to be undone. */
async function once(
  context: CommandContext,
  options: MigrateOptions & { readonly mailbox: string[] },
  planned: PlannedLimit,
  connector: MicrosoftConnectorConfig,
  record: MigrationParts['record'],
  events: MigrationLine[],
): Promise<MigrationEnd | undefined> {
  const { out } = context;
  let end: MigrationEnd | undefined;
  await withExchange(context, options, planned, async (exchange) => {
    const parts: MigrationParts = {
      clientId: planned.clientId,
      role: planned.plan,
      exchange,
      consent: consentInEntra(connector, consentToken(context, options, connector)),
      prove: () => proveByGraph(connector, options.mailbox, options.forbidden),
      record,
      now: Date.now,
      settleMs: options.settle * minuteMs,
      waitMs: 0,
      told: (event) => {
        const line = lineOf(event);
        events.push(line);
        out.write(`  ${line.kind === 'waits' ? '...' : 'yes'}   ${line.sentence}\n`);
      },
    };
    if (options.undo) return undoMigration(parts);
    end = await migrateLimit(parts);
    if (end.kind === 'done') out.write('Done: the role alone limits the app now.\n');
  });
  return end;
}

function lineOf(event: MigrationEvent): MigrationLine {
  if (event.kind !== 'plan') return { kind: event.kind === 'waits' ? 'waits' : 'done', sentence: event.sentence };
  const { event: step } = event;
  if (step.kind === 'waits') return { kind: 'waits', sentence: step.why };
  return { kind: 'done', sentence: `${step.step.purpose}${step.kind === 'done-before' ? ' (done before)' : ''}` };
}

/** The token of an administrator who signs in when it is first needed. */
function consentToken(
  context: CommandContext,
  options: MigrateOptions,
  connector: MicrosoftConnectorConfig,
): () => Promise<string> {
  let signedIn: Promise<string> | undefined;
  const { login, graphResource } = cloudOf(connector);
  const signIn = async () => {
    const connections = connectionsOf(connector);
    try {
      const { token } = await administrator(context, {
        login,
        tenant: connector.tenantId,
        clientId: options.graphSignInClient,
        browser: options.browser,
        scopes: consentScopes.map((scope) => `${graphResource}/${scope}`),
        connections,
      });
      return token;
    } finally {
      await connections.close();
    }
  };
  return () => {
    signedIn ??= signIn();
    return signedIn;
  };
}

function explained(error: unknown): unknown {
  if (!(error instanceof DirectoryError)) return error;
  const who = error.status === 403 ? ' A Privileged Role Administrator or Global Administrator can.' : '';
  return new CommandError(error.status === 403 ? 'noPermission' : 'unavailable', `${error.message}${who}`);
}
