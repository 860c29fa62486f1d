/**
 * Makes the gate out of the configuration. Every refusal names the rule in its `detail`, for the log; what the client hears
 * is the catalogue's public sentence.
 *
 * The null reverse path is open to every client: it belongs to notices (RFC 5321 §4.5.5), and the From header of such a
 * message is held against the client's senders like any other.
 */
import type { Fault } from '../domain/catalogue.ts';
import type { Envelope } from '../domain/envelope.ts';
import type { HeaderSummary, Priority, RouteDecision } from '../domain/message.ts';
import type { Clock } from '../domain/ports.ts';
import { AccountPools } from './account-pool.ts';
import { AddressRanges } from './address-ranges.ts';
import { hashApiKey, parseApiKeyHash } from './api-key.ts';
import { ApiKeyCheck, type KnownKey } from './api-key-check.ts';
import { FailedLogins } from './failed-logins.ts';
import type { Decision, Gate, KnownClient } from './gate.ts';
import { type LoginRule, PasswordCheck } from './password-check.ts';
import { parsePasswordHash } from './password-hash.ts';
import { type AcceptedSince, Quota, type QuotaLimits } from './quota.ts';
import { type CompiledRoute, type ConnectorRule, compileRoute, decisionFor, type RouteRule } from './routes.ts';
import { SenderRules } from './sender-rules.ts';

/** A secret as the configuration wraps it. */
interface Revealable {
  reveal(): string;
}

/** A client as the configuration has it. */
export interface ClientRule {
  readonly name: string;
  readonly login?: string | undefined;
  readonly password?: Revealable | undefined;
  readonly passwordHash?: Revealable | undefined;
  readonly apiKey?: Revealable | undefined;
  readonly apiKeyHash?: Revealable | undefined;
  /** Taken beside the one of now until its time, ISO 8601. */
  readonly previousPasswordHash?: Revealable | undefined;
  readonly previousPasswordUntil?: string | undefined;
  readonly previousApiKeyHash?: Revealable | undefined;
  readonly previousApiKeyUntil?: string | undefined;
  readonly addresses: readonly string[];
  /** Default: the system account of its connector. */
  readonly senders?: readonly string[] | undefined;
  /** Default: the first connector. */
  readonly connector?: string | undefined;
  readonly priority: Priority;
  readonly quota: QuotaLimits;
}

export interface PolicyOptions {
  readonly clients: readonly ClientRule[];
  readonly connectors: readonly ConnectorRule[];
  readonly routes: readonly RouteRule[];
  readonly clock: Clock;
  /** Asked once for each client with a quota, so that a restart does not give it a fresh one. */
  readonly acceptedSince: AcceptedSince;
  /** Which account of several sends; without it, the name of the conversation alone decides. */
  readonly pools?: AccountPools;
}

export interface PolicyGate extends Gate {
  /** Whether mail that took this route is set aside until somebody releases it. */
  holds(route: string): boolean;
}

interface ClientState extends KnownClient {
  readonly rule: ClientRule;
  readonly ranges: AddressRanges | undefined;
  readonly senders: SenderRules;
  readonly quota: Quota | undefined;
  readonly connector: string;
}

/** Hashes plain passwords and seeds quotas; takes some 20 ms for each plain password. */
export async function createGate(options: PolicyOptions): Promise<PolicyGate> {
  const clients = new Map<string, ClientState>();
  for (const rule of options.clients) clients.set(rule.name, await clientState(rule, options));
  const passwords = await PasswordCheck.make(options.clock, options.clients.flatMap(loginRules));
  return new ConfiguredGate(options, clients, passwords);
}

async function clientState(rule: ClientRule, options: PolicyOptions): Promise<ClientState> {
  const connector = rule.connector ?? options.connectors[0]?.name ?? '';
  const account = options.connectors.find(({ name }) => name === connector)?.userName;
  const quota = Object.values(rule.quota).some((limit) => limit !== undefined) ? new Quota(rule.quota) : undefined;
  await quota?.seed(rule.name, options.acceptedSince, options.clock.now());
  return {
    name: rule.name,
    priority: rule.priority,
    rule,
    ranges: rule.addresses.length > 0 ? new AddressRanges(rule.addresses) : undefined,
    senders: new SenderRules(rule.senders ?? (account === undefined ? [] : [account])),
    quota,
    connector,
  };
}

function loginRules(rule: ClientRule): readonly LoginRule[] {
  const { name, login, password, passwordHash, previousPasswordHash, previousPasswordUntil = '' } = rule;
  const hash = passwordHash && parsePasswordHash(passwordHash.reveal());
  const old = previousPasswordHash && parsePasswordHash(previousPasswordHash.reveal());
  if (login === undefined || !(hash || password)) return [];
  const now = hash ? { hash } : { plain: password?.reveal() ?? '' };
  const previous = old ? { previous: { hash: old, until: Date.parse(previousPasswordUntil) } } : {};
  return [{ client: name, login, password: now, ...previous }];
}

function keyHashes(rule: ClientRule): readonly KnownKey[] {
  const { name, apiKey, apiKeyHash, previousApiKeyHash, previousApiKeyUntil = '' } = rule;
  const hash = apiKey ? hashApiKey(apiKey.reveal()) : apiKeyHash && parseApiKeyHash(apiKeyHash.reveal());
  const old = previousApiKeyHash && parseApiKeyHash(previousApiKeyHash.reveal());
  return [
    ...(old ? [{ client: name, hash: old, until: Date.parse(previousApiKeyUntil) }] : []),
    // Last: where both are the same key, that of now counts.
    ...(hash ? [{ client: name, hash }] : []),
  ];
}

class ConfiguredGate implements PolicyGate {
  readonly #clients: ReadonlyMap<string, ClientState>;
  readonly #byAddress: readonly ClientState[];
  readonly #passwords: PasswordCheck;
  readonly #keys: ApiKeyCheck;
  readonly #failures: FailedLogins;
  readonly #routes: readonly CompiledRoute[];
  readonly #held: ReadonlySet<string>;
  readonly #connectors: ReadonlyMap<string, ConnectorRule>;
  readonly #clock: Clock;
  readonly #pools: AccountPools;

  constructor(options: PolicyOptions, clients: ReadonlyMap<string, ClientState>, passwords: PasswordCheck) {
    this.#clients = clients;
    this.#byAddress = [...clients.values()].filter(({ ranges }) => ranges !== undefined);
    this.#passwords = passwords;
    this.#keys = new ApiKeyCheck(options.clients.flatMap(keyHashes));
    this.#failures = new FailedLogins(options.clock);
    this.#routes = options.routes.map(compileRoute);
    this.#held = new Set(options.routes.filter(({ hold }) => hold).map(({ name }) => name));
    this.#connectors = new Map(options.connectors.map((connector) => [connector.name, connector]));
    this.#clock = options.clock;
    this.#pools = options.pools ?? new AccountPools();
  }

  clientByAddress(remoteAddress: string): KnownClient | undefined {
    return this.#byAddress.find(({ ranges }) => ranges?.has(remoteAddress));
  }

  async authenticatePassword(login: string, password: string, remoteAddress: string): Promise<Decision<KnownClient>> {
    // Who was right a moment ago is let in even where somebody else at the same address keeps failing.
    const known = this.#passwords.remembered(login, password);
    if (known !== undefined) return this.#known(known);
    if (this.#failures.blocks(remoteAddress)) return throttled(remoteAddress);
    const checked = await this.#passwords.check(login, password);
    if (checked === 'busy')
      return refused({ code: 'auth-throttled', detail: 'Too many logins are waiting to be checked.' });
    if (checked.client !== undefined) return this.#known(checked.client);
    this.#failures.add(remoteAddress);
    return refused({
      code: 'auth-failed',
      detail: `No client has the login ${JSON.stringify(login.slice(0, 100))} with this password (from ${remoteAddress}).`,
    });
  }

  async authenticateKey(key: string, remoteAddress: string): Promise<Decision<KnownClient>> {
    const client = this.#keys.clientOf(key, this.#clock.now());
    if (client !== undefined) return this.#known(client);
    if (this.#failures.blocks(remoteAddress)) return throttled(remoteAddress);
    this.#failures.add(remoteAddress);
    return refused({ code: 'auth-failed', detail: `No client has this API key (from ${remoteAddress}).` });
  }

  checkMailFrom(client: KnownClient, mailFrom: string): Fault | undefined {
    // Asked here, so that a client hears "later" at MAIL FROM and not "never" for want of a system account to send as.
    if (this.#connectors.size === 0) return noConnector;
    const senders = this.#clients.get(client.name)?.senders;
    if (mailFrom === '' || senders?.allow(mailFrom)) return undefined;
    return {
      code: 'sender-not-allowed',
      detail: `MAIL FROM ${mailFrom} is not among the senders of client ${client.name} (${senders?.rules.join(', ')}).`,
    };
  }

  largestMessage(): number {
    return Math.max(...[...this.#connectors.values()].map(({ maxMessageBytes }) => maxMessageBytes));
  }

  checkHeaderFrom(client: KnownClient, from: readonly string[] | undefined): Fault | undefined {
    const senders = this.#clients.get(client.name)?.senders;
    if (senders?.any) return undefined;
    if (from === undefined || from.length === 0)
      return {
        code: 'from-unreadable',
        detail: `The From header holds no address to hold against the senders of client ${client.name}.`,
      };
    const stranger = from.find((address) => !senders?.allow(address));
    if (stranger === undefined) return undefined;
    return {
      code: 'from-not-allowed',
      detail: `From ${stranger} is not among the senders of client ${client.name} (${senders?.rules.join(', ')}).`,
    };
  }

  takeQuota(client: KnownClient, recipients: number): Fault | undefined {
    const full = this.#clients.get(client.name)?.quota?.take(recipients, this.#clock.now());
    return full === undefined
      ? undefined
      : { code: 'quota-exceeded', detail: `The quota of client ${client.name}: ${full}.` };
  }

  route(client: KnownClient, envelope: Envelope, summary: HeaderSummary, size: number): Decision<RouteDecision> {
    if (this.#connectors.size === 0) return refused(noConnector);
    const rule = this.#routes.find((route) => route.matches(client.name, envelope, summary))?.rule;
    const [first, ...others] = rule?.connectors ?? [];
    const name = first ?? rule?.connector ?? this.#clients.get(client.name)?.connector ?? '';
    const connector = this.#connectors.get(name);
    if (!connector)
      return refused({
        code: 'no-route',
        detail: `${rule ? `Route ${rule.name}` : `Client ${client.name}`} names the connector "${name}", which is not there.`,
      });
    if (size > connector.maxMessageBytes)
      return refused({
        code: 'message-too-large-for-connector',
        detail: `${size} bytes; connector ${name} takes ${connector.maxMessageBytes}.`,
        text: `Message of ${size} bytes is larger than the ${connector.maxMessageBytes} bytes that the way out can take.`,
      });
    if (envelope.recipients.length > connector.maxRecipients)
      return refused({
        code: 'too-many-recipients',
        detail: `${envelope.recipients.length} recipients; connector ${name} takes ${connector.maxRecipients}.`,
      });
    const fallBacks = others.flatMap((other) => this.#connectors.get(other) ?? []);
    const routed = { client: client.name, summary, size, recipients: envelope.recipients.length };
    return { ok: true, value: decisionFor(rule, connector, fallBacks, routed, this.#pools) };
  }

  holds(route: string): boolean {
    return this.#held.has(route);
  }

  #known(name: string): Decision<KnownClient> {
    const client = this.#clients.get(name);
    return client ? { ok: true, value: client } : refused({ code: 'internal-error', detail: `No client ${name}.` });
  }
}

/** A console without a connector yet: nothing could be sent, and nobody knows as whom. Clients keep their mail meanwhile. */
const noConnector: Fault = { code: 'no-connector', detail: 'There is no connector yet; set one up in the console.' };

function refused(fault: Fault): { readonly ok: false; readonly fault: Fault } {
  return { ok: false, fault };
}

function throttled(remoteAddress: string): { readonly ok: false; readonly fault: Fault } {
  return refused({
    code: 'auth-throttled',
    detail: `Too many failed logins from ${remoteAddress} in the last minute.`,
  });
}
