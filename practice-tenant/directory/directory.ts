/**
 * The directory of one tenant: its state, and the look-ups that every endpoint shares. What changes it stands in the files
 * beside this one, so that Graph, the portal, PowerShell and the seed do the same thing.
 */
import { randomUUID } from 'node:crypto';
import type { Application, DirectoryState, ServicePrincipal, TenantGroup, TenantUser } from './directory-state.ts';

export class Directory {
  readonly state: DirectoryState;
  readonly #recipients = new Map<string, TenantUser>();
  #indexedUsers = -1;

  constructor(state: DirectoryState) {
    this.state = state;
  }

  get tenantId(): string {
    return this.state.tenantId;
  }

  /** The default verified domain. */
  get domain(): string {
    return this.state.domains[0] ?? 'contoso.example';
  }

  /** By object id, address or alias, in any case, as Exchange compares them. */
  user(name: string): TenantUser | undefined {
    if (this.#indexedUsers !== this.state.users.length) this.reindex();
    return this.#recipients.get(name.toLowerCase());
  }

  /** After an address or an alias has changed. */
  reindex(): void {
    this.#recipients.clear();
    for (const user of this.state.users)
      for (const name of [user.id, user.address, ...user.aliases]) this.#recipients.set(name.toLowerCase(), user);
    this.#indexedUsers = this.state.users.length;
  }

  /** By object id, address, alias or display name. */
  group(name: string): TenantGroup | undefined {
    const wanted = name.toLowerCase();
    return this.state.groups.find((group) =>
      [group.id, group.mail, group.displayName, ...group.aliases].some((each) => each?.toLowerCase() === wanted),
    );
  }

  application(objectId: string): Application | undefined {
    return this.state.applications.find(({ id }) => id === objectId.toLowerCase());
  }

  applicationByAppId(appId: string): Application | undefined {
    return this.state.applications.find((each) => each.appId === appId.toLowerCase());
  }

  servicePrincipal(objectId: string): ServicePrincipal | undefined {
    return this.state.servicePrincipals.find(({ id }) => id === objectId.toLowerCase());
  }

  servicePrincipalByAppId(appId: string): ServicePrincipal | undefined {
    return this.state.servicePrincipals.find((each) => each.appId === appId.toLowerCase());
  }

  /** The users below a group, nested groups followed; a group that contains itself is no trap. */
  membersBelow(group: TenantGroup, seen = new Set<string>()): TenantUser[] {
    if (seen.has(group.id)) return [];
    seen.add(group.id);
    return group.members.flatMap((id) => {
      const user = this.user(id);
      if (user) return [user];
      const nested = this.state.groups.find((each) => each.id === id);
      return nested ? this.membersBelow(nested, seen) : [];
    });
  }

  isInternal(address: string): boolean {
    const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
    return this.state.domains.some((each) => each.toLowerCase() === domain);
  }

  newId(): string {
    return randomUUID();
  }
}
