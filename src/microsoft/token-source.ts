/**
 * Tokens for one app registration and one resource.
 *
 * A token is kept until shortly before its end and renewed ahead in the background, one request at a time. `forget` drops
 * it: a token stays as it was issued, so that consent or a role given since is invisible until a new one is there.
 *
 * MSAL is made anew for each request. It keeps every 429 and 5xx for a minute or more and throws it again without asking,
 * which would hold a mended connector back; and its cache of tokens would hide what `forget` is for.
 */
import type { AuthenticationResult, Configuration } from '@azure/msal-node';
import type { Connections } from './connections.ts';
import { askManagedIdentity, type ManagedIdentity } from './managed-identity.ts';
import { MsalNetwork } from './msal-network.ts';
import { signClientAssertion } from './signed-by-certificate.ts';
import { isGuid, isTenantName } from './tenant-name.ts';
import { TokenError, type TokenRefusal } from './token-error.ts';

export type Credential =
  | { readonly kind: 'secret'; readonly secret: string }
  /** PEM of the certificate and of its private key, unencrypted. */
  | {
      readonly kind: 'certificate';
      readonly certificatePem: string;
      readonly privateKeyPem: string;
      readonly sendChain?: boolean;
    }
  /** A token of the platform's own, read anew each time. */
  | { readonly kind: 'federated'; readonly assertion: () => Promise<string> }
  | { readonly kind: 'managed-identity'; readonly identity: ManagedIdentity };

export interface TokenSourceOptions {
  /** Origin of the sign-in host, from the table of clouds. */
  readonly login: string;
  /** GUID or domain name. */
  readonly tenant: string;
  readonly clientId: string;
  /** A function is asked before each request: so a credential that was renewed is taken without a restart. */
  readonly credential: Credential | (() => Credential);
  /** Resource whose `/.default` is asked for. */
  readonly resource: string;
  /** Belongs to the caller, who closes it. */
  readonly connections: Connections;
  readonly now: () => number;
}

/** A token is not handed out in its last two minutes: it has to live through the upload. */
const lastUseMs = 120_000;
/** Renewed in the background from here on. */
const renewAheadMs = 600_000;
/** ms between two attempts to renew a token that is still good. */
const renewPauseMs = 30_000;

interface HeldToken {
  readonly token: string;
  readonly expiresAt: number;
}

export class TokenSource {
  readonly #options: TokenSourceOptions;
  #held: HeldToken | undefined;
  #request: Promise<HeldToken> | undefined;
  #renewAgainAt = 0;

  /** @throws RangeError when tenant or client ID could not stand in a URL safely; nothing has been sent then. */
  constructor(options: TokenSourceOptions) {
    if (!isTenantName(options.tenant))
      throw new RangeError('The tenant is neither a GUID nor a domain name. Put the Directory (tenant) ID there.');
    if (!isGuid(options.clientId))
      throw new RangeError('The client ID is no GUID. Put the Application (client) ID there.');
    // In small letters, as Entra writes it: what is signed by a certificate names it, and is compared letter by letter.
    this.#options = { ...options, tenant: options.tenant.toLowerCase() };
  }

  /** A token that is good for two minutes at least. @throws TokenError */
  async token(): Promise<string> {
    const now = this.#options.now();
    const held = this.#held;
    if (!held || held.expiresAt - lastUseMs <= now) return (await this.#renew()).token;
    if (held.expiresAt - renewAheadMs <= now && now >= this.#renewAgainAt) {
      this.#renewAgainAt = now + renewPauseMs;
      // The old one is still good: a failure to renew it shows when it no longer is.
      this.#renew().catch(() => undefined);
    }
    return held.token;
  }

  /** Drops a token that was refused; another one that has come since stays. Without an argument: whatever there is. */
  forget(refused?: string): void {
    if (refused === undefined || this.#held?.token === refused) this.#held = undefined;
  }

  #renew(): Promise<HeldToken> {
    this.#request ??= this.#ask().finally(() => {
      this.#request = undefined;
    });
    return this.#request;
  }

  async #ask(): Promise<HeldToken> {
    const { resource, now, connections } = this.#options;
    const credential = this.#credentialNow();
    if (credential.kind === 'managed-identity') {
      const asked = await askManagedIdentity(credential.identity, resource, now);
      this.#held = asked;
      return asked;
    }
    // From before the question: the token may have been made long before its answer has come.
    const askedAt = now();
    const network = new MsalNetwork(connections, now);
    let result: AuthenticationResult | null;
    try {
      const proof = await this.#proofBy(credential);
      // Read at the first token: it takes as long as all the rest of the start, and nobody waits for it then.
      const { ConfidentialClientApplication } = await import('@azure/msal-node');
      const application = new ConfidentialClientApplication(this.#configuration(network, proof));
      result = await application.acquireTokenByClientCredential({ scopes: [`${resource}/.default`] });
    } catch (error) {
      if (error instanceof TokenError) throw error;
      throw new TokenError(network.refusal ?? withoutRefusal(error), { cause: error });
    }
    if (!result?.accessToken) throw new TokenError(network.refusal ?? withoutRefusal(undefined));
    // MSAL takes the end from the clock of this machine, which need not be the one that is passed in: only the length counts.
    const lifetimeMs = result.expiresOn ? result.expiresOn.getTime() - Date.now() : renewAheadMs;
    const expiresAt = askedAt + lifetimeMs;
    const held = { token: result.accessToken, expiresAt };
    this.#held = held;
    return held;
  }

  #configuration(network: MsalNetwork, proof: Partial<Configuration['auth']>): Configuration {
    const { login, tenant, clientId } = this.#options;
    return {
      auth: {
        clientId,
        authority: `${login}/${tenant}`,
        // Without this MSAL asks the global cloud whether the host is to be trusted, from wherever it runs.
        knownAuthorities: [new URL(login).host],
        ...proof,
      },
      system: { networkClient: network, disableInternalRetries: true },
    };
  }

  /** @throws TokenError when the platform's token cannot be had */
  async #proofBy(
    credential: Exclude<Credential, { kind: 'managed-identity' }>,
  ): Promise<Partial<Configuration['auth']>> {
    switch (credential.kind) {
      case 'secret':
        return { clientSecret: credential.secret };
      case 'certificate': {
        // Signed here and not by MSAL, which takes the time from the machine and not from the clock that it is given.
        const { login, tenant, clientId, now } = this.#options;
        const audience = `${login}/${tenant}/oauth2/v2.0/token`;
        const { sendChain = false } = credential;
        return { clientAssertion: await signed(credential, { clientId, audience, sendChain }, now()) };
      }
      case 'federated':
        return { clientAssertion: await assertionOf(credential) };
    }
  }

  #credentialNow(): Credential {
    const { credential } = this.#options;
    return typeof credential === 'function' ? credential() : credential;
  }
}

/** @throws TokenError for a certificate or a key that cannot be used: a fault of this machine's, and of no network */
async function signed(...options: Parameters<typeof signClientAssertion>): Promise<string> {
  try {
    return await signClientAssertion(...options);
  } catch (error) {
    throw new TokenError({ ...withoutRefusal(error), source: 'certificate' }, { cause: error });
  }
}

async function assertionOf({ assertion }: Extract<Credential, { kind: 'federated' }>): Promise<string> {
  try {
    return await assertion();
  } catch (error) {
    throw new TokenError({ ...withoutRefusal(error), source: 'token-file' }, { cause: error });
  }
}

/** An error of MSAL's own making. Its message may not hold a secret: it comes from MSAL's fixed texts. */
function withoutRefusal(error: unknown): TokenRefusal {
  const description = error instanceof Error ? error.message.slice(0, 500) : 'MSAL gave no token and no reason';
  return { aadsts: undefined, error: undefined, description, traceId: undefined, status: 0, retryAfterMs: undefined };
}
