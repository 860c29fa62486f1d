/** The configuration as the console shows it: chosen field by field, so that no secret gets there by being forgotten. */
import { X509Certificate } from 'node:crypto';
import type { ClientView, ConnectorView, ListenerWishes, RouteView } from './admin/http/surroundings.ts';
import type { Config, ConnectorConfig, RouteConfig } from './config/schema.ts';
import type { TextPlace } from './config/text-place.ts';

export function connectorView(config: ConnectorConfig): ConnectorView {
  const { name, kind, userName, uncertain } = config;
  const limits = config.limits === 'unlimited' ? undefined : config.limits;
  const common = { name, kind, userName, uncertain, limits };
  if (config.kind === 'smtp') {
    const server = `${config.host}:${config.port}`;
    return { ...common, server, credential: config.auth ? 'password' : 'none', credentialEndsAt: undefined };
  }
  const { cloud, credential } = config;
  return {
    ...common,
    cloud: typeof cloud === 'string' ? cloud : `${cloud.custom.login}, ${cloud.custom.graph}`,
    oauthClientId: config.oauthClientId,
    tenantId: config.tenantId,
    ...(config.kind === 'graph' ? { largeMessages: config.largeMessages } : {}),
    credential: credential.kind,
    credentialEndsAt: credential.kind === 'certificate' ? endOf(credential.certificate) : undefined,
  };
}

function endOf(certificate: TextPlace): number | undefined {
  try {
    return new X509Certificate(certificate.read()).validToDate.getTime();
  } catch {
    // The checks tell what is wrong with the file; here there is just no date.
    return undefined;
  }
}

export function clientView(config: Config['clients'][number]): ClientView {
  const { quota } = config;
  return {
    name: config.name,
    login: config.login,
    hasApiKey: config.apiKey !== undefined || config.apiKeyHash !== undefined,
    previousPasswordUntil: config.previousPasswordUntil,
    previousApiKeyUntil: config.previousApiKeyUntil,
    addresses: config.addresses,
    senders: config.senders,
    priority: config.priority,
    connector: config.connector,
    quota: Object.fromEntries(
      Object.entries(quota).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
  };
}

export function routeView({ when, ...config }: RouteConfig): RouteView {
  return {
    name: config.name,
    when: Object.entries(when).flatMap(([what, is]) => (is === undefined ? [] : [{ what, is: [is].flat() }])),
    connector: config.connector,
    connectors: config.connectors,
    fallBackAfter: config.fallBackAfter,
    sender: config.sender,
    senders: config.senders,
    form: config.form,
    saveToSentItems: config.saveToSentItems,
    fromHeader: config.fromHeader,
    hold: config.hold,
  };
}

/** How a listener that takes mail wants to be talked to. */
export function listenerWishes({ smtp, http }: Config, name: string): ListenerWishes | undefined {
  const listener = smtp.find((each) => each.name === name);
  if (!listener) {
    const web = http.find((each) => each.name === name);
    return web && { tls: web.tls ? 'implicit' : 'none', login: true };
  }
  const { tls, auth, allowPlaintextAuth } = listener;
  const mode = tls.mode === 'implicit' || tls.mode === 'none' ? tls.mode : 'starttls';
  return { tls: mode, login: auth !== 'none' && (mode !== 'none' || allowPlaintextAuth) };
}

export function redactionView({ name, when, body }: Config['redact'][number]): {
  name: string;
  when: string;
  deletes: boolean;
} {
  const words = Object.entries(when).flatMap(([what, is]) =>
    is === undefined ? [] : [`${what} ${[is].flat().join(', ')}`],
  );
  return { name, when: words.join('; '), deletes: body === 'delete' };
}
