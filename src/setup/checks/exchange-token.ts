/** The app's own token for Exchange Online, beside the one for Graph: for SMTP, and for what Exchange alone knows. */
import { decodeJwt } from 'jose';
import { TokenError, type TokenRefusal } from '../../microsoft/token-error.ts';
import { TokenSource } from '../../microsoft/token-source.ts';
import type { CheckContext } from './check.ts';

export type ExchangeToken =
  | {
      readonly token: string;
      /** App roles for Exchange. */
      readonly roles: readonly string[];
      /** GUID of the tenant. */
      readonly tenantId: string;
    }
  | { readonly refusal: TokenRefusal };

/** Asked once for all checks of a run. */
export function exchangeToken(context: CheckContext): Promise<ExchangeToken> {
  context.findings.exchangeToken ??= ask(context);
  return context.findings.exchangeToken;
}

async function ask({ connector, connections, now, findings }: CheckContext): Promise<ExchangeToken> {
  const { cloud, kind, tenantId: tenant, clientId, credential } = connector;
  const source = { login: cloud.login, resource: cloud.exchange, tenant, clientId, credential, connections, now };
  try {
    // A connector by SMTP has asked for it already.
    const token = kind === 'smtp-oauth' && findings.token ? findings.token : await new TokenSource(source).token();
    const { roles, tid } = decodeJwt(token);
    return {
      token,
      roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [],
      tenantId: typeof tid === 'string' ? tid : tenant,
    };
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    return { refusal: error.refusal };
  }
}
