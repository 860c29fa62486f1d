/** What `mailroom tenant` prints: where the tenants are, and what clients need to use them. */
import type { OpenedTenants } from './open-tenants.ts';

export interface TenantFacts {
  readonly origin: string;
  readonly uploadOrigin: string;
  readonly smtpPort: number | undefined;
  readonly cloud: string;
  /** What a token for Graph is asked with. */
  readonly scope: string;
  readonly caFile: string;
  /** Of the first tenant, for programs that want just one. */
  readonly tenantId: string;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  readonly userName: string | undefined;
  readonly tenants: readonly {
    readonly tenantId: string;
    readonly domain: string;
    readonly users: readonly {
      readonly address: string;
      readonly password: string;
      readonly roles: readonly string[];
    }[];
    readonly applications: readonly { readonly name: string; readonly clientId: string; readonly secret?: string }[];
  }[];
}

export function tenantFacts({ service, tenants }: OpenedTenants, caFile: string): TenantFacts {
  const described = tenants.map(({ tenant: { directory }, applications }) => ({
    tenantId: directory.tenantId,
    domain: directory.domain,
    users: directory.state.users.map(({ address, password, directoryRoles }) => ({
      address,
      password,
      roles: directoryRoles,
    })),
    applications: directory.state.applications.map(({ displayName, appId }) => {
      const secret = applications.find(({ app }) => app.clientId === appId)?.secret;
      return { name: displayName, clientId: appId, ...(secret ? { secret } : {}) };
    }),
  }));
  const [first] = described;
  const app = first?.applications.find(({ secret }) => secret !== undefined) ?? first?.applications[0];
  return {
    origin: service.origin,
    uploadOrigin: service.uploadOrigin,
    smtpPort: service.smtpPort,
    cloud: service.cloud.name,
    scope: `${service.cloud.graph}/.default`,
    caFile,
    tenantId: first?.tenantId ?? '',
    clientId: app?.clientId,
    clientSecret: app?.secret,
    userName: first?.users.find(({ roles }) => roles.length === 0)?.address ?? first?.users[0]?.address,
    tenants: described,
  };
}

/** The same for a person; `state` is the file that the tenants are kept in. */
export function tenantText(facts: TenantFacts, state: string | undefined): string {
  const { origin, caFile, tenantId, clientSecret } = facts;
  const clientId = facts.clientId ?? '(none yet: register an app in the portal)';
  const secret = clientSecret ?? (facts.clientId ? '(as it was shown before)' : '(none yet)');
  const userName = facts.userName ?? '(none yet)';
  const lines = [
    `Practice tenant: ${origin} (what has arrived: open it in a browser)`,
    `Portal: ${origin}/portal (app registrations, Exchange admin center, PowerShell)`,
    ...facts.tenants.flatMap(({ domain, tenantId: id, users }) => [
      `  ${domain}  ${id}`,
      ...users.map(
        ({ address, password, roles }) => `    ${address}  ${roles.join(', ') || 'user'}; password ${password}`,
      ),
    ]),
    ...(facts.smtpPort === undefined ? [] : [`SMTP submission with XOAUTH2: localhost:${facts.smtpPort}`]),
    '',
    'For a connector of Mailroom:',
    `  cloud: { custom: { login: "${origin}", graph: "${origin}" } }`,
    `  caFile: ${caFile}`,
    `  oauthClientId: ${clientId}`,
    `  tenantId: ${tenantId}`,
    `  userName: ${userName}`,
    `  secret: ${secret}`,
    '',
    'The same in the environment:',
    `  MAILROOM_OAUTH_CLIENT_ID=${clientId}`,
    `  MAILROOM_TENANT_ID=${tenantId}`,
    `  MAILROOM_USER_NAME=${userName}`,
    `  MAILROOM_CLIENT_SECRET=${secret}`,
    `  MAILROOM__CONNECTORS__0__CLOUD__CUSTOM__LOGIN=${origin}`,
    `  MAILROOM__CONNECTORS__0__CLOUD__CUSTOM__GRAPH=${origin}`,
    `  MAILROOM__CONNECTORS__0__CA_FILE=${caFile}`,
    '',
    'For @azure/identity and its like (with disableInstanceDiscovery):',
    `  AZURE_AUTHORITY_HOST=${origin}`,
    `  AZURE_TENANT_ID=${tenantId}`,
    `  AZURE_CLIENT_ID=${clientId}`,
    `  AZURE_CLIENT_SECRET=${secret}`,
    'For MSAL:',
    `  authority ${origin}/${tenantId}, knownAuthorities ["${new URL(origin).host}"], scope ${facts.scope}`,
    'Whom to trust:',
    `  NODE_EXTRA_CA_CERTS=${caFile}   SSL_CERT_FILE=${caFile}   REQUESTS_CA_BUNDLE=${caFile}`,
    '',
    state ? `Ctrl-C ends it; the tenants are kept in ${state}.` : 'Ctrl-C ends it; nothing is kept.',
    '',
  ];
  return lines.join('\n');
}
