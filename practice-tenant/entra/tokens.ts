/**
 * Access tokens as Entra issues them for Graph and Exchange: RS256, claims of version 1.0, `roles` only when something is
 * granted, `scp` for tokens of a person. Source: Entra "Access token claims reference".
 */
import { randomUUID } from 'node:crypto';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, jwtVerify, SignJWT } from 'jose';
import type { VirtualClock } from '../clock.ts';

/** Tokens that were checked before need no second signature check; this many are remembered. */
const rememberedTokens = 1000;

export interface TokenClaims {
  readonly tid: string;
  readonly appid: string;
  readonly aud: string;
  readonly oid: string;
  readonly roles: readonly string[];
  /** `scp`, split. */
  readonly scopes: readonly string[];
  /** Template ids or names of directory roles. */
  readonly wids: readonly string[];
  readonly upn: string | undefined;
  readonly idtyp: 'app' | 'user';
  /** Seconds since the epoch. */
  readonly exp: number;
}

export type TokenCheck =
  | { readonly valid: true; readonly claims: TokenClaims }
  | { readonly valid: false; readonly why: 'malformed' | 'expired' };

export class Tokens {
  readonly #keys: { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };
  readonly #known = new Map<string, TokenClaims>();
  readonly #clock: VirtualClock;
  readonly keyId = randomUUID();

  private constructor(keys: { privateKey: CryptoKey; publicKey: CryptoKey }, clock: VirtualClock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  static async create(clock: VirtualClock): Promise<Tokens> {
    return new Tokens(await generateKeyPair('RS256', { extractable: true }), clock);
  }

  async jwks(): Promise<{ keys: JWK[] }> {
    const key = await exportJWK(this.#keys.publicKey);
    return { keys: [{ ...key, kid: this.keyId, x5t: this.keyId, use: 'sig', alg: 'RS256' }] };
  }

  /** @param claims everything but the times; `aud` and `iss` among them */
  sign(claims: Readonly<Record<string, unknown>>, lifetimeSeconds: number): Promise<string> {
    const iat = Math.floor(this.#clock.now() / 1000);
    return new SignJWT({ ...claims, aio: randomUUID(), uti: randomUUID(), rh: randomUUID() })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: this.keyId, x5t: this.keyId })
      .setIssuedAt(iat)
      .setNotBefore(iat)
      .setExpirationTime(iat + lifetimeSeconds)
      .sign(this.#keys.privateKey);
  }

  async check(token: string): Promise<TokenCheck> {
    const claims = this.#known.get(token) ?? (await this.#read(token));
    if (!claims) return { valid: false, why: 'malformed' };
    return claims.exp * 1000 <= this.#clock.now() ? { valid: false, why: 'expired' } : { valid: true, claims };
  }

  async #read(token: string): Promise<TokenClaims | undefined> {
    try {
      // Time is held against the tenant's clock by the caller, so that tests can move it.
      const { payload } = await jwtVerify(token, this.#keys.publicKey, {
        currentDate: new Date(0),
        algorithms: ['RS256'],
        clockTolerance: 1e10,
      });
      const { tid, appid, aud, oid, exp = 0, roles, scp, wids, upn, idtyp } = payload;
      if (typeof tid !== 'string' || typeof appid !== 'string' || typeof aud !== 'string') return undefined;
      const claims: TokenClaims = {
        tid,
        appid,
        aud,
        oid: typeof oid === 'string' ? oid : '',
        roles: strings(roles),
        scopes: typeof scp === 'string' ? scp.split(' ').filter(Boolean) : [],
        wids: strings(wids),
        upn: typeof upn === 'string' ? upn : undefined,
        idtyp: idtyp === 'app' ? 'app' : 'user',
        exp,
      };
      if (this.#known.size >= rememberedTokens) this.#known.clear();
      this.#known.set(token, claims);
      return claims;
    } catch {
      return undefined;
    }
  }
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
