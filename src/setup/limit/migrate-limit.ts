/**
 * From an access policy to RBAC for Applications, without an hour in which mail cannot go out or can go out as anybody.
 *
 * - `begun`: nothing has changed. What stands is proven first, and that nobody who may send today would be left behind: a role
 *   counts direct members of its group alone, a policy those of groups within it too.
 * - `role-given`: Exchange has the role with its scope. Consent and policy stand, so that mail goes out as before. Graph may
 *   take two hours to honour the role, and cannot be asked about it while the consent stands: so this lasts as long as that.
 * - `consent-withdrawn`: Mail.Send is taken back in Entra, and with it Mail.ReadWrite where large mail goes by drafts: either
 *   would cover every mailbox beside the roles. Tokens that were issued before keep it for up to 90 minutes, which
 *   bridges the change. A token made for the proof has it no longer: when Graph allows the mailboxes with that one, the role
 *   is in force. When it does not in time, the consent is given back (`role-given` again), and nothing was lost.
 * - `role-proven`: the policy still limits those older tokens, and must stand until the last of them has ended: without it
 *   they would reach every mailbox.
 * - `policy-removed`: the policy, which limits nothing any more, is gone. Proven once more; the end.
 *
 * Each state is on record before the next step begins, with its time, so that the migration goes on where it stopped. Each
 * step asks first whether it was done. Undoing goes the other way: policy, consent, proof, then the role goes.
 */
import type { LimitPlan } from './limit-plan.ts';
import { mailboxesWithin } from './policy-reach.ts';
import { applyPlan, type PlanEvent, type PlanParts, provePlan, standingOf } from './run-plan.ts';

/** What has been done so far, with its times (ms since the epoch). */
export interface MigrationRecord {
  readonly roleGivenAt?: number;
  readonly consentWithdrawnAt?: number;
  /** What was withdrawn, to be given back exactly so; Mail.Send where it does not say. */
  readonly withdrawnRoles?: readonly string[];
  /** Since when new tokens are known to be without the permission, and mail to go by the role. */
  readonly roleProvenAt?: number;
  /** Policies that were removed: enough to make them again. */
  readonly removedPolicies?: readonly { readonly accessRight: string; readonly scope: string }[];
  readonly doneAt?: number;
  /** From when on a run that had to stop may go on, where it was put on record. */
  readonly goesOnAt?: number;
}

/** What Graph answers with a token made for this question. */
export interface GraphProof {
  /** Those of the tenant-wide permissions that the token carries. */
  readonly roles: readonly string[];
  /** Every mailbox of the limit may be used. */
  readonly isAllowed: boolean;
  /** Drafts may be kept in every one of them; undefined where none are needed. */
  readonly mayKeepDrafts: boolean | undefined;
  /** A forbidden mailbox is refused; undefined when none was named. */
  readonly isRefused: boolean | undefined;
  readonly evidence: readonly string[];
}

export interface MigrationParts {
  readonly clientId: string;
  /** The role with its scope. */
  readonly role: LimitPlan;
  readonly exchange: PlanParts;
  /** The tenant-wide permissions in Entra that the roles take the place of. */
  readonly consent: {
    /** Which of them are granted. */
    given(): Promise<readonly string[]>;
    /** All of them. */
    withdraw(): Promise<void>;
    give(roles: readonly string[]): Promise<void>;
  };
  readonly prove: () => Promise<GraphProof>;
  readonly record: { read(): MigrationRecord; write(record: MigrationRecord): void };
  readonly now: () => number;
  /** How long Graph may take to honour a role, in ms. */
  readonly settleMs: number;
  /** How long this run may wait for it, in ms. */
  readonly waitMs: number;
  readonly told: (event: MigrationEvent) => void;
}

export type MigrationEvent =
  | { readonly kind: 'plan'; readonly event: PlanEvent }
  | { readonly kind: 'step'; readonly sentence: string }
  | { readonly kind: 'waits'; readonly sentence: string };

export type MigrationEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'waiting'; readonly until: number }
  | { readonly kind: 'taken-back'; readonly why: string };

const minuteMs = 60_000;
/** New tokens show within minutes that the consent is gone. */
const proofMs = 20 * minuteMs;
/** Entra issues tokens for 60 to 90 minutes ("Configurable token lifetimes"), and each knows the permissions of its issue. */
const tokensLastMs = 95 * minuteMs;

/** @throws whatever Exchange, the directory or a proof throws; run again, it goes on there */
export async function migrateLimit(parts: MigrationParts): Promise<MigrationEnd> {
  const { record, now, settleMs, waitMs } = parts;
  if (record.read().roleGivenAt === undefined) await proveBefore(parts);
  await giveRole(parts);
  const until = (record.read().roleGivenAt ?? now()) + settleMs;
  const mayWaitUntil = now() + waitMs;
  const waited = (end: number, why: string) => waitUntil(parts, end, mayWaitUntil, why);
  if (!(await waited(until, 'Graph may take so long to honour the role.'))) return { kind: 'waiting', until };
  const why = await withdrawConsent(parts);
  if (why !== undefined) return { kind: 'taken-back', why };
  const lastTokenEnds = (record.read().roleProvenAt ?? now()) + tokensLastMs;
  const still = `Tokens that were issued before still have ${withdrawnOf(record.read()).join(' and ')}, and the policy limits them.`;
  if (!(await waited(lastTokenEnds, still))) return { kind: 'waiting', until: lastTokenEnds };
  await removePolicies(parts);
  const proof = await parts.prove();
  if (!isProven(proof)) return { kind: 'taken-back', why: await undoMigration(parts).then(() => sentenceOf(proof)) };
  record.write({ ...record.read(), doneAt: now() });
  parts.told({ kind: 'step', sentence: `Proven by Graph: ${proof.evidence.join(' ')}` });
  return { kind: 'done' };
}

/** Whether the time has come, within what this run may wait. */
async function waitUntil(
  { now, told, exchange }: MigrationParts,
  end: number,
  mayWaitUntil: number,
  why: string,
): Promise<boolean> {
  while (now() < end) {
    if (now() >= mayWaitUntil) return false;
    told({ kind: 'waits', sentence: `${why} ${Math.ceil((end - now()) / minuteMs)} minutes more; mail goes out.` });
    await exchange.pause(Math.min(minuteMs, end - now()));
  }
  return true;
}

/** @throws Error in one sentence, with nothing changed */
async function proveBefore({ clientId, exchange, role, prove, told }: MigrationParts): Promise<void> {
  const { roles, isAllowed, isRefused, mayKeepDrafts, evidence } = await prove();
  // Where drafts were never allowed there is nothing to keep up: the role brings it.
  const isBlocked = mayKeepDrafts === false && roles.includes('Mail.ReadWrite');
  if (!isAllowed || isBlocked || isRefused === false)
    throw new Error(`Nothing was changed, because what stands is not right: ${evidence.join(' ')} Mend that first.`);
  const scopes = (await policiesOf(clientId, exchange)).filter(({ accessRight }) => !/deny/i.test(accessRight));
  const named = role.proofs.flatMap(({ expected, parameters }) =>
    expected === 'granted' ? [String(parameters['Resource']).toLowerCase()] : [],
  );
  const reached = await mailboxesWithin(
    scopes.map(({ scope }) => scope),
    exchange,
  );
  const behind = reached.filter((address) => !named.includes(address));
  if (behind.length > 0)
    throw new Error(
      `Nothing was changed. The access policy lets the app use ${behind.join(', ')} as well, and the role would not: name ${behind.length === 1 ? 'it' : 'them'} beside the others (--mailbox), or take ${behind.length === 1 ? 'it' : 'them'} out of the group of the policy first.`,
    );
  told({ kind: 'step', sentence: `As it stands: ${evidence.join(' ')}` });
}

async function giveRole({ role, exchange, record, now, told }: MigrationParts): Promise<void> {
  await applyPlan(role, exchange, (event) => told({ kind: 'plan', event }));
  for (const { proof, answered } of await provePlan(role, exchange))
    if (answered !== proof.expected)
      throw new Error(
        `Exchange says that ${proof.parameters['Resource']} is ${answered}, and it must be ${proof.expected}. Nothing else was changed.`,
      );
  const { roleGivenAt } = record.read();
  if (roleGivenAt === undefined) record.write({ ...record.read(), roleGivenAt: now() });
  told({ kind: 'step', sentence: 'Exchange grants the role for the mailboxes of the group.' });
}

/** Why it was given back; undefined when the role is proven without it. */
async function withdrawConsent(parts: MigrationParts): Promise<string | undefined> {
  const { consent, record, now, told, exchange, prove } = parts;
  const given = await consent.given();
  if (given.length > 0) {
    const { withdrawnRoles = [] } = record.read();
    const roles = [...new Set([...withdrawnRoles, ...given])];
    record.write({ ...record.read(), consentWithdrawnAt: now(), withdrawnRoles: roles });
    await consent.withdraw();
    told({ kind: 'step', sentence: `${areOrIs(given)} withdrawn in Entra; tokens that were issued before last on.` });
  }
  const endsAt = now() + proofMs;
  for (;;) {
    const proof = await prove();
    if (isProven(proof)) {
      if (record.read().roleProvenAt === undefined) record.write({ ...record.read(), roleProvenAt: now() });
      told({
        kind: 'step',
        sentence: 'Graph allows the mailboxes by the role alone, with a token that has no permission.',
      });
      return undefined;
    }
    if (now() >= endsAt) {
      await consent.give(withdrawnOf(record.read()));
      const { consentWithdrawnAt: _at, withdrawnRoles: _roles, roleProvenAt: _proven, ...rest } = record.read();
      record.write(rest);
      return sentenceOf(proof);
    }
    told({ kind: 'waits', sentence: `Not proven yet: ${sentenceOf(proof)}` });
    await exchange.pause(minuteMs);
  }
}

async function removePolicies({ clientId, exchange, record, told }: MigrationParts): Promise<void> {
  const standing = await policiesOf(clientId, exchange);
  const before = record.read().removedPolicies ?? [];
  const removed = standing.map(({ accessRight, scope }) => ({ accessRight, scope }));
  // On record first: a crash in between must not lose what is needed to make them again.
  record.write({ ...record.read(), removedPolicies: [...before, ...removed] });
  for (const { identity, scope } of standing) {
    await exchange.cmdlets.run('Remove-ApplicationAccessPolicy', { Identity: identity, Confirm: false });
    told({ kind: 'step', sentence: `The access policy for ${scope} is removed.` });
  }
}

/** Takes a migration back, from wherever it stands. @throws as the migration does */
export async function undoMigration(parts: MigrationParts): Promise<void> {
  const { clientId, exchange, consent, record, told, prove, role } = parts;
  const { removedPolicies = [], ...rest } = record.read();
  const standing = await policiesOf(clientId, exchange);
  // The policy first: a consent without it would cover every mailbox.
  for (const { accessRight, scope } of removedPolicies) {
    if (standing.some((policy) => policy.scope === scope && policy.accessRight === accessRight)) continue;
    const parameters = { AccessRight: accessRight, AppId: clientId, PolicyScopeGroupId: scope, Description: ' ' };
    await exchange.cmdlets.run('New-ApplicationAccessPolicy', parameters);
    told({ kind: 'step', sentence: `The access policy for ${scope} stands again.` });
  }
  record.write(rest);
  const wanted = withdrawnOf(rest);
  const given = await consent.given();
  const missing = wanted.filter((each) => !given.includes(each));
  if (missing.length > 0) {
    await consent.give(missing);
    told({ kind: 'step', sentence: `${areOrIs(missing)} granted in Entra again.` });
  }
  const endsAt = parts.now() + proofMs;
  const isBack = ({ roles, isAllowed }: GraphProof) => isAllowed && wanted.every((each) => roles.includes(each));
  for (let proof = await prove(); !isBack(proof); proof = await prove()) {
    if (parts.now() >= endsAt)
      throw new Error(`The role stays, because mail would stop without it: ${sentenceOf(proof)} Run this again later.`);
    told({ kind: 'waits', sentence: `New tokens do not have ${wanted.join(' and ')} yet.` });
    await exchange.pause(minuteMs);
  }
  for (const { undo } of await standingOf(role, exchange))
    for (const call of undo)
      if (call.name === 'Remove-ManagementRoleAssignment') await exchange.cmdlets.run(call.name, call.parameters);
  told({ kind: 'step', sentence: 'The role of Exchange is taken back.' });
  record.write({});
}

async function policiesOf(clientId: string, { cmdlets, isNotFound }: PlanParts) {
  try {
    const rows = await cmdlets.run('Get-ApplicationAccessPolicy', {});
    return rows
      .filter((row) => String(row['AppId'] ?? '').toLowerCase() === clientId.toLowerCase())
      .map((row) => ({
        identity: String(row['Identity'] ?? ''),
        accessRight: String(row['AccessRight'] ?? ''),
        scope: String(row['ScopeIdentity'] ?? row['ScopeName'] ?? ''),
      }));
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

function withdrawnOf({ withdrawnRoles = ['Mail.Send'] }: MigrationRecord): readonly string[] {
  return withdrawnRoles;
}

function areOrIs(roles: readonly string[]): string {
  return `${roles.join(' and ')} ${roles.length === 1 ? 'is' : 'are'}`;
}

function isProven({ roles, isAllowed, isRefused, mayKeepDrafts }: GraphProof): boolean {
  return roles.length === 0 && isAllowed && isRefused !== false && mayKeepDrafts !== false;
}

function sentenceOf({ roles, isAllowed, isRefused, mayKeepDrafts, evidence }: GraphProof): string {
  if (roles.length > 0) return `New tokens still have ${roles.join(' and ')}.`;
  if (!isAllowed || mayKeepDrafts === false)
    return `Graph does not allow the mailboxes by the role yet. ${evidence.join(' ')}`;
  return isRefused === false ? `A forbidden mailbox is still allowed. ${evidence.join(' ')}` : evidence.join(' ');
}
