/** Makes couriers out of the configured connectors: cloud, connections, tokens, limits. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config, ConnectorConfig, MicrosoftConnectorConfig, RouteConfig } from './config/schema.ts';
import { credentialOf, renewedCredential } from './connector-credential.ts';
import type { CrashProbe } from './domain/crash-point.ts';
import type { Clock } from './domain/ports.ts';
import { BySizeCourier } from './egress/by-size-courier.ts';
import type { Courier } from './egress/courier.ts';
import { DraftCalls } from './egress/graph/draft-calls.ts';
import type { DraftEntry, DraftLedger } from './egress/graph/draft-ledger.ts';
import { defaultTimings, type GraphAccess } from './egress/graph/graph-call.ts';
import { GraphCourier } from './egress/graph/graph-courier.ts';
import { settleDraft, UploadCourier } from './egress/graph/upload-courier.ts';
import { type Cloud, cloudWith } from './microsoft/clouds.ts';
import { type Connections, openConnections } from './microsoft/connections.ts';
import { type Portals, portals } from './microsoft/portals.ts';
import { TokenSource } from './microsoft/token-source.ts';
import { defaultUncertainRule, type OutgoingConnector } from './queue/delivery-port.ts';
import { unlimited } from './queue/lane-limits.ts';
import type { CheckedConnector } from './setup/checks/check.ts';
import { exchangeCourierOf, type SmtpParts, smartHostCourier } from './smtp-connectors.ts';

export interface ConnectorParts {
  readonly clock: Clock;
  readonly probe: CrashProbe | undefined;
  /** What is on record about drafts of large mail. */
  readonly drafts: DraftLedger;
}

export interface BuiltConnector extends OutgoingConnector {
  readonly courier: Courier;
  /** Leaves no draft behind of a message that has come to its end; for connectors by Graph. Rejects when it cannot. */
  readonly settleDraft?: (entry: DraftEntry, signal: AbortSignal) => Promise<void>;
}

/**
 * Builds one connector. Nothing is sent yet.
 * @throws the system's error when a certificate or CA file cannot be read.
 */
export function buildConnector(
  config: ConnectorConfig,
  routes: readonly RouteConfig[],
  parts: ConnectorParts,
): BuiltConnector {
  switch (config.kind) {
    case 'graph':
      return buildGraph(config, routes, parts);
    case 'smtp-oauth': {
      const cloud = cloudOf(config);
      const severalSenders = hasSeveralSenders(config, routes);
      const courier = exchangeCourierOf(config, cloud, connectionsOf(config), { ...partsOf(parts), severalSenders });
      // Connections are counted by mailbox, whoever's they are; the registration has a limit over Graph alone.
      return {
        ...common(config),
        courier,
        registration: `smtp ${config.oauthClientId}`,
        mailboxesOf: cloud.login,
        mailboxConcurrencyOf: `smtp ${cloud.login}`,
        ...unshared,
      };
    }
    case 'smtp': {
      const severalSenders = hasSeveralSenders(config, routes);
      const courier = smartHostCourier(config, { severalSenders, probe: parts.probe });
      return { ...common(config), courier, registration: `smtp ${config.host}:${config.port}`, ...unshared };
    }
  }
}

const unshared = { registrationConcurrency: Number.POSITIVE_INFINITY };

/** What Exchange lets an administrator set at most (Exchange Online limits, "Message size limit"), in bytes. */
const largestMailboxLimit = 150 * 1024 * 1024;

function common(config: ConnectorConfig) {
  return {
    name: config.name,
    limits: config.limits === 'unlimited' ? unlimited : config.limits,
    uncertain: { ...defaultUncertainRule, rule: config.uncertain },
  };
}

function partsOf({ clock, probe }: ConnectorParts) {
  return { now: () => clock.now(), probe };
}

function buildGraph(
  config: Extract<ConnectorConfig, { kind: 'graph' }>,
  routes: readonly RouteConfig[],
  parts: ConnectorParts,
): BuiltConnector {
  const cloud = cloudOf(config);
  const { limits } = common(config);
  const connections = connectionsOf(config, limits.concurrency);
  const { now, probe } = partsOf(parts);
  const severalSenders = hasSeveralSenders(config, routes);
  const tokens = new TokenSource({
    login: cloud.login,
    tenant: config.tenantId,
    clientId: config.oauthClientId,
    credential: renewedCredential(config),
    resource: cloud.graphResource,
    connections,
    now,
  });
  const access = { graph: cloud.graph, tokens, connections, timings: defaultTimings, now };
  const graph = new GraphCourier({
    graph: cloud.graph,
    tokens,
    connections,
    severalSenders,
    readSentItems: config.readSentItems,
    repairsQuotedPrintable: config.repairQuotedPrintable,
    now,
    ...(probe ? { probe } : {}),
  });
  return {
    ...common(config),
    courier: largeMailCourier(config, graph, access, { now, probe, severalSenders, drafts: parts.drafts }),
    settleDraft(entry, signal) {
      const caller = { sender: entry.sender, clientRequestId: randomUUID(), signal };
      return settleDraft(new DraftCalls(access, caller), parts.drafts, entry);
    },
    registration: config.oauthClientId,
    // An address is one mailbox in all of a cloud, however its tenant is spelt.
    mailboxesOf: cloud.login,
    // Microsoft has published the four concurrent requests for an application with a mailbox, for a mailbox and for an
    // application: all three are kept.
    mailboxConcurrencyOf: `graph ${cloud.login}`,
    registrationConcurrency: limits.concurrency,
  };
}

/** Graph for what one request can bear, and the connector's rule for what is larger. */
function largeMailCourier(
  config: Extract<ConnectorConfig, { kind: 'graph' }>,
  graph: GraphCourier,
  access: GraphAccess,
  { drafts, ...parts }: SmtpParts & { readonly drafts: DraftLedger },
): Courier {
  switch (config.largeMessages) {
    case 'refuse':
      return graph;
    case 'smtp-oauth': {
      const submission = exchangeCourierOf(config, cloudOf(config), connectionsOf(config), parts);
      return new BySizeCourier(graph, submission, 'too large for one request of Graph: sent by SMTP with OAuth');
    }
    case 'upload': {
      const upload = new UploadCourier({
        access,
        connector: config.name,
        ledger: drafts,
        severalSenders: parts.severalSenders,
        repairsQuotedPrintable: config.repairQuotedPrintable,
        maxMessageBytes: Math.min(config.mailboxLimit, largestMailboxLimit),
        maxRecipients: graph.maxRecipients,
        ...(parts.probe ? { probe: parts.probe } : {}),
      });
      return new BySizeCourier(graph, upload, 'too large for one request of Graph: sent by a draft and uploads');
    }
  }
}

/**
 * Connections on the connector's way to Microsoft; the caller closes them.
 * @throws the system's error when the CA file cannot be read.
 */
export function connectionsOf(config: MicrosoftConnectorConfig, atOnce?: number): Connections {
  return openConnections({
    ...(atOnce === undefined ? {} : { connections: atOnce }),
    ...(config.proxy ? { proxy: config.proxy.reveal() } : {}),
    ...(config.caFile ? { ca: readFileSync(config.caFile, 'utf8') } : {}),
  });
}

/**
 * The connector as the checks look at it.
 * @throws the system's error when a certificate cannot be read.
 */
export function checkedConnector(config: MicrosoftConnectorConfig): CheckedConnector {
  return {
    name: config.name,
    kind: config.kind,
    cloud: cloudOf(config),
    portals: portalsOf(config),
    ...(config.proxy ? { proxy: config.proxy.reveal() } : {}),
    ...(config.caFile ? { ca: readFileSync(config.caFile, 'utf8') } : {}),
    tenantId: config.tenantId,
    clientId: config.oauthClientId,
    userName: config.userName,
    credential: credentialOf(config),
    largeMailBySmtp: config.kind === 'graph' && config.largeMessages === 'smtp-oauth',
    largeMailByUpload: config.kind === 'graph' && config.largeMessages === 'upload',
    exchangeAdmin: exchangeAdminOf(config),
    readsSentItems: config.kind === 'graph' && config.readSentItems,
    limits: config.limits === 'unlimited' ? unlimited : config.limits,
    renewsItself: config.renewal.automatic && config.credential.kind === 'secret',
    ...(config.renewal.endsOn === undefined ? {} : { secretEndsAt: config.renewal.endsOn }),
  };
}

/** Where its administrators click; a practice tenant has its own portal, on the host where people sign in. */
function portalsOf({ cloud }: MicrosoftConnectorConfig): Portals {
  if (typeof cloud === 'string') return portals[cloud];
  const { login } = cloud.custom;
  return { azure: `${login}/portal/apps`, exchangeAdmin: `${login}/portal/exchange`, unconfirmed: [] };
}

/** Where Exchange takes cmdlets; a practice tenant does on the host of its Graph. */
function exchangeAdminOf({ cloud }: MicrosoftConnectorConfig): string {
  return typeof cloud === 'string' ? cloudWith(cloud).exchange : cloud.custom.graph;
}

/** The hosts of the connector's cloud. */
export function cloudOf({ cloud }: MicrosoftConnectorConfig): Cloud {
  if (typeof cloud === 'string') return cloudWith(cloud);
  const { login, graph, smtp } = cloud.custom;
  return cloudWith('global', { login, graph, graphResource: graph, ...(smtp ? { smtpHost: smtp } : {}) });
}

/**
 * Every mailbox that the configuration sends as by one app registration: system accounts of its connectors, and the senders
 * of routes that may go by them. Each once.
 */
export function mailboxesOfApp(
  { connectors, routes }: Pick<Config, 'connectors' | 'routes'>,
  clientId: string,
): string[] {
  const own = connectors.filter((connector) => connector.kind !== 'smtp' && connector.oauthClientId === clientId);
  const names = own.map(({ name }) => name);
  const bySenders = routes.flatMap(({ connector, connectors: several, sender, senders }) => {
    const ways = several ?? (connector === undefined ? undefined : [connector]);
    const mayGoByOne = ways?.some((way) => names.includes(way)) ?? true;
    return mayGoByOne ? [sender, ...(senders ?? [])].filter((each) => each !== undefined) : [];
  });
  const all = [...own.map(({ userName }) => userName), ...(own.length > 0 ? bySenders : [])];
  return [...new Map(all.map((address) => [address.toLowerCase(), address])).values()];
}

/** Whether any connector of this app keeps drafts for large mail: what limits the app must let it. */
export function keepsDrafts({ connectors }: Pick<Config, 'connectors'>, clientId: string): boolean {
  return connectors.some(
    (each) => each.kind === 'graph' && each.oauthClientId === clientId && each.largeMessages === 'upload',
  );
}

/** Whether a route sends by this connector as another mailbox than its system account. */
function hasSeveralSenders(config: ConnectorConfig, routes: readonly RouteConfig[]): boolean {
  return routes.some(({ connector, connectors, sender, senders }) => {
    const others = [sender, ...(senders ?? [])].filter((each) => each !== undefined && each !== config.userName);
    const names = connectors ?? (connector === undefined ? undefined : [connector]);
    return others.length > 0 && (names?.includes(config.name) ?? true);
  });
}
