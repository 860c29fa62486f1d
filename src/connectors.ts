/** Makes couriers out of the configured connectors: cloud, connections, tokens, limits. */
import { readFileSync } from 'node:fs';
import type { Dispatcher } from 'undici';
import type { ConnectorConfig, MicrosoftConnectorConfig, RouteConfig } from './config/schema.ts';
import type { Secret } from './config/secret.ts';
import type { CrashProbe } from './domain/crash-point.ts';
import type { Clock } from './domain/ports.ts';
import type { Courier } from './egress/courier.ts';
import { GraphCourier } from './egress/graph/graph-courier.ts';
import { type Cloud, cloudWith } from './microsoft/clouds.ts';
import { openConnections } from './microsoft/connections.ts';
import { type Credential, TokenSource } from './microsoft/token-source.ts';
import { defaultUncertainRule, type OutgoingConnector } from './queue/delivery-port.ts';
import { unlimited } from './queue/lane-limits.ts';
import type { CheckedConnector } from './setup/checks/check.ts';

export interface ConnectorParts {
  readonly clock: Clock;
  readonly probe: CrashProbe | undefined;
}

export interface BuiltConnector extends OutgoingConnector {
  readonly courier: Courier;
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
    case 'smtp-oauth':
    case 'smtp':
      throw new Error(`The connector ${config.name} is of the kind ${config.kind}, which is not built yet.`);
  }
}

function buildGraph(
  config: Extract<ConnectorConfig, { kind: 'graph' }>,
  routes: readonly RouteConfig[],
  parts: ConnectorParts,
): BuiltConnector {
  const cloud = cloudOf(config);
  const limits = config.limits === 'unlimited' ? unlimited : config.limits;
  const connections = connectionsOf(config, limits.concurrency);
  const now = () => parts.clock.now();
  const tokens = new TokenSource({
    login: cloud.login,
    tenant: config.tenantId,
    clientId: config.oauthClientId,
    credential: renewedCredential(config),
    resource: cloud.graphResource,
    connections,
    now,
  });
  const courier = new GraphCourier({
    graph: cloud.graph,
    tokens,
    connections,
    severalSenders: hasSeveralSenders(config, routes),
    readSentItems: config.readSentItems,
    now,
    ...(parts.probe ? { probe: parts.probe } : {}),
  });
  return {
    name: config.name,
    courier,
    limits,
    registration: config.oauthClientId,
    // Microsoft has published the four concurrent requests both for a mailbox and for an application: both are kept.
    registrationConcurrency: limits.concurrency,
    uncertain: { ...defaultUncertainRule, rule: config.uncertain },
  };
}

/**
 * Connections on the connector's way to Microsoft; the caller closes them.
 * @throws the system's error when the CA file cannot be read.
 */
export function connectionsOf(config: MicrosoftConnectorConfig, atOnce?: number): Dispatcher {
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
    cloud: cloudOf(config),
    tenantId: config.tenantId,
    clientId: config.oauthClientId,
    userName: config.userName,
    credential: credentialOf(config),
    readsSentItems: config.kind === 'graph' && config.readSentItems,
    limits: config.limits === 'unlimited' ? unlimited : config.limits,
  };
}

/** The hosts of the connector's cloud. */
export function cloudOf({ cloud }: MicrosoftConnectorConfig): Cloud {
  if (typeof cloud === 'string') return cloudWith(cloud);
  const { login, graph, smtp } = cloud.custom;
  return cloudWith('global', { login, graph, graphResource: graph, ...(smtp ? { smtpHost: smtp } : {}) });
}

/** From its file, where it has one and that can be read: it may have been renewed since the start. */
function secretNow(secret: Secret): string {
  if (secret.file === undefined) return secret.reveal();
  try {
    return readFileSync(secret.file, 'utf8').trim() || secret.reveal();
  } catch {
    // The one from the start may still be good, and Entra says so soon enough when it is not.
    return secret.reveal();
  }
}

/** As it stands in its files now. @throws the system's error when one cannot be read */
export function credentialOf({ credential }: MicrosoftConnectorConfig): Credential {
  switch (credential.kind) {
    case 'secret':
      return { kind: 'secret', secret: secretNow(credential.secret) };
    case 'certificate':
      return {
        kind: 'certificate',
        certificatePem: readFileSync(credential.certificate, 'utf8'),
        privateKeyPem: readFileSync(credential.key, 'utf8'),
      };
  }
}

/**
 * The credential as it stands in its files at the time of the question. While they cannot be read, the last one that could
 * be is good enough: a renewal replaces one file after the other.
 * @throws the system's error when it cannot be read now
 */
function renewedCredential(config: MicrosoftConnectorConfig): () => Credential {
  let last = credentialOf(config);
  return () => {
    try {
      last = credentialOf(config);
    } catch {
      // Entra says soon enough whether the last one is still good.
    }
    return last;
  };
}

/** Whether a route sends by this connector as another mailbox than its system account. */
function hasSeveralSenders(config: ConnectorConfig, routes: readonly RouteConfig[]): boolean {
  return routes.some(
    (route) =>
      route.sender !== undefined &&
      route.sender !== config.userName &&
      (route.connector === undefined || route.connector === config.name),
  );
}
