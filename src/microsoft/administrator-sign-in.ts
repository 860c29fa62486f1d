/**
 * An administrator signs in with a device code: on any device with a browser, so that it works on a server without one.
 * The token is used for the set-up and never stored; no refresh token is asked for.
 */
import { type Configuration, CryptoProvider, PublicClientApplication } from '@azure/msal-node';
import type { Connections } from './connections.ts';
import { MsalNetwork } from './msal-network.ts';
import { TokenError } from './token-error.ts';

/** "Microsoft Graph Command Line Tools", which is known in every tenant of the global cloud. */
export const graphCommandLineTools = '14d82eec-204b-4c2f-b7e8-296a70dab67e';

/** The public client that the PowerShell module of Exchange Online signs in with; known in every tenant. */
export const exchangePowerShell = 'fb78d390-0c51-40cd-8e17-fdbfab77341b';

export interface SignInOptions {
  readonly login: string;
  readonly tenant: string;
  /** A public client of the tenant. */
  readonly clientId: string;
  /** Delegated permissions, with the resource: `https://graph.microsoft.com/Application.ReadWrite.All`. */
  readonly scopes: readonly string[];
  readonly connections: Connections;
  readonly now: () => number;
  /** Shows where to sign in, and with which code. */
  readonly show: (prompt: { readonly url: string; readonly code: string; readonly expiresInSeconds: number }) => void;
  /**
   * Signs in by a browser of this machine in place of a code (authorization code with PKCE, RFC 7636): many tenants block
   * codes. Called with the address to open; the browser comes back to a free port of localhost.
   */
  readonly openBrowser?: (url: string) => Promise<void>;
  /** The same with a browser anywhere, which comes back to an address of ours. */
  readonly byRedirect?: RedirectSignIn;
  readonly signal?: AbortSignal;
}

export interface RedirectSignIn {
  /** One of the public client's own redirect URIs. */
  readonly redirectUri: string;
  /** Unguessable, good for one answer; whoever takes the answer has held it against what came back. */
  readonly state: string;
  /** Called with the address to open; resolves with the query that the browser brought back. */
  readonly visit: (url: string) => Promise<URLSearchParams>;
}

export interface SignedIn {
  readonly token: string;
  /** User principal name. */
  readonly account: string;
  /** Scopes that were granted, without their resource. */
  readonly scopes: readonly string[];
}

/** What the browser shows at the end; it holds nothing of the answer. */
const closingPages = {
  successTemplate: 'You have signed in. Close this window and go back to Mailroom.',
  errorTemplate: 'The sign-in did not work. Go back to Mailroom, which has the reason.',
};

/** @throws TokenError when the sign-in was refused, declined, or not done in time */
export async function signInAsAdministrator(options: SignInOptions): Promise<SignedIn> {
  const { login, tenant, clientId, scopes, connections, now, show, signal } = options;
  const network = new MsalNetwork(connections, now);
  const configuration: Configuration = {
    auth: { clientId, authority: `${login}/${tenant}`, knownAuthorities: [new URL(login).host] },
    system: { networkClient: network, disableInternalRetries: true },
  };
  const request = {
    scopes: [...scopes],
    deviceCodeCallback: ({ verificationUri, userCode, expiresIn }: DeviceCode) =>
      show({ url: verificationUri, code: userCode, expiresInSeconds: expiresIn }),
    cancel: false,
  };
  const stop = () => {
    request.cancel = true;
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const application = new PublicClientApplication(configuration);
    const { openBrowser, byRedirect } = options;
    const result = byRedirect
      ? await redirected(application, scopes, byRedirect)
      : openBrowser
        ? await application.acquireTokenInteractive({ scopes: [...scopes], openBrowser, ...closingPages })
        : await application.acquireTokenByDeviceCode(request);
    if (!result?.accessToken) throw new Error('MSAL gave no token and no reason');
    const granted = result.scopes.map((scope) => scope.slice(scope.lastIndexOf('/') + 1));
    return { token: result.accessToken, account: result.account?.username ?? '', scopes: granted };
  } catch (error) {
    const description = error instanceof Error ? error.message.slice(0, 500) : String(error);
    const unknown = { aadsts: undefined, error: undefined, traceId: undefined, status: 0, retryAfterMs: undefined };
    throw new TokenError(network.refusal ?? { ...unknown, description }, { cause: error });
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Authorization code with PKCE (RFC 7636): the verifier never leaves this process, so that the code alone is worth nothing. */
async function redirected(
  application: PublicClientApplication,
  scopes: readonly string[],
  { redirectUri, state, visit }: RedirectSignIn,
) {
  const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
  const url = await application.getAuthCodeUrl({
    scopes: [...scopes],
    redirectUri,
    state,
    codeChallenge: challenge,
    codeChallengeMethod: 'S256',
    responseMode: 'query',
    prompt: 'select_account',
  });
  const answer = await visit(url);
  const error = answer.get('error');
  if (error !== null) throw new Error(`${error}: ${answer.get('error_description') ?? ''}`.slice(0, 400));
  const request = { code: answer.get('code') ?? '', scopes: [...scopes], redirectUri, codeVerifier: verifier };
  return application.acquireTokenByCode(request);
}

interface DeviceCode {
  readonly verificationUri: string;
  readonly userCode: string;
  readonly expiresIn: number;
}
