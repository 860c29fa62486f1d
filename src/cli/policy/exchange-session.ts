/** An administrator's session with Exchange Online for one command. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { connectionsOf } from '../../connectors.ts';
import { exchangePowerShell } from '../../microsoft/administrator-sign-in.ts';
import { clouds, cloudWith } from '../../microsoft/clouds.ts';
import type { Connections } from '../../microsoft/connections.ts';
import { CmdletRefusal, ExchangeAdminClient } from '../../microsoft/exchange-admin-client.ts';
import type { PlanParts } from '../../setup/limit/run-plan.ts';
import { administrator, connectionsTrusting } from '../administrator.ts';
import type { CommandContext } from '../context.ts';
import { CommandError } from '../exit-codes.ts';
import type { PlannedLimit } from './planned-limit.ts';

export interface ExchangeSessionOptions {
  readonly tenant?: string;
  readonly login?: string;
  readonly exchange?: string;
  readonly caFile?: string;
  readonly signInClient?: string;
  readonly browser?: boolean;
}

/** Signs in, and calls `work` with what runs cmdlets. @throws CommandError in words for people */
export async function withExchange(
  context: CommandContext,
  options: ExchangeSessionOptions,
  { connector, cloudName }: Pick<PlannedLimit, 'connector' | 'cloudName'>,
  work: (parts: PlanParts) => Promise<void>,
): Promise<void> {
  const custom = typeof connector?.cloud === 'object' ? connector.cloud.custom : undefined;
  const tenant = options.tenant ?? connector?.tenantId;
  if (tenant === undefined) throw new CommandError('usage', 'Name --tenant, or a configuration with a connector.');
  const login = options.login ?? custom?.login;
  // Where Graph is another host (a practice tenant), Exchange is that host too unless it is named.
  const origin = options.exchange ?? custom?.graph;
  // The way of the connector, with its proxy, where there is one.
  const connections =
    connector && options.caFile === undefined ? connectionsOf(connector) : connectionsTrusting(options.caFile);
  try {
    const cloud = cloudWith(cloudName, { ...(login ? { login } : {}), ...(origin ? { exchange: origin } : {}) });
    await work(await open(context, cloud, clouds[cloudName].exchange, tenant, options, connections));
  } catch (error) {
    if (error instanceof RangeError) throw new CommandError('usage', error.message);
    if (!(error instanceof CmdletRefusal)) throw error;
    const who = error.status === 403 ? ' An Exchange Administrator or Global Administrator can.' : '';
    throw new CommandError(error.status === 403 ? 'noPermission' : 'unavailable', `${error.message}${who}`);
  } finally {
    await connections.close();
  }
}

async function open(
  context: CommandContext,
  cloud: ReturnType<typeof cloudWith>,
  resource: string,
  tenant: string,
  options: ExchangeSessionOptions,
  connections: Connections,
): Promise<PlanParts> {
  const signedIn = await administrator(context, {
    login: cloud.login,
    tenant,
    clientId: options.signInClient ?? exchangePowerShell,
    scopes: [`${resource}/AdminApi.AccessAsUser.All`],
    browser: options.browser,
    connections,
  });
  const { tid } = decodeJwt(signedIn.token);
  const cmdlets = new ExchangeAdminClient({
    exchange: cloud.exchange,
    tenantId: typeof tid === 'string' ? tid : tenant,
    caller: { kind: 'person', account: signedIn.account },
    token: signedIn.token,
    connections,
    newId: randomUUID,
  });
  const isNotFound = (error: unknown) => error instanceof CmdletRefusal && error.status === 404;
  return { cmdlets, pause: (ms) => pause(ms), isNotFound };
}
