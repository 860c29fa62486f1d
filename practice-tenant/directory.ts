/**
 * What the practice tenant knows: users, app registrations with their credentials and grants, and the limits on which
 * mailboxes an app may use. Plain data in memory; the endpoints read it, the control side changes it.
 */
import { randomUUID } from 'node:crypto';

export interface TenantUser {
  readonly id: string;
  /** Primary address and user principal name. */
  readonly address: string;
  readonly aliases: readonly string[];
  /** Without one, Graph answers MailboxNotEnabledForRESTAPI. */
  readonly hasMailbox: boolean;
  /** Addresses of others that this mailbox may send as (Add-RecipientPermission -AccessRights SendAs); `*` stands for all. */
  readonly maySendAs: readonly string[];
}

export interface AppSecret {
  readonly keyId: string;
  readonly value: string;
  /** ms since the epoch. */
  expiresAt: number;
}

export interface AppCertificate {
  /** Base64url of the SHA-256 and SHA-1 of the certificate: x5t#S256 and x5t. */
  readonly thumbprints: readonly string[];
  readonly pem: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface TenantApp {
  /** Application (client) ID. */
  readonly clientId: string;
  /** Object id of the service principal: `oid` and `sub` of its tokens. */
  readonly servicePrincipalId: string;
  readonly displayName: string;
  readonly secrets: AppSecret[];
  readonly certificates: AppCertificate[];
  /** App roles of Graph that were granted: `roles` of its tokens. */
  readonly roles: Set<string>;
  disabled: boolean;
}

/** An application access policy (New-ApplicationAccessPolicy) with its scope group spelt out. */
export interface AccessPolicy {
  readonly clientId: string;
  readonly right: 'RestrictAccess' | 'DenyAccess';
  readonly mailboxes: readonly string[];
}

/** A role assignment of RBAC for Applications; `mailboxes` undefined means the whole organisation. */
export interface RoleAssignment {
  readonly clientId: string;
  readonly role: string;
  readonly mailboxes: readonly string[] | undefined;
}

export class Directory {
  readonly tenantId: string;
  readonly domain: string;
  readonly users = new Map<string, TenantUser>();
  readonly apps = new Map<string, TenantApp>();
  accessPolicies: AccessPolicy[] = [];
  roleAssignments: RoleAssignment[] = [];

  constructor(tenantId: string, domain: string) {
    this.tenantId = tenantId;
    this.domain = domain;
  }

  addUser(address: string, options: Partial<Omit<TenantUser, 'id' | 'address'>> = {}): TenantUser {
    const user: TenantUser = {
      id: randomUUID(),
      address,
      aliases: options.aliases ?? [],
      hasMailbox: options.hasMailbox ?? true,
      maySendAs: options.maySendAs ?? [],
    };
    for (const name of [user.id, user.address, ...user.aliases]) this.users.set(name.toLowerCase(), user);
    return user;
  }

  /** By object id, address or alias, in any case, as Exchange compares them. */
  user(name: string): TenantUser | undefined {
    return this.users.get(name.toLowerCase());
  }

  addApp(displayName: string, options: { clientId?: string; roles?: readonly string[] } = {}): TenantApp {
    const app: TenantApp = {
      clientId: options.clientId ?? randomUUID(),
      servicePrincipalId: randomUUID(),
      displayName,
      secrets: [],
      certificates: [],
      roles: new Set(options.roles ?? []),
      disabled: false,
    };
    this.apps.set(app.clientId, app);
    return app;
  }

  /**
   * Whether an application access policy lets the app use the mailbox. Any matching Deny denies; else any matching Restrict
   * allows; else an app with any Restrict is denied; else it is allowed.
   */
  policyAllows(clientId: string, mailbox: string): boolean {
    const policies = this.accessPolicies.filter((policy) => policy.clientId === clientId);
    const covers = (policy: AccessPolicy) =>
      policy.mailboxes.some((each) => each.toLowerCase() === mailbox.toLowerCase());
    if (policies.some((policy) => policy.right === 'DenyAccess' && covers(policy))) return false;
    const restricting = policies.filter((policy) => policy.right === 'RestrictAccess');
    return restricting.length === 0 || restricting.some(covers);
  }

  /** Whether RBAC for Applications gives the app this role for the mailbox. Needs no role in the token. */
  roleAssigned(clientId: string, role: string, mailbox: string): boolean {
    return this.roleAssignments.some(
      (assignment) =>
        assignment.clientId === clientId &&
        assignment.role === role &&
        (assignment.mailboxes === undefined ||
          assignment.mailboxes.some((each) => each.toLowerCase() === mailbox.toLowerCase())),
    );
  }

  isInternal(address: string): boolean {
    return address.toLowerCase().endsWith(`@${this.domain.toLowerCase()}`);
  }
}
