/** Why there is no token, with what Entra said about it. */

export interface TokenRefusal {
  /** Who refused, where it was not Entra: the platform of a managed identity, or the file of a federated credential. */
  readonly source?: 'managed-identity' | 'token-file' | 'certificate';
  /** The AADSTS number; `undefined` when the answer held none or no answer came. */
  readonly aadsts: number | undefined;
  /** OAuth's `error`, as `invalid_client`. */
  readonly error: string | undefined;
  /** Entra's sentence without its trace lines, cut to 1,000 characters; or why no answer came. */
  readonly description: string;
  readonly traceId: string | undefined;
  /** 0 when no answer came. */
  readonly status: number;
  readonly retryAfterMs: number | undefined;
}

export class TokenError extends Error {
  readonly refusal: TokenRefusal;
  constructor(refusal: TokenRefusal, options?: ErrorOptions) {
    super(`no token: ${refusal.description}`, options);
    this.name = 'TokenError';
    this.refusal = refusal;
  }
}
