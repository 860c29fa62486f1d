/**
 * Opens the practice service for `mailroom tenant`: from what was kept, else from a seed, else with one tenant, its
 * administrator, the mailboxes that were asked for and one registered app.
 */
import type { CloudName } from '../../../practice-tenant/clouds.ts';
import { addUser } from '../../../practice-tenant/directory/users.ts';
import { PracticeApp } from '../../../practice-tenant/practice-app.ts';
import { type PracticeService, startPracticeService } from '../../../practice-tenant/practice-service.ts';
import type { ProfileName } from '../../../practice-tenant/profile.ts';
import { type PlantedApplication, plant } from '../../../practice-tenant/seed/plant.ts';
import { parseSeed, type Seed } from '../../../practice-tenant/seed/seed.ts';
import { readState, writeState } from '../../../practice-tenant/seed/state-file.ts';
import type { Tenant } from '../../../practice-tenant/service.ts';

export interface OpenOptions {
  readonly port: number;
  readonly uploadPort: number;
  readonly smtpPort?: number;
  readonly users: readonly string[];
  readonly profile?: ProfileName;
  readonly cloud?: CloudName;
  readonly seed?: { readonly file: string; readonly text: string };
  readonly stateFile?: string;
}

export interface OpenedTenant {
  readonly tenant: Tenant;
  /** Apps with a secret that is new, hence can be shown; none for a tenant that was kept. */
  readonly applications: readonly PlantedApplication[];
}

export interface OpenedTenants {
  readonly service: PracticeService;
  readonly tenants: readonly OpenedTenant[];
  close(): Promise<void>;
}

const twoYearsMs = 2 * 365 * 24 * 3600 * 1000;

/** @throws SeedError for a seed or a state that cannot be used; Error when a port is taken */
export async function openTenants(options: OpenOptions): Promise<OpenedTenants> {
  const { stateFile, seed: seedFile, users, profile, cloud, ...ports } = options;
  const kept = stateFile === undefined ? undefined : readState(stateFile);
  const seed = kept || !seedFile ? undefined : parseSeed(seedFile.text, seedFile.file);
  const wantedCloud = cloud ?? seed?.cloud;
  const strictness = profile ? { profile } : {};
  // One write for all that one request changes: a request may change several things.
  let writing = false;
  const keep = () => {
    if (stateFile === undefined || writing) return;
    writing = true;
    setImmediate(() => {
      writing = false;
      write();
    });
  };
  const service = await startPracticeService({
    ...ports,
    ...(wantedCloud ? { cloud: wantedCloud } : {}),
    ...(kept ? { authority: kept.authority } : {}),
    changed: keep,
    tenants: kept ? kept.tenants.map((state) => ({ ...strictness, state })) : namesOf(seed, users, profile),
  });
  const authority = await service.keptAuthority();
  const write = () => {
    if (stateFile === undefined) return;
    writeState(stateFile, { format: 1, authority, tenants: service.tenants.map(({ directory }) => directory.state) });
  };
  try {
    const tenants = service.tenants.map((tenant, index): OpenedTenant => {
      if (kept) return { tenant, applications: [] };
      const planted = seed?.tenants[index];
      return { tenant, applications: planted ? plant(service, tenant, planted) : furnish(service, tenant, users) };
    });
    write();
    return {
      service,
      tenants,
      async close() {
        await service.close();
        write();
      },
    };
  } catch (error) {
    await service.close();
    throw error;
  }
}

function namesOf(seed: Seed | undefined, users: readonly string[], profile: ProfileName | undefined) {
  if (!seed) {
    const domain = users[0]?.split('@')[1];
    return [{ ...(domain ? { domains: [domain] } : {}), ...(profile ? { profile } : {}) }];
  }
  return seed.tenants.map(({ id, name, domains, limits, ...rest }) => {
    const wanted = profile ?? rest.profile;
    return {
      domains,
      ...(id ? { tenantId: id } : {}),
      ...(name ? { displayName: name } : {}),
      ...(wanted ? { profile: wanted } : {}),
      ...(limits ? { limits } : {}),
    };
  });
}

/** What a tenant without a seed has: an administrator, the mailboxes, and an app that may send. */
function furnish(service: PracticeService, tenant: Tenant, users: readonly string[]): readonly PlantedApplication[] {
  const { directory, profile } = tenant;
  const { now } = service.clock;
  const administrator = `admin@${directory.domain}`;
  if (!users.some((each) => each.toLowerCase() === administrator))
    addUser(directory, administrator, { displayName: 'Admin', directoryRoles: ['Global Administrator'] }, now());
  for (const address of users) addUser(directory, address, {}, now());
  const app = PracticeApp.register(directory, profile, now, { roles: ['Mail.Send'] });
  return [{ name: app.application.displayName, app, secret: app.addSecret(now() + twoYearsMs) }];
}
