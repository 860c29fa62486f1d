/**
 * Carries a plan out in Exchange, step by step, as the script of the same plan does: each step looks first whether it was
 * done before. A step may meet an object that another part of Exchange does not know yet; it is asked again until it does.
 */
import type { CmdletCall, LimitPlan, LimitProof, LimitStep } from './limit-plan.ts';
import type { PowerShellValue } from './powershell-literal.ts';

/** What the plan is run on. */
export interface Cmdlets {
  run(
    name: string,
    parameters: Readonly<Record<string, PowerShellValue>>,
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export interface PlanParts {
  readonly cmdlets: Cmdlets;
  readonly pause: (ms: number) => Promise<void>;
  /** Whether an error says that an object is not known (yet). */
  readonly isNotFound: (error: unknown) => boolean;
}

/** An object that a cmdlet answers. */
export type CmdletRow = Readonly<Record<string, unknown>>;

/** Undefined when there is no such object. @throws whatever else the cmdlet throws */
export async function askUnlessMissing(
  { cmdlets, isNotFound }: PlanParts,
  name: string,
  parameters: Readonly<Record<string, PowerShellValue>>,
): Promise<readonly CmdletRow[] | undefined> {
  try {
    return await cmdlets.run(name, parameters);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export type PlanEvent =
  | { readonly kind: 'done-before' | 'done'; readonly step: LimitStep }
  | { readonly kind: 'waits'; readonly step: LimitStep; readonly why: string };

/** A new object takes Exchange's replicas some minutes. */
const notFoundRounds = 30;
/** Soon at first: as a rule it is there within seconds, and then in minutes. */
const pauseBefore = (round: number) => Math.min(10_000, 1000 * 2 ** round);

async function found(parts: PlanParts, { already }: LimitStep): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const objects = (await askUnlessMissing(parts, already.name, already.parameters)) ?? [];
  return objects.filter((object) =>
    Object.entries(already.where).every(
      ([key, value]) => String(object[key] ?? '').toLowerCase() === value.toLowerCase(),
    ),
  );
}

function sentenceOf(error: unknown, againInMs: number): string {
  const why = error instanceof Error ? error.message : String(error);
  return `${why} Asked again in ${againInMs / 1000} seconds.`;
}

/** @throws whatever a cmdlet throws; the steps before it stay done, and running the plan again goes on there */
export async function applyPlan(plan: LimitPlan, parts: PlanParts, told: (event: PlanEvent) => void): Promise<void> {
  for (const step of plan.steps) {
    if ((await found(parts, step)).length > 0) {
      told({ kind: 'done-before', step });
      continue;
    }
    for (let round = 1; ; round += 1) {
      try {
        await parts.cmdlets.run(step.change.name, step.change.parameters);
        break;
      } catch (error) {
        if (!parts.isNotFound(error) || round === notFoundRounds) throw error;
        const againInMs = pauseBefore(round);
        told({ kind: 'waits', step, why: sentenceOf(error, againInMs) });
        await parts.pause(againInMs);
      }
    }
    told({ kind: 'done', step });
  }
}

export interface ProofResult {
  readonly proof: LimitProof;
  readonly answered: 'granted' | 'refused';
  /** In the words of Exchange, with what was asked. */
  readonly evidence: string;
}

/** What Exchange itself says at once. Graph follows later; `mailroom check` proves that. */
export async function provePlan(plan: LimitPlan, parts: PlanParts): Promise<readonly ProofResult[]> {
  const results: ProofResult[] = [];
  for (const proof of plan.proofs) {
    const answers = await parts.cmdlets.run(proof.name, proof.parameters);
    const granted = answers.filter(
      ({ AccessCheckResult, InScope }) =>
        AccessCheckResult === 'Granted' || String(InScope ?? '').toLowerCase() === 'true',
    );
    const isGranted =
      granted.length > 0 && (proof.roles ?? []).every((role) => granted.some(({ RoleName }) => RoleName === role));
    results.push({ proof, answered: isGranted ? 'granted' : 'refused', evidence: evidenceOf(proof, answers) });
  }
  return results;
}

const told = ['AccessCheckResult', 'InScope', 'RoleName', 'AllowedResourceScope'];

function evidenceOf({ name, parameters }: CmdletCall, answers: readonly Readonly<Record<string, unknown>>[]): string {
  const asked = Object.entries(parameters).map(([key, value]) => `-${key} ${value}`);
  const said = answers.map((answer) =>
    told.flatMap((key) => (answer[key] === undefined ? [] : [`${key}: ${answer[key]}`])).join(', '),
  );
  return `${name} ${asked.join(' ')}: ${said.filter(Boolean).join('; ') || 'no answer'}`;
}

/** What stands of a plan, last step first, with the calls that take it back. */
export async function standingOf(
  plan: LimitPlan,
  parts: PlanParts,
): Promise<readonly { readonly step: LimitStep; readonly undo: readonly CmdletCall[] }[]> {
  const standing: { step: LimitStep; undo: CmdletCall[] }[] = [];
  for (const step of plan.steps.toReversed()) {
    const objects = await found(parts, step);
    if (objects.length === 0) continue;
    const { name, parameters, each } = step.undo;
    const undo = each
      ? objects.map((object) => ({ name, parameters: { ...parameters, Identity: String(object['Identity']) } }))
      : [{ name, parameters }];
    standing.push({ step, undo });
  }
  return standing;
}
