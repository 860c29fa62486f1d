/** Limits an app to its mailboxes: the plan, its script, and carrying it out by an administrator's sign-in. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import type { LimitOrder, LimitView } from '../admin/http/assistant-port.ts';
import type { MicrosoftConnectorConfig } from '../config/schema.ts';
import { cloudOf, connectionsOf } from '../connectors.ts';
import { exchangePowerShell, signInAsAdministrator } from '../microsoft/administrator-sign-in.ts';
import { clouds } from '../microsoft/clouds.ts';
import { CmdletRefusal, ExchangeAdminClient } from '../microsoft/exchange-admin-client.ts';
import { accessPolicyPlan } from '../setup/limit/access-policy-plan.ts';
import type { LimitPlan } from '../setup/limit/limit-plan.ts';
import { callText, limitScript } from '../setup/limit/limit-script.ts';
import { rbacPlan } from '../setup/limit/rbac-plan.ts';
import { applyPlan, provePlan } from '../setup/limit/run-plan.ts';
import type { JobTold } from './jobs.ts';
import { enterpriseObjectId } from './registration.ts';

export async function planFor(connector: MicrosoftConnectorConfig, order: LimitOrder): Promise<LimitPlan> {
  const domain = connector.userName.split('@')[1] ?? '';
  const wishes = {
    clientId: connector.oauthClientId,
    applicationName: 'Mailroom',
    mailboxes: order.mailboxes,
    ...(order.forbidden === undefined ? {} : { forbidden: order.forbidden }),
    group: { name: 'Mailroom senders', address: `mailroom-senders@${domain}`, owners: order.owners },
  };
  if (order.way === 'access-policy') return accessPolicyPlan(wishes);
  return rbacPlan({ ...wishes, servicePrincipalId: await enterpriseObjectId(connector) });
}

export function limitView(plan: LimitPlan, connector: MicrosoftConnectorConfig): LimitView {
  return {
    title: plan.title,
    notes: plan.notes,
    steps: plan.steps.map(({ purpose, change }) => ({ purpose, command: callText(change) })),
    proofs: plan.proofs.map((proof) => ({ command: callText(proof), expected: proof.expected })),
    script: limitScript(plan, exchangeCloud(connector).exchangeEnvironment),
  };
}

/** A practice tenant stands in for Exchange on the host of its Graph. */
function exchangeCloud(connector: MicrosoftConnectorConfig) {
  const cloud = cloudOf(connector);
  return typeof connector.cloud === 'string' ? cloud : { ...cloud, exchange: cloud.graph };
}

/** @throws Error in one sentence */
export async function runLimit(connector: MicrosoftConnectorConfig, order: LimitOrder, told: JobTold): Promise<void> {
  const plan = await planFor(connector, order);
  const cloud = exchangeCloud(connector);
  const resource = typeof connector.cloud === 'string' ? clouds[connector.cloud].exchange : clouds.global.exchange;
  const connections = connectionsOf(connector);
  try {
    const signedIn = await signInAsAdministrator({
      login: cloud.login,
      tenant: connector.tenantId,
      clientId: exchangePowerShell,
      scopes: [`${resource}/AdminApi.AccessAsUser.All`],
      connections,
      now: Date.now,
      signal: told.signal,
      show: ({ url, code }) => told.signIn({ url, code }),
    });
    told.signIn(undefined);
    told.line('info', `Signed in as ${signedIn.account}.`);
    const { tid } = decodeJwt(signedIn.token);
    const cmdlets = new ExchangeAdminClient({
      exchange: cloud.exchange,
      tenantId: typeof tid === 'string' ? tid : connector.tenantId,
      caller: { kind: 'person', account: signedIn.account },
      token: signedIn.token,
      connections,
      newId: randomUUID,
    });
    const parts = {
      cmdlets,
      pause: (ms: number) => pause(ms, undefined, { signal: told.signal }),
      isNotFound: (error: unknown) => error instanceof CmdletRefusal && error.status === 404,
    };
    await applyPlan(plan, parts, (event) => {
      if (event.kind === 'waits') told.line('waits', `${event.why} Asked again in ten seconds.`);
      else told.line('yes', `${event.step.purpose}${event.kind === 'done-before' ? ' (done before)' : ''}`, 'M10');
    });
    for (const { proof, answered } of await provePlan(plan, parts)) {
      const mailbox = String(proof.parameters['Resource'] ?? proof.parameters['Identity'] ?? '');
      told.line(answered === proof.expected ? 'yes' : 'no', `Exchange: ${mailbox} is ${answered}.`, 'M12');
    }
    told.line('info', 'Graph follows within two hours. Run the checks with the forbidden mailbox to see it there.');
  } catch (error) {
    if (!(error instanceof CmdletRefusal)) throw error;
    const who = error.status === 403 ? ' An Exchange Administrator or Global Administrator can.' : '';
    throw new Error(`${error.message}${who}`, { cause: error });
  } finally {
    await connections.close();
  }
}
