/**
 * Sign-in with Entra: OpenID Connect, authorization code with PKCE. The browser carries a cookie of this one sign-in; state,
 * nonce and verifier stay here, and are good once, for ten minutes. What somebody may do is said by the app roles of the
 * app registration, anew at each sign-in.
 */
import * as oauth from 'oauth4webapi';
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import type { Clock } from '../../domain/ports.ts';
import { type Role, roles } from './accounts.ts';
import { hashOfToken, newToken } from './secret-token.ts';

export const signInMs = 10 * 60_000;
/** Sign-ins under way; the oldest go. */
const mostUnderWay = 500;

/** The app registration of the console. */
export interface EntraApp {
  /** `https://login.microsoftonline.com/TENANT/v2.0` */
  readonly issuer: string;
  readonly clientId: string;
  secret(): string;
  /** The way to Entra, with its proxy and its authorities. */
  readonly fetch: (url: string, options: EntraRequest) => Promise<Response>;
}

export interface EntraRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const claimsSchema = z.object({
  tid: z.string(),
  oid: z.string(),
  preferred_username: z.string().max(200).optional(),
  name: z.string().max(200).optional(),
  roles: z.array(z.string()).default([]),
});

/** Who has signed in. */
export interface EntraPerson {
  /** Tenant and object id. */
  readonly subject: string;
  readonly name: string;
  readonly role: Role;
  /** Where in the console they wanted to go. */
  readonly returnTo: string;
}

interface UnderWay {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly redirectUri: string;
  readonly returnTo: string;
  readonly endsAt: number;
}

export class EntraSignIn {
  readonly #app: EntraApp;
  readonly #clock: Clock;
  readonly #underWay = new Map<string, UnderWay>();
  #server: Promise<oauth.AuthorizationServer> | undefined;

  constructor(app: EntraApp, clock: Clock) {
    this.#app = app;
    this.#clock = clock;
  }

  /**
   * Where the browser goes, and the token that its cookie keeps meanwhile.
   * @throws FaultError `entra-unreachable`
   */
  async begin(redirectUri: string, returnTo: string): Promise<{ readonly location: string; readonly token: string }> {
    const { authorization_endpoint: endpoint = '' } = await this.#discovered();
    const token = newToken();
    const one: UnderWay = {
      state: oauth.generateRandomState(),
      nonce: oauth.generateRandomNonce(),
      verifier: oauth.generateRandomCodeVerifier(),
      redirectUri,
      returnTo,
      endsAt: this.#clock.now() + signInMs,
    };
    const [oldest] = this.#underWay.keys();
    if (oldest !== undefined && this.#underWay.size >= mostUnderWay) this.#underWay.delete(oldest);
    this.#underWay.set(hashOfToken(token), one);
    const location = new URL(endpoint);
    for (const [name, value] of Object.entries({
      client_id: this.#app.clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'openid profile',
      state: one.state,
      nonce: one.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(one.verifier),
      code_challenge_method: 'S256',
    }))
      location.searchParams.set(name, value);
    return { location: location.href, token };
  }

  /**
   * Ends a sign-in with what Entra gave the browser.
   * @throws FaultError `entra-refused`, `entra-no-role`, `entra-unreachable`
   */
  async end(token: string, parameters: URLSearchParams): Promise<EntraPerson> {
    const key = hashOfToken(token);
    const one = this.#underWay.get(key);
    this.#underWay.delete(key);
    if (!one || one.endsAt <= this.#clock.now())
      throw new FaultError({ code: 'entra-refused', detail: 'The sign-in had ended, or never begun in this browser.' });
    const server = await this.#discovered();
    const client: oauth.Client = { client_id: this.#app.clientId, [oauth.clockTolerance]: 60 };
    const claims = await this.#claims(server, client, one, parameters).catch((error: unknown) => {
      throw error instanceof FaultError ? error : new FaultError({ code: 'entra-refused', detail: wordsOf(error) });
    });
    const own = claims.roles.map((each) => each.toLowerCase());
    const role = roles.findLast((each) => own.includes(each));
    const name = claims.preferred_username ?? claims.name ?? claims.oid;
    if (!role) throw new FaultError({ code: 'entra-no-role', detail: `${name} has none of the app roles.` });
    return { subject: `${claims.tid}/${claims.oid}`, name, role, returnTo: one.returnTo };
  }

  async #claims(
    server: oauth.AuthorizationServer,
    client: oauth.Client,
    one: UnderWay,
    parameters: URLSearchParams,
  ): Promise<z.output<typeof claimsSchema>> {
    const checked = oauth.validateAuthResponse(server, client, parameters, one.state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.ClientSecretPost(this.#app.secret()),
      checked,
      one.redirectUri,
      one.verifier,
      { [oauth.customFetch]: this.#fetch },
    );
    // The token comes over TLS from the issuer itself, which stands for its signature (OpenID Connect Core §3.1.3.7).
    const result = await oauth.processAuthorizationCodeResponse(server, client, response, {
      expectedNonce: one.nonce,
      requireIdToken: true,
    });
    return claimsSchema.parse(oauth.getValidatedIdTokenClaims(result));
  }

  readonly #fetch = (
    url: string,
    { method, headers, body }: { method: string; headers: Record<string, string>; body?: unknown },
  ): Promise<Response> =>
    this.#app.fetch(url, {
      method,
      headers,
      body: body instanceof URLSearchParams || typeof body === 'string' ? body.toString() : undefined,
    });

  /** Asked once; again when it did not work. */
  #discovered(): Promise<oauth.AuthorizationServer> {
    this.#server ??= this.#discover().catch((error: unknown) => {
      this.#server = undefined;
      throw new FaultError({ code: 'entra-unreachable', detail: wordsOf(error) });
    });
    return this.#server;
  }

  async #discover(): Promise<oauth.AuthorizationServer> {
    const issuer = new URL(this.#app.issuer);
    const response = await oauth.discoveryRequest(issuer, { algorithm: 'oidc', [oauth.customFetch]: this.#fetch });
    return oauth.processDiscoveryResponse(issuer, response);
  }
}

/** What went wrong, with what Entra said; neither code nor token is in it. */
function wordsOf(error: unknown): string {
  if (error instanceof oauth.AuthorizationResponseError) return `${error.error}: ${error.error_description ?? ''}`;
  if (error instanceof oauth.ResponseBodyError) return `${error.error}: ${error.error_description ?? ''}`;
  return error instanceof Error ? error.message : String(error);
}
