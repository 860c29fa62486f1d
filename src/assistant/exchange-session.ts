/** An administrator's session with Exchange Online for one job. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import type { MicrosoftConnectorConfig } from '../config/schema.ts';
import { cloudOf, connectionsOf } from '../connectors.ts';
import { exchangePowerShell } from '../microsoft/administrator-sign-in.ts';
import { clouds } from '../microsoft/clouds.ts';
import { CmdletRefusal, ExchangeAdminClient } from '../microsoft/exchange-admin-client.ts';
import type { PlanParts } from '../setup/limit/run-plan.ts';
import { administrator, type SignInParts } from './administrator.ts';

/** A practice tenant stands in for Exchange on the host of its Graph. */
export function exchangeCloud(connector: MicrosoftConnectorConfig) {
  const cloud = cloudOf(connector);
  return typeof connector.cloud === 'string' ? cloud : { ...cloud, exchange: cloud.graph };
}

/** Signs in, and calls `work` with what runs cmdlets. @throws Error in one sentence, and what `work` throws */
export async function withExchange<T>(
  connector: MicrosoftConnectorConfig,
  parts: SignInParts,
  work: (exchange: PlanParts) => Promise<T>,
): Promise<T> {
  const cloud = exchangeCloud(connector);
  const resource = typeof connector.cloud === 'string' ? clouds[connector.cloud].exchange : clouds.global.exchange;
  const connections = connectionsOf(connector);
  const { signal } = parts.told;
  try {
    const { token, account } = await administrator(
      {
        login: cloud.login,
        tenant: connector.tenantId,
        clientId: exchangePowerShell,
        scopes: [`${resource}/AdminApi.AccessAsUser.All`],
        connections,
      },
      parts,
    );
    const { tid } = decodeJwt(token);
    const tenantId = typeof tid === 'string' ? tid : connector.tenantId;
    return await work({
      cmdlets: new ExchangeAdminClient({
        ...{ exchange: cloud.exchange, tenantId, token, connections },
        caller: { kind: 'person', account },
        newId: randomUUID,
      }),
      pause: (ms) => pause(ms, undefined, { signal }),
      isNotFound: (error) => error instanceof CmdletRefusal && error.status === 404,
    });
  } catch (error) {
    if (!(error instanceof CmdletRefusal)) throw error;
    const who = error.status === 403 ? ' An Exchange Administrator or Global Administrator can.' : '';
    throw new Error(`${error.message}${who}`, { cause: error });
  } finally {
    await connections.close();
  }
}
