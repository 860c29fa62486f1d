/** Runs the checks on a configured connector: for the command line and for a running server. */
import { randomUUID } from 'node:crypto';
import { promises as dns } from 'node:dns';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { exposedFiles } from './config/exposed-files.ts';
import type { Config, ConnectorConfig } from './config/schema.ts';
import { checkedConnector, connectionsOf } from './connectors.ts';
import type { Credential } from './microsoft/token-source.ts';
import { allChecks } from './setup/checks/all-checks.ts';
import type { CheckFindings, CheckWishes, LastAsked } from './setup/checks/check.ts';
import { CheckHistory, checkHistoryFile } from './setup/checks/check-history.ts';
import type { OpenFile } from './setup/checks/private-files.ts';
import { type CheckReport, runChecks } from './setup/checks/run-checks.ts';
import { checkSmartHost } from './setup/checks/smart-host.ts';
import type { Cmdlets } from './setup/limit/run-plan.ts';
import { fileRights } from './vault/file-rights.ts';

/** The checks of a running server: nothing is sent, and no mailbox but the system account is asked for. */
export function checkByName(config: Config, name: string, now: () => number): Promise<readonly CheckReport[]> {
  const connector = config.connectors.find((each) => each.name === name);
  if (!connector) return Promise.resolve([]);
  const wishes = { send: false, forbidden: config.observe.forbiddenMailboxes };
  return checkConnectorOnce(connector, wishes, { now, ...knownBefore(config, name) });
}

/** What is known on this machine before anybody is asked: files that are open to others, and what Exchange said last. */
export function knownBefore(config: Config, connector: string): Pick<CheckRunOptions, 'openFiles' | 'lastAsked'> {
  return { openFiles: exposedFiles(config, fileRights), lastAsked: readLastAsked(config, connector) };
}

/** Whoever may not read the history may still look at everything else. */
function readLastAsked({ dataDir }: Config, connector: string): LastAsked | undefined {
  try {
    return new CheckHistory(checkHistoryFile(dataDir)).lastAsked(connector);
  } catch {
    return undefined;
  }
}

/** @returns why Entra gives no token for the credential that the connector has, in a sentence; undefined when it does */
export async function whyNoToken(connector: ConnectorConfig): Promise<string | undefined> {
  const only = ['proxy', 'hosts', 'clock', 'tenant', 'app', 'credential'];
  const reports = await checkConnectorOnce(connector, { send: false, forbidden: [] }, { only });
  const bad = reports.find(({ state }) => state === 'fail' || state === 'unknown');
  return bad && `${bad.evidence[0] ?? bad.statement} ${bad.remedy ?? ''}`.trim();
}

export interface CheckRunOptions {
  /** Ids of the only checks to run. */
  readonly only?: readonly string[] | undefined;
  /** Called after each check. */
  readonly told?: (report: CheckReport) => void;
  readonly signal?: AbortSignal;
  /** In place of the connector's own: one that is to be proven. */
  readonly credential?: Credential;
  /** ms since the epoch; the clock of this machine without it. */
  readonly now?: () => number;
  /** Cmdlets of Exchange, by an administrator who is signed in. */
  readonly exchange?: Cmdlets;
  /** Files of the configuration that others may read; without it nobody has looked. */
  readonly openFiles?: readonly OpenFile[] | undefined;
  /** Filled with what the checks learn, for a caller that wants more than their states. */
  readonly findings?: CheckFindings;
  /** What Exchange said when an administrator was signed in before. */
  readonly lastAsked?: LastAsked | undefined;
}

/** @throws the system's error when a certificate or CA file cannot be read */
export async function checkConnectorOnce(
  connector: ConnectorConfig,
  wishes: CheckWishes,
  {
    only,
    told,
    signal,
    credential,
    exchange,
    openFiles,
    lastAsked,
    findings = {},
    now = Date.now,
  }: CheckRunOptions = {},
): Promise<readonly CheckReport[]> {
  if (connector.kind === 'smtp') {
    const { host, port, tls, auth, caFile } = connector;
    const reports = await checkSmartHost(
      {
        host,
        port,
        tls,
        ...(auth ? { auth: { login: auth.login, password: auth.password.reveal() } } : {}),
        ...(caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8') }),
      },
      openFiles,
      told,
    );
    return reports.filter(({ id }) => only?.includes(id) ?? true);
  }
  const connections = connectionsOf(connector);
  try {
    return await runChecks(
      allChecks.filter(({ id }) => only?.includes(id) ?? true),
      {
        connector: { ...checkedConnector(connector), ...(credential ? { credential } : {}) },
        wishes,
        findings,
        connections,
        dns,
        now,
        newId: randomUUID,
        pause: (ms) => pause(ms),
        ...(exchange ? { exchange } : {}),
        ...(openFiles ? { openFiles } : {}),
        ...(lastAsked ? { lastAsked } : {}),
        ...(signal ? { signal } : {}),
      },
      told,
    );
  } finally {
    await connections.close();
  }
}
