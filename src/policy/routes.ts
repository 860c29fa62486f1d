/** Picks the way out: the first route whose conditions all hold, else the connector of the client. */
import type { Envelope } from '../domain/envelope.ts';
import type { HeaderSummary, RouteDecision } from '../domain/message.ts';
import { canonicalDomain } from '../mime/addresses.ts';
import type { AccountPools } from './account-pool.ts';
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
  /** In place of `connector`: the first, and those to fall back on. */
  readonly connectors?: readonly string[] | undefined;
  readonly sender?: string | undefined;
  /** In place of `sender`: system accounts that share the mail. */
  readonly senders?: readonly string[] | undefined;
  /** ms that a way has to be closed before the next one is taken. */
  readonly fallBackAfter?: number | undefined;
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

/** What a decision is made for, as far as it picks the account. */
export interface Routed {
  readonly client: string;
  readonly summary: HeaderSummary;
  readonly size: number;
  readonly recipients: number;
}

/** The decision that a route, or no route, leads to. `others` are connectors to fall back on, in their order. */
export function decisionFor(
  rule: RouteRule | undefined,
  connector: ConnectorRule,
  others: readonly ConnectorRule[],
  routed: Routed,
  pools: AccountPools,
): RouteDecision {
  const fallBackMs = rule?.fallBackAfter ?? defaultFallBackMs;
  const accounts = rule?.senders ? pools.order(rule.senders, { ...routed, connector: connector.name, fallBackMs }) : [];
  const sender = accounts[0] ?? rule?.sender ?? connector.userName;
  const ways = [
    ...accounts.slice(1).map((account) => ({ connector: connector.name, sender: account })),
    ...others
      .filter(
        ({ maxMessageBytes, maxRecipients }) => routed.size <= maxMessageBytes && routed.recipients <= maxRecipients,
      )
      .map((other) => ({ connector: other.name, sender: accounts[0] ?? rule?.sender ?? other.userName })),
  ];
  return {
    route: rule?.name ?? defaultRoute,
    connector: connector.name,
    sender,
    form: rule?.form ?? 'mime',
    fromHeader: rule?.fromHeader ?? 'keep',
    saveToSentItems: rule?.saveToSentItems ?? true,
    ...(ways.length > 0 ? { fallBack: { ways, afterMs: fallBackMs } } : {}),
  };
}

const defaultFallBackMs = 300_000;
