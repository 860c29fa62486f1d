/**
 * One practice tenant by itself, in this process: what tests, the demo and the benches start. It holds the tenant's other
 * end: says what it knows, what it does wrong, and what arrived.
 */
import type { VirtualClock } from './clock.ts';
import type { CloudName } from './clouds.ts';
import type { Directory } from './directory/directory.ts';
import type { TenantGroup, TenantUser } from './directory/directory-state.ts';
import { addGroup } from './directory/groups.ts';
import { addUser, type UserOptions } from './directory/users.ts';
import type { Endpoint, Fault } from './faults/fault.ts';
import type { RecordedRequest } from './http/request-log.ts';
import type { KeepBodies, Mailboxes, MailCopy } from './mailboxes/mailboxes.ts';
import { type NewAppOptions, PracticeApp } from './practice-app.ts';
import { type PracticeService, startPracticeService } from './practice-service.ts';
import type { Profile, ProfileName } from './profile.ts';

export interface PracticeTenantOptions {
  /** Verified domain; contoso.example when not given. */
  readonly domain?: string;
  readonly tenantId?: string;
  readonly cloud?: CloudName;
  /** Tenants that another national cloud has, by id or domain. */
  readonly elsewhere?: Readonly<Record<string, CloudName>>;
  /** Addresses of users with a mailbox. */
  readonly users?: readonly string[];
  /** `documented` when not given: with Microsoft's limits and delays. */
  readonly profile?: ProfileName;
  readonly limits?: Partial<Profile>;
  /** 0 or nothing: any free port. */
  readonly port?: number;
  /** 0: any free port; no SMTP when not given. */
  readonly smtpPort?: number;
  /** Loopback unless said otherwise: it must not be exposed. */
  readonly host?: string;
  /** Further host names of the certificate. */
  readonly names?: readonly string[];
  /** ms since the epoch; the time of this machine when not given. */
  readonly now?: () => number;
  readonly random?: () => number;
  readonly keepBodies?: KeepBodies;
}

/** An application access policy with its scope group spelt out. */
export interface PolicyWish {
  readonly clientId: string;
  readonly right: 'RestrictAccess' | 'DenyAccess';
  readonly mailboxes: readonly string[];
}

/** A role assignment of RBAC for Applications; `mailboxes` undefined means the whole organisation. */
export interface RoleWish {
  readonly clientId: string;
  readonly role: string;
  readonly mailboxes: readonly string[] | undefined;
}

export interface PracticeTenant {
  /** https://localhost:PORT: sign-in host, Graph host and resource in one. */
  readonly origin: string;
  readonly port: number;
  readonly smtpPort: number | undefined;
  readonly caPem: string;
  readonly tenantId: string;
  readonly domain: string;
  readonly directory: Directory;
  readonly mailboxes: Mailboxes;
  readonly clock: VirtualClock;
  readonly profile: Profile;
  readonly service: PracticeService;
  enqueueFault(fault: Fault): void;
  clearFaults(): void;
  /** The newest 10,000 requests, oldest first, without their credentials. */
  requests(endpoint?: Endpoint): readonly RecordedRequest[];
  /** The next request to an endpoint that has not been taken yet; waits for it. @throws Error when none came in time. */
  takeRequest(endpoint: Endpoint, deadlineMs?: number): Promise<RecordedRequest>;
  /** An app registration with a secret that is good for two years, and app roles (Mail.Send) granted. */
  addApp(options?: NewAppOptions): { app: PracticeApp; secret: string };
  addUser(address: string, options?: UserOptions): TenantUser;
  /** These policies and no others, in force at once. */
  setAccessPolicies(policies: readonly PolicyWish[]): void;
  /** These role assignments and no others, in force at once. */
  setRoleAssignments(assignments: readonly RoleWish[]): void;
  /** Copies in a mailbox of the tenant, or of an address in the world outside it. */
  mailbox(address: string, folder?: MailCopy['folder']): readonly MailCopy[];
  close(): Promise<void>;
}

const twoYearsMs = 2 * 365 * 24 * 3600 * 1000;

/** Starts a practice tenant; ready when the promise resolves. */
export async function startPracticeTenant(options: PracticeTenantOptions = {}): Promise<PracticeTenant> {
  const { domain, tenantId, users = [], profile: profileName, limits, ...rest } = options;
  const service = await startPracticeService({
    ...rest,
    tenants: [
      {
        ...(domain ? { domains: [domain] } : {}),
        ...(tenantId ? { tenantId } : {}),
        ...(profileName ? { profile: profileName } : {}),
        ...(limits ? { limits } : {}),
      },
    ],
  });
  const { clock, faults, log } = service;
  const tenant = service.tenants[0];
  if (!tenant) throw new Error('The service started without a tenant.');
  const { directory, mailboxes, profile } = tenant;
  for (const address of users) addUser(directory, address, {}, clock.now());

  /** The only member itself, or a group of all. */
  const scopeOf = (addresses: readonly string[]): string => {
    const members = addresses.flatMap((address) => directory.user(address)?.id ?? []);
    const only = members.length === 1 ? members[0] : undefined;
    return only ?? groupOf(directory, addresses, clock.now()).id;
  };

  return {
    origin: service.origin,
    port: service.port,
    smtpPort: service.smtpPort,
    caPem: service.caPem,
    tenantId: directory.tenantId,
    domain: directory.domain,
    directory,
    mailboxes,
    clock,
    profile,
    service,
    enqueueFault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    requests: (endpoint) => log.list(endpoint),
    takeRequest: (endpoint, deadlineMs = 10_000) => log.take(endpoint, deadlineMs),
    addApp(wishes = {}) {
      const app = PracticeApp.register(directory, profile, clock.now, { roles: ['Mail.Send'], ...wishes });
      return { app, secret: app.addSecret(clock.now() + twoYearsMs) };
    },
    addUser: (user, userOptions = {}) => addUser(directory, user, userOptions, clock.now()),
    setAccessPolicies(policies) {
      directory.state.exchange.accessPolicies = policies.map(({ clientId, right, mailboxes: addresses }) => {
        const scopeId = scopeOf(addresses);
        const identity = `${directory.tenantId}\\${clientId}:${scopeId}`;
        const times = { effectiveAt: clock.now(), removedAt: null };
        return { identity, appId: clientId, accessRight: right, scopeId, description: ' ', ...times };
      });
    },
    setRoleAssignments(assignments) {
      const { exchange } = directory.state;
      exchange.roleAssignments = assignments.map(({ clientId, role, mailboxes: addresses }, index) => ({
        name: `Assignment ${index + 1}`,
        role,
        app: directory.servicePrincipalByAppId(clientId)?.id ?? clientId,
        customResourceScope: null,
        recipientGroupScope: addresses === undefined ? null : groupOf(directory, addresses, clock.now()).displayName,
        recipientAdministrativeUnitScope: null,
        effectiveAt: clock.now(),
        removedAt: null,
      }));
    },
    mailbox: (mailbox, folder) => mailboxes.of(mailbox, folder),
    close: () => service.close(),
  };
}

/** A new mail-enabled security group of these mailboxes. */
function groupOf(directory: Directory, addresses: readonly string[], now: number): TenantGroup {
  const members = addresses.flatMap((address) => directory.user(address)?.id ?? []);
  const displayName = `Scope ${directory.state.groups.length + 1}`;
  return addGroup(directory, { displayName, mailEnabled: true, securityEnabled: true, members }, now);
}
