/** Puts a seed into a tenant. */
import type { TenantUser } from '../directory/directory-state.ts';
import { addGroup } from '../directory/groups.ts';
import { addUser } from '../directory/users.ts';
import { PracticeApp } from '../practice-app.ts';
import type { Service, Tenant } from '../service.ts';
import type { TenantSeed } from './seed.ts';
import { SeedError } from './seed-error.ts';

/** An application of the seed with its new secret, which is shown once. */
export interface PlantedApplication {
  readonly name: string;
  readonly app: PracticeApp;
  readonly secret: string | undefined;
}

const dayMs = 24 * 3600 * 1000;
const groupKinds = {
  'mail-enabled security': { mailEnabled: true, securityEnabled: true, groupTypes: [] },
  security: { mailEnabled: false, securityEnabled: true, groupTypes: [] },
  distribution: { mailEnabled: true, securityEnabled: false, groupTypes: [] },
  'microsoft 365': { mailEnabled: true, securityEnabled: false, groupTypes: ['Unified'] },
} as const;

/** @throws SeedError for a name that leads nowhere, or an address that is taken */
export function plant(service: Service, tenant: Tenant, seed: TenantSeed): readonly PlantedApplication[] {
  const { directory, profile } = tenant;
  const now = service.clock.now();
  for (const { address, mailbox, roles, ...rest } of seed.users)
    attempt(() => addUser(directory, address, { ...rest, ...kindOf(mailbox, roles) }, now));
  const idOf = (name: string) => {
    const found = directory.user(name) ?? directory.group(name);
    if (!found) throw new SeedError(`The seed names ${name}, which is neither a user nor a group above it.`);
    return found.id;
  };
  for (const { name, address, kind, description, members, owners } of seed.groups)
    attempt(() =>
      addGroup(
        directory,
        {
          displayName: name,
          description: description ?? null,
          ...(address ? { mail: address, mailNickname: address.split('@')[0] ?? name } : {}),
          ...groupKinds[kind],
          members: members.map(idOf),
          owners: owners.map(idOf),
        },
        now,
      ),
    );
  const planted = seed.applications.map(({ name, clientId, permissions, secretDays, redirectUris, publicClient }) => {
    const options = { displayName: name, roles: permissions, redirectUris, publicClient };
    const app = attempt(() =>
      PracticeApp.register(directory, profile, service.clock.now, { ...options, ...(clientId ? { clientId } : {}) }),
    );
    return { name, app, secret: secretDays === undefined ? undefined : app.addSecret(now + secretDays * dayMs) };
  });
  for (const { application, right, scope } of seed.accessPolicies) {
    const app = planted.find(({ name }) => name === application)?.app;
    if (!app) throw new SeedError(`The seed has a policy for ${application}, which is no application of it.`);
    const scopeId = idOf(scope);
    directory.state.exchange.accessPolicies.push({
      identity: `${directory.tenantId}\\${app.clientId}:${scopeId}`,
      appId: app.clientId,
      accessRight: right,
      scopeId,
      description: ' ',
      effectiveAt: now,
      removedAt: null,
    });
  }
  directory.state.exchange.smtpClientAuthenticationDisabled = !seed.smtpClientAuthentication;
  return planted;
}

function kindOf(mailbox: TenantUser['mailboxType'] | undefined, roles: readonly string[] | undefined) {
  return { ...(mailbox ? { mailboxType: mailbox } : {}), ...(roles ? { directoryRoles: [...roles] } : {}) };
}

function attempt<T>(add: () => T): T {
  try {
    return add();
  } catch (error) {
    throw new SeedError(error instanceof Error ? error.message : String(error));
  }
}
