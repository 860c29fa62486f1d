/** The address where an administrator grants what the registration asks for (version 2 of admin consent). */
export interface ConsentLinkParts {
  /** Origin of the sign-in host. */
  readonly login: string;
  readonly tenant: string;
  readonly clientId: string;
  /** Resource of Graph; only its `/.default` grants application permissions. */
  readonly graphResource: string;
  readonly redirectUri: string;
  /** Comes back unchanged; unguessable, and good for one answer. */
  readonly state: string;
}

/** Source: Entra "Admin consent on the Microsoft identity platform". */
export function consentLink({ login, tenant, clientId, graphResource, redirectUri, state }: ConsentLinkParts): string {
  const query = new URLSearchParams({
    client_id: clientId,
    scope: `${graphResource}/.default`,
    redirect_uri: redirectUri,
    state,
  });
  return `${login}/${encodeURIComponent(tenant)}/v2.0/adminconsent?${query}`;
}
