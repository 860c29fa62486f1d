/** One request of somebody who is signed in at the portal, and what that person may do. */

import type { Application } from '../directory/directory-state.ts';
import { mayConsentForAll } from '../entra/consent-requests.ts';
import type { SignedInUser } from '../entra/sign-in-page.ts';
import { mayManageExchange, type Operator } from '../exchange/cmdlets/run-cmdlet.ts';
import type { TenantRequest } from '../http/exchange.ts';
import type { Service } from '../service.ts';

export interface PortalCall extends SignedInUser {
  readonly service: Service;
  readonly request: TenantRequest;
  /** Fields of a posted form; empty for a GET. */
  readonly form: FormData;
  /** Decoded segments below /portal/. */
  readonly path: readonly string[];
  /** ms since the epoch. */
  readonly now: number;
}

/** Roles that manage the registrations of everybody. Source: Entra "built-in roles". */
const applicationRoles = ['Global Administrator', 'Application Administrator', 'Cloud Application Administrator'];

/** Whoever registered an application owns it and may manage it, without any role. */
export function mayManage({ user }: PortalCall, application: Application): boolean {
  return application.owners.includes(user.id) || user.directoryRoles.some((role) => applicationRoles.includes(role));
}

export function mayConsent({ user }: PortalCall): boolean {
  return mayConsentForAll(user);
}

/** The person as Exchange's cmdlets see it. */
export function operatorOf({ user }: PortalCall): Operator {
  return { name: user.address, directoryRoles: user.directoryRoles };
}

export function mayUseExchange(call: PortalCall): boolean {
  return mayManageExchange(operatorOf(call));
}

/** One field of the form, trimmed; empty where there is none. */
export function field({ form }: PortalCall, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

/** All values of a field that may come more than once. */
export function fields({ form }: PortalCall, name: string): string[] {
  return form.getAll(name).filter((value) => typeof value === 'string');
}
