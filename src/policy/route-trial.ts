/**
 * Says which route would take a message, and why each of the others would not, without taking it: no quota is counted and
 * nothing goes on record. The answer is that of the gate itself; beside it each route is asked condition by condition.
 */
import type { Fault } from '../domain/catalogue.ts';
import type { Envelope } from '../domain/envelope.ts';
import type { HeaderSummary, RouteDecision } from '../domain/message.ts';
import type { PolicyGate } from './policy-gate.ts';
import { compileRoute, type RouteRule } from './routes.ts';

export interface TrialQuestion {
  readonly client: string;
  readonly mailFrom: string;
  /** At least one address. */
  readonly recipients: readonly string[];
  readonly subject: string;
  /** Bytes. */
  readonly size: number;
}

export interface TrialAnswer {
  /** Why it would be refused at the door, if it would. */
  readonly refusal: Fault | undefined;
  readonly decision: RouteDecision | undefined;
  /** Set aside until somebody releases it. */
  readonly held: boolean;
  /** In their order, with the names of the conditions that do not hold; none: the route matches. */
  readonly routes: readonly { readonly name: string; readonly fails: readonly string[] }[];
}

export type TrialGate = Pick<PolicyGate, 'checkMailFrom' | 'checkHeaderFrom' | 'route' | 'holds'>;

export function tryRoutes(gate: TrialGate, rules: readonly RouteRule[], question: TrialQuestion): TrialAnswer {
  const { client: name, mailFrom, subject, size } = question;
  const envelope: Envelope = {
    mailFrom,
    recipients: question.recipients.map((address) => ({ address })),
    smtpUtf8: false,
  };
  // The From header is taken to say what the envelope says, as it does for nearly every program.
  const summary: HeaderSummary = { subject, messageId: '<trial@localhost>', from: [mailFrom] };
  // Its priority decides on no route.
  const client = { name, priority: 'normal' } as const;
  const decided = gate.route(client, envelope, summary, size);
  const refusal =
    gate.checkMailFrom(client, mailFrom) ??
    (mailFrom === '' ? undefined : gate.checkHeaderFrom(client, summary.from)) ??
    (decided.ok ? undefined : decided.fault);
  return {
    refusal,
    decision: decided.ok ? decided.value : undefined,
    held: decided.ok && gate.holds(decided.value.route),
    routes: rules.map((rule) => ({ name: rule.name, fails: failing(rule, name, envelope, summary) })),
  };
}

function failing(rule: RouteRule, client: string, envelope: Envelope, summary: HeaderSummary): readonly string[] {
  return Object.entries(rule.when)
    .filter(([what, is]) => is !== undefined && !alone(rule, what, is).matches(client, envelope, summary))
    .map(([what]) => what);
}

/** The route with one of its conditions alone. */
function alone(rule: RouteRule, what: string, is: string | readonly string[]) {
  return compileRoute({ ...rule, when: { [what]: is } });
}
