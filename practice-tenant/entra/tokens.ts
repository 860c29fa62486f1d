/**
 * Access tokens as Entra issues them for Graph: RS256, claims of version 1.0, `roles` only when something is granted.
 */
import { randomUUID } from 'node:crypto';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, jwtVerify, SignJWT } from 'jose';
import type { TenantApp } from '../directory.ts';

/** Entra's own lifetime is between 60 and 90 minutes; app-only tokens of Graph show 3599 s. */
export const tokenLifetimeSeconds = 3599;
/** Tokens that were checked before need no second signature check; this many are remembered. */
const rememberedTokens = 1000;

export interface TokenClaims {
  readonly appid: string;
  readonly aud: string;
  readonly roles: readonly string[];
  /** Seconds since the epoch. */
  readonly exp: number;
}

export type TokenCheck =
  | { readonly valid: true; readonly claims: TokenClaims }
  | { readonly valid: false; readonly why: 'malformed' | 'expired' };

export class Tokens {
  readonly #keys: { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };
  readonly #known = new Map<string, TokenClaims>();
  readonly #now: () => number;
  readonly keyId = randomUUID();

  private constructor(keys: { privateKey: CryptoKey; publicKey: CryptoKey }, now: () => number) {
    this.#keys = keys;
    this.#now = now;
  }

  static async create(now: () => number): Promise<Tokens> {
    return new Tokens(await generateKeyPair('RS256', { extractable: true }), now);
  }

  async jwks(): Promise<{ keys: JWK[] }> {
    return { keys: [{ ...(await exportJWK(this.#keys.publicKey)), kid: this.keyId, use: 'sig', alg: 'RS256' }] };
  }

  /** A token of `app` for `audience`, whose credential was a secret ('1') or a certificate ('2'). */
  async issue(app: TenantApp, tenantId: string, audience: string, appidacr: '1' | '2'): Promise<string> {
    const iat = Math.floor(this.#now() / 1000);
    const roles = [...app.roles];
    return new SignJWT({
      aio: randomUUID(),
      app_displayname: app.displayName,
      appid: app.clientId,
      appidacr,
      idp: `https://sts.windows.net/${tenantId}/`,
      idtyp: 'app',
      oid: app.servicePrincipalId,
      ...(roles.length > 0 ? { roles } : {}),
      sub: app.servicePrincipalId,
      tid: tenantId,
      uti: randomUUID(),
      ver: '1.0',
    })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: this.keyId, x5t: this.keyId })
      .setIssuer(`https://sts.windows.net/${tenantId}/`)
      .setAudience(audience)
      .setIssuedAt(iat)
      .setNotBefore(iat)
      .setExpirationTime(iat + tokenLifetimeSeconds)
      .sign(this.#keys.privateKey);
  }

  async check(token: string): Promise<TokenCheck> {
    let claims = this.#known.get(token);
    if (!claims) {
      try {
        // Time is held against the tenant's clock below, so that tests can move it.
        const { payload } = await jwtVerify(token, this.#keys.publicKey, {
          currentDate: new Date(0),
          algorithms: ['RS256'],
          clockTolerance: 1e10,
        });
        const { appid, roles } = payload;
        if (typeof appid !== 'string' || typeof payload.aud !== 'string') return { valid: false, why: 'malformed' };
        const granted = Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [];
        claims = { appid, aud: payload.aud, roles: granted, exp: payload.exp ?? 0 };
      } catch {
        return { valid: false, why: 'malformed' };
      }
      if (this.#known.size >= rememberedTokens) this.#known.clear();
      this.#known.set(token, claims);
    }
    return claims.exp * 1000 <= this.#now() ? { valid: false, why: 'expired' } : { valid: true, claims };
  }
}
