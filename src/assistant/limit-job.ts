/** Limits an app to its mailboxes: the plan and its script; set, proven, listed and taken back by an administrator's sign-in. */
import type { LimitOrder, LimitView } from '../admin/http/assistant-port.ts';
import type { MicrosoftConnectorConfig } from '../config/schema.ts';
import { accessPolicyPlan } from '../setup/limit/access-policy-plan.ts';
import { difference, type LimitPlan } from '../setup/limit/limit-plan.ts';
import { callText, limitScript } from '../setup/limit/limit-script.ts';
import { rbacPlan } from '../setup/limit/rbac-plan.ts';
import { applyPlan, type PlanEvent, type PlanParts, provePlan, standingOf } from '../setup/limit/run-plan.ts';
import type { SignInParts } from './administrator.ts';
import { exchangeCloud, withExchange } from './exchange-session.ts';
import { proveByGraph } from './graph-proof.ts';
import type { JobTold } from './jobs.ts';
import { enterpriseObjectId } from './registration.ts';

type LimitWanted = Pick<LimitOrder, 'way' | 'denies' | 'mailboxes' | 'forbidden' | 'owners' | 'group'>;

/** @throws FaultError `setup-impossible` where the Object ID of the app cannot be found out */
export async function planFor(connector: MicrosoftConnectorConfig, wanted: LimitWanted): Promise<LimitPlan> {
  const { way, denies, mailboxes, forbidden, owners, group } = wanted;
  const domain = connector.userName.split('@')[1] ?? '';
  const [name, address] = denies
    ? ['Mailroom senders (denied)', `mailroom-denied@${domain}`]
    : ['Mailroom senders', `mailroom-senders@${domain}`];
  const wishes = {
    clientId: connector.oauthClientId,
    applicationName: 'Mailroom',
    mailboxes,
    ...(forbidden === undefined ? {} : { forbidden }),
    group: { name, address: group ?? address, owners },
  };
  if (way === 'access-policy') return accessPolicyPlan({ ...wishes, denies });
  const keepsDrafts = connector.kind === 'graph' && connector.largeMessages === 'upload';
  return rbacPlan({ ...wishes, keepsDrafts, servicePrincipalId: await enterpriseObjectId(connector) });
}

export function limitView(plan: LimitPlan, connector: MicrosoftConnectorConfig): LimitView {
  return {
    title: plan.title,
    difference,
    notes: plan.notes,
    steps: plan.steps.map(({ purpose, change }) => ({ purpose, command: callText(change) })),
    proofs: plan.proofs.map((proof) => ({ command: callText(proof), expected: proof.expected })),
    script: limitScript(plan, exchangeCloud(connector).exchangeEnvironment),
  };
}

/** @throws Error in one sentence */
export async function runLimit(
  connector: MicrosoftConnectorConfig,
  order: LimitOrder,
  parts: SignInParts,
): Promise<void> {
  const { told } = parts;
  const plan = await planFor(connector, order);
  await withExchange(connector, parts, async (exchange) => {
    switch (order.action) {
      case 'apply':
        await applyPlan(plan, exchange, (event) => tellStep(told, event));
        await proveInExchange(plan, exchange, told);
        return proveInGraph(connector, order, told, 'follows');
      case 'test':
        await proveInExchange(plan, exchange, told);
        return proveInGraph(connector, order, told, 'tells');
      case 'list':
        return list(plan, exchange, told);
      case 'remove':
        return remove(plan, exchange, told, order.withGroup);
    }
  });
}

export function tellStep(told: JobTold, event: PlanEvent): void {
  if (event.kind === 'waits') return told.line('waits', event.why);
  told.line('yes', `${event.step.purpose}${event.kind === 'done-before' ? ' (done before)' : ''}`, { row: 'M10' });
}

async function proveInExchange(plan: LimitPlan, exchange: PlanParts, told: JobTold): Promise<void> {
  for (const { proof, answered, evidence } of await provePlan(plan, exchange)) {
    const mailbox = String(proof.parameters['Resource'] ?? proof.parameters['Identity'] ?? '');
    const more = { row: 'M12', evidence: [evidence] };
    told.line(answered === proof.expected ? 'yes' : 'no', `Exchange: ${mailbox} is ${answered}.`, more);
  }
}

/** Both proofs by what Graph itself answers the app; nothing is sent. Right after a change it may not know of it yet. */
async function proveInGraph(
  connector: MicrosoftConnectorConfig,
  { denies, mailboxes, forbidden }: LimitWanted,
  told: JobTold,
  when: 'follows' | 'tells',
): Promise<void> {
  const allowed = denies ? [connector.userName] : mailboxes;
  const { isAllowed, isRefused, evidence } = await proveByGraph(connector, allowed, denies ? mailboxes[0] : forbidden);
  const tell = (isRight: boolean, text: string) =>
    told.line(isRight ? 'yes' : when === 'follows' ? 'info' : 'no', text, { row: 'M12', evidence });
  const names = allowed.join(', ');
  tell(isAllowed, isAllowed ? `Graph: ${names} is granted.` : `Graph: ${names} is not granted yet.`);
  if (isRefused !== undefined)
    tell(isRefused, isRefused ? `Graph: ${forbidden} is refused.` : `Graph: ${forbidden} is not refused yet.`);
  if (!isAllowed || isRefused === false)
    told.line('info', 'Graph follows Exchange within two hours. Ask again then: “Prove it”.');
}

async function list(plan: LimitPlan, exchange: PlanParts, told: JobTold): Promise<void> {
  const standing = await standingOf(plan, exchange);
  for (const step of plan.steps) {
    const stands = standing.some((each) => each.step === step);
    told.line(stands ? 'yes' : 'info', `${stands ? 'Stands' : 'Does not stand'}: ${step.purpose}`, { row: 'M10' });
  }
  told.line('info', `${standing.length} of ${plan.steps.length} steps of this limit stand.`);
}

async function remove(plan: LimitPlan, exchange: PlanParts, told: JobTold, withGroup: boolean): Promise<void> {
  const calls = (await standingOf(plan, exchange))
    .flatMap(({ undo }) => undo)
    .filter(({ name }) => withGroup || !name.includes('DistributionGroup'));
  if (calls.length === 0) return told.line('info', 'Nothing of this limit stands.');
  const yes = await told.ask({ question: 'remove-limit', items: calls.map(callText) });
  if (!yes) return told.line('info', 'Nothing was changed.');
  for (const call of calls) {
    await exchange.cmdlets.run(call.name, call.parameters);
    told.line('yes', callText(call), { row: 'M10' });
  }
}
