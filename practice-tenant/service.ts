/**
 * What every endpoint gets: one service stands for Microsoft's hosts, with the tenants that live in it. Data and parts
 * only; `practice-service.ts` puts them together and listens.
 */
import type { VirtualClock } from './clock.ts';
import type { Cloud, CloudName } from './clouds.ts';
import type { Directory } from './directory/directory.ts';
import type { Grants } from './entra/grants.ts';
import type { SignInSessions } from './entra/sign-in-sessions.ts';
import type { Tokens } from './entra/tokens.ts';
import type { TrafficLimits } from './limits/traffic-limits.ts';
import type { Mailboxes } from './mailboxes/mailboxes.ts';
import type { Shells } from './portal/powershell/shells.ts';
import type { Profile } from './profile.ts';

export interface Tenant {
  readonly directory: Directory;
  readonly mailboxes: Mailboxes;
  /** Its values may be changed while the tenant runs. */
  readonly profile: Profile;
  readonly limits: TrafficLimits;
}

export interface Service {
  /** https://localhost:PORT: sign-in host, Graph, Exchange and portal in one. */
  readonly origin: string;
  /** https://127.0.0.1:PORT of uploads: another host, which must never see a bearer token. */
  readonly uploadOrigin: string;
  readonly cloud: Cloud;
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly tokens: Tokens;
  readonly sessions: SignInSessions;
  readonly grants: Grants;
  readonly shells: Shells;
  readonly tenants: readonly Tenant[];
  /** Tenants that another national cloud has, by id or domain in lower case. */
  readonly elsewhere: ReadonlyMap<string, CloudName>;
  /** By tenant id or verified domain, in any case. */
  tenant(name: string): Tenant | undefined;
  /** Told after each change of a directory, so that a state file can follow; mailboxes tell of their own. */
  changed(): void;
}
