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
import type { Seed } from '../../../practice-tenant/seed/seed.ts';
import { type KeptState, readState, writeState } from '../../../practice-tenant/seed/state-file.ts';
import type { Tenant } from '../../../practice-tenant/service.ts';

export interface OpenOptions {
  readonly port: number;
  readonly uploadPort: number;
  readonly smtpPort?: number;
  /** Loopback when not given: it must not be exposed. */
  readonly host?: string;
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
  const seed = kept || !seedFile ? undefined : await readSeed(seedFile);
  const wantedCloud = cloud ?? seed?.cloud ?? kept?.cloud;
  const elsewhere = kept?.elsewhere ?? seed?.elsewhere ?? {};
  const { changed, follow } = writesThatFollow();
  const service = await startPracticeService({
    ...ports,
    ...(wantedCloud ? { cloud: wantedCloud } : {}),
    ...(kept ? { authority: kept.authority, clockOffsetMs: kept.clockOffsetMs } : {}),
    ...(stateFile === undefined ? {} : { changed }),
    elsewhere,
    tenants: kept ? kept.tenants.map((tenant) => keptTenant(tenant, profile)) : namesOf(seed, users, profile),
  });
  const authority = await service.keptAuthority();
  const write = () => {
    if (stateFile === undefined) return;
    writeState(stateFile, {
      authority,
      cloud: service.cloud.name,
      clockOffsetMs: service.clock.offsetMs,
      elsewhere,
      tenants: service.tenants.map((tenant) => ({
        directory: tenant.directory.state,
        profile: tenant.profile,
        mail: tenant.mailboxes.kept(),
      })),
    });
  };
  try {
    const tenants = service.tenants.map((tenant, index): OpenedTenant => {
      if (kept) return { tenant, applications: [] };
      const planted = seed?.tenants[index];
      return { tenant, applications: planted ? plant(service, tenant, planted) : furnish(service, tenant, users) };
    });
    write();
    const stopFollowing = follow(write);
    return {
      service,
      tenants,
      async close() {
        await service.close();
        stopFollowing();
        write();
      },
    };
  } catch (error) {
    await service.close();
    throw error;
  }
}

/** The reader of YAML is loaded for this alone. */
async function readSeed({ text, file }: NonNullable<OpenOptions['seed']>): Promise<Seed> {
  const { parseSeed } = await import('../../../practice-tenant/seed/seed.ts');
  return parseSeed(text, file);
}

/** As it was; a profile that is asked for now takes the place of the limits that were kept. */
function keptTenant(tenant: KeptState['tenants'][number], profile: ProfileName | undefined) {
  const { directory: state, mail } = tenant;
  if (profile) return { state, mail, profile };
  return { state, mail, ...(tenant.profile ? { limits: tenant.profile } : {}) };
}

/** A big state takes a while to write: so much of the time may be spent with it, in parts of one. */
const partOfTime = 0.1;
const soonestMs = 50;
const againMs = 5000;

/** Writes after changes: soon where the state is small, and so that a big one under load leaves time for the load. */
function writesThatFollow() {
  let write: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let pauseMs = soonestMs;
  const changed = () => {
    if (!write || timer) return;
    timer = setTimeout(() => {
      timer = undefined;
      const started = performance.now();
      try {
        write?.();
        pauseMs = Math.max(soonestMs, (performance.now() - started) / partOfTime);
      } catch {
        // A full disk ends no rehearsal: it is tried again, and the write at the end says what is wrong.
        pauseMs = againMs;
        changed();
      }
    }, pauseMs).unref();
  };
  return {
    changed,
    /** From now on; returns what ends it. */
    follow(how: () => void) {
      write = how;
      return () => {
        write = undefined;
        clearTimeout(timer);
      };
    },
  };
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
