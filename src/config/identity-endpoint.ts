/** Where the platform of this machine gives out tokens of its managed identity: it says so in the environment. */
import { Secret } from './secret.ts';

export type IdentityEndpoint =
  | { readonly kind: 'imds'; readonly origin: string }
  | { readonly kind: 'app-service'; readonly url: string; readonly header: Secret }
  | { readonly kind: 'arc'; readonly url: string };

/** @param imds in place of the usual address, for tests and unusual networks */
export function identityEndpointOf(
  env: Readonly<Record<string, string | undefined>>,
  imds: string | undefined,
): IdentityEndpoint {
  const { IDENTITY_ENDPOINT: url, IDENTITY_HEADER: header, IMDS_ENDPOINT: arc } = env;
  if (imds === undefined && url && header) return { kind: 'app-service', url, header: new Secret(header) };
  if (imds === undefined && url && arc) return { kind: 'arc', url };
  return { kind: 'imds', origin: imds ?? 'http://169.254.169.254' };
}
