/** Somebody whom an app trusts by a federated credential: vouches for it by assertions, and publishes the keys to check them. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface TokenIssuer extends Disposable {
  /** `http://127.0.0.1:PORT`, as `iss` of its assertions and as issuer of the credential. */
  readonly issuer: string;
  /** An assertion that is good for an hour; `iss` is the issuer unless said otherwise. @param kid of the key, `one` when not given */
  assertion(claims: Readonly<Record<'sub' | 'aud', string>> & { readonly iss?: string }, kid?: string): Promise<string>;
}

/** Listens on a free port of loopback; ready when the promise resolves. */
export async function openTokenIssuer(): Promise<TokenIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', use: 'sig', alg: 'RS256' };
  const server = createServer(({ url }, response) => {
    const metadata = { issuer, jwks_uri: `${issuer}/keys` };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(url === '/keys' ? { keys: [jwk] } : metadata));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  return {
    issuer,
    assertion: (claims, kid = 'one') =>
      new SignJWT({ iss: issuer, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid })
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey),
    [Symbol.dispose]: () => server.close(),
  };
}
