/** Which messages nobody may look into, and whose bytes go as soon as they are sent: the first rule that matches decides. */
import type { Redaction } from '../domain/message.ts';

/** A rule as the configuration has it; all that `when` names must hold. */
export interface RedactionRule {
  readonly name: string;
  readonly when: {
    readonly client?: readonly string[] | undefined;
    readonly route?: readonly string[] | undefined;
    readonly subject?: string | undefined;
  };
  readonly body: 'hide' | 'delete';
}

/** What a rule asks of a message. */
export interface RedactionFacts {
  readonly client: string;
  readonly route: string;
  readonly subject: string;
}

/** Makes the question that is asked of each message; `undefined` as its answer when no rule matches. */
export function compileRedaction(rules: readonly RedactionRule[]): (facts: RedactionFacts) => Redaction | undefined {
  const compiled = rules.map(({ name, when, body }) => ({
    redaction: { rule: name, deletes: body === 'delete' },
    clients: when.client && new Set(when.client),
    routes: when.route && new Set(when.route),
    part: when.subject?.toLowerCase(),
  }));
  return ({ client, route, subject }) =>
    compiled.find(
      ({ clients, routes, part }) =>
        (clients?.has(client) ?? true) &&
        (routes?.has(route) ?? true) &&
        (part === undefined || subject.toLowerCase().includes(part)),
    )?.redaction;
}
