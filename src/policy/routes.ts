/** Picks the way out: the first route whose conditions all hold, else the connector of the client. */
import type { Envelope } from '../domain/envelope.ts';
import type { HeaderSummary, RouteDecision } from '../domain/message.ts';
import { canonicalDomain } from '../mime/addresses.ts';
import { SenderRules } from './sender-rules.ts';

/** A route as the configuration has it. */
export interface RouteRule {
  readonly name: string;
  readonly when: {
    readonly client?: readonly string[] | undefined;
    readonly sender?: readonly string[] | undefined;
    readonly recipientDomain?: readonly string[] | undefined;
    readonly subject?: string | undefined;
  };
  readonly connector?: string | undefined;
  readonly sender?: string | undefined;
  readonly form: RouteDecision['form'];
  readonly saveToSentItems: boolean;
  readonly fromHeader: RouteDecision['fromHeader'];
  readonly hold: boolean;
}

/** What a decision needs to know of a connector. */
export interface ConnectorRule {
  readonly name: string;
  /** The system account. */
  readonly userName: string;
  /** Largest message that it can send, bytes. */
  readonly maxMessageBytes: number;
  readonly maxRecipients: number;
}

/** A route that is ready to be asked. */
export interface CompiledRoute {
  readonly rule: RouteRule;
  matches(client: string, envelope: Envelope, summary: HeaderSummary): boolean;
}

/** Name that decisions carry when no route of the configuration matched. */
export const defaultRoute = 'default';

export function compileRoute(rule: RouteRule): CompiledRoute {
  const { client, sender, recipientDomain, subject } = rule.when;
  const clients = client && new Set(client);
  const senders = sender && new SenderRules(sender);
  const domains =
    recipientDomain && new Set(recipientDomain.map((domain) => canonicalDomain(domain.replace(/^@/, ''))));
  const part = subject?.toLowerCase();
  return {
    rule,
    matches(name, envelope, summary) {
      if (clients && !clients.has(name)) return false;
      if (senders && !senders.allow(envelope.mailFrom)) return false;
      if (part !== undefined && !summary.subject.toLowerCase().includes(part)) return false;
      // Every recipient: a message takes one way as a whole, and a route for one's own domain must not let others out.
      return !domains || envelope.recipients.every(({ address }) => domains.has(domainOf(address)));
    },
  };
}

function domainOf(address: string): string {
  return canonicalDomain(address.slice(address.lastIndexOf('@') + 1));
}

/** The decision that a route, or no route, leads to. */
export function decisionFor(rule: RouteRule | undefined, connector: ConnectorRule): RouteDecision {
  return {
    route: rule?.name ?? defaultRoute,
    connector: connector.name,
    sender: rule?.sender ?? connector.userName,
    form: rule?.form ?? 'mime',
    fromHeader: rule?.fromHeader ?? 'keep',
    saveToSentItems: rule?.saveToSentItems ?? true,
  };
}
