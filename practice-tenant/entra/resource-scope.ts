/**
 * Which resource a token is asked for. Source: Entra "scopes and permissions": `<resource>/.default` or `<resource>/<name>`;
 * names without a resource are Graph's.
 */

import type { ServicePrincipal } from '../directory/directory-state.ts';
import { exchangeAppId, graphAppId } from '../directory/well-known.ts';
import type { Service, Tenant } from '../service.ts';
import { EntraRefusal } from './entra-error.ts';

export interface WantedScopes {
  readonly resource: ServicePrincipal;
  /** `aud` of the token: the name that was asked with. */
  readonly audience: string;
  /** Names without the resource; `.default` among them. */
  readonly names: readonly string[];
}

/** Scopes of OpenID, which belong to no resource. */
export const openIdScopes = new Set(['openid', 'profile', 'email', 'offline_access']);

/** The resource by a name of it: the cloud's, or this service's own (`/outlook` for Exchange). @throws EntraRefusal 500011 */
export function resourceByName(service: Service, tenant: Tenant, name: string): ServicePrincipal {
  const plain = name.replace(/\/+$/, '');
  const appId =
    plain === service.origin ? graphAppId : plain === `${service.origin}/outlook` ? exchangeAppId : undefined;
  const found = tenant.directory.state.servicePrincipals.find(
    (each) => each.appId === appId || each.servicePrincipalNames.some((own) => own.replace(/\/+$/, '') === plain),
  );
  if (!found) throw new EntraRefusal(500011, name);
  return found;
}

/** For client credentials: exactly one `/.default`. @throws EntraRefusal */
export function defaultScope(service: Service, tenant: Tenant, scope: string | null): WantedScopes {
  if (!scope?.trim()) throw new EntraRefusal(900144, 'scope');
  const scopes = scope.trim().split(/\s+/);
  if (scopes.length > 1) throw new EntraRefusal(700022);
  const only = scopes[0] ?? '';
  if (!only.endsWith('/.default')) throw new EntraRefusal(only.includes('://') ? 1002012 : 70011, only);
  const audience = only.slice(0, -'/.default'.length).replace(/\/$/, '');
  return { resource: resourceByName(service, tenant, audience), audience, names: ['.default'] };
}

/** For people: names of one resource, beside those of OpenID; in any case, as the documentation's samples write them. @throws EntraRefusal */
export function delegatedScopes(service: Service, tenant: Tenant, scopes: readonly string[]): WantedScopes {
  const split = scopes
    .filter((scope) => !openIdScopes.has(scope.toLowerCase()))
    .map((scope) => {
      const at = scope.lastIndexOf('/');
      return at === -1
        ? { audience: service.cloud.graph, name: scope }
        : { audience: scope.slice(0, at).replace(/\/$/, ''), name: scope.slice(at + 1) };
    });
  const [first] = split;
  const audience = first?.audience ?? service.cloud.graph;
  if (split.some((each) => each.audience !== audience)) throw new EntraRefusal(700022);
  const resource = resourceByName(service, tenant, audience);
  const names = split.map(({ name }) => {
    if (name === '.default') return name;
    const found = resource.oauth2PermissionScopes.find(({ value }) => value.toLowerCase() === name.toLowerCase());
    if (!found) throw new EntraRefusal(70011, `${audience}/${name}`);
    return found.value;
  });
  return { resource, audience, names };
}
