/**
 * Who is asking Graph, and for which mailbox. A token without roles is no error by itself: RBAC for Applications needs
 * none, and a missing permission shows only at the resource.
 */
import type { Directory, TenantUser } from '../directory.ts';
import type { Tokens } from '../entra/tokens.ts';
import { headerText, type TenantRequest, type TenantResponse } from '../http/exchange.ts';
import { graphError, invalidUser } from './graph-error.ts';

export interface GraphContext {
  readonly directory: Directory;
  readonly tokens: Tokens;
  readonly origin: string;
  readonly now: () => number;
}

export interface Caller {
  readonly clientId: string;
  readonly roles: readonly string[];
}

type Refusable<T> = { readonly value: T } | { readonly refusal: TenantResponse };

/** The app behind the bearer token. */
export async function callerOf(context: GraphContext, request: TenantRequest): Promise<Refusable<Caller>> {
  const clientRequestId = headerText(request.headers, 'client-request-id');
  const refuse = (name: 'tokenMissing' | 'tokenExpired' | 'tokenMalformed' | 'wrongAudience') => ({
    refusal: graphError(name, context.now(), clientRequestId),
  });
  const token = /^Bearer +(\S+)$/i.exec(headerText(request.headers, 'authorization') ?? '')?.[1];
  if (!token) return refuse('tokenMissing');
  const check = await context.tokens.check(token);
  if (!check.valid) return refuse(check.why === 'expired' ? 'tokenExpired' : 'tokenMalformed');
  const { aud, appid, roles } = check.claims;
  if (aud !== context.origin && aud !== 'https://graph.microsoft.com') return refuse('wrongAudience');
  return { value: { clientId: appid, roles } };
}

/** The mailbox of a path, when this caller may use it with this permission. */
export function mailboxFor(
  context: GraphContext,
  caller: Caller,
  name: string,
  permission: 'Mail.Send' | 'Mail.Read',
): Refusable<TenantUser> {
  const { directory, now } = context;
  const user = directory.user(name);
  const address = user?.address ?? name;
  const byRole =
    caller.roles.includes(permission) || (permission === 'Mail.Read' && caller.roles.includes('Mail.ReadWrite'));
  const byAssignment = directory.roleAssigned(caller.clientId, `Application ${permission}`, address);
  if (!byRole && !byAssignment) return { refusal: graphError('accessDenied', now()) };
  if (!user) return { refusal: invalidUser(name, now()) };
  if (!byAssignment && !directory.policyAllows(caller.clientId, address))
    return { refusal: graphError('blockedByPolicy', now()) };
  if (!user.hasMailbox) return { refusal: graphError('mailboxNotEnabled', now()) };
  return { value: user };
}
