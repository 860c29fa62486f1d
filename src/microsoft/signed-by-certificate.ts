/**
 * What an app signs with the key of its certificate: the assertion that gets it a token, and the proof that lets it roll its
 * own keys. Sources: Entra "Certificate credentials"; Graph "Generate proof-of-possession tokens for rolling keys".
 */
import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';

export interface SigningCertificate {
  /** PEM; what stands behind the first certificate is its chain. */
  readonly certificatePem: string;
  /** PEM, unencrypted. */
  readonly privateKeyPem: string;
}

/** Both are good for ten minutes, and from a minute before: clocks differ. */
const lifetimeMs = 600_000;
const backMs = 60_000;

/** @param audience the token endpoint. @param now ms since the epoch */
export function signClientAssertion(
  certificate: SigningCertificate,
  {
    clientId,
    audience,
    sendChain,
  }: { readonly clientId: string; readonly audience: string; readonly sendChain: boolean },
  now: number,
): Promise<string> {
  return sign(certificate, { iss: clientId, sub: clientId, aud: audience, jti: randomUUID() }, now, sendChain);
}

/** @param objectId of the app registration, which is not its client ID. @param now ms since the epoch */
export function signKeyProof(certificate: SigningCertificate, objectId: string, now: number): Promise<string> {
  return sign(certificate, { iss: objectId, aud: '00000002-0000-0000-c000-000000000000' }, now, false);
}

async function sign(
  { certificatePem, privateKeyPem }: SigningCertificate,
  claims: Readonly<Record<string, string>>,
  now: number,
  sendChain: boolean,
): Promise<string> {
  // Read when it is needed: a server that waits for its first mail does without its memory.
  const { SignJWT } = await import('jose');
  const thumbprint = Buffer.from(new X509Certificate(certificatePem).fingerprint256.replaceAll(':', ''), 'hex');
  const from = Math.floor((now - backMs) / 1000);
  return new SignJWT(claims)
    .setProtectedHeader({
      alg: 'PS256',
      typ: 'JWT',
      'x5t#S256': thumbprint.toString('base64url'),
      ...(sendChain ? { x5c: chainOf(certificatePem) } : {}),
    })
    .setNotBefore(from)
    .setIssuedAt(from)
    .setExpirationTime(from + lifetimeMs / 1000)
    .sign(createPrivateKey(privateKeyPem));
}

function chainOf(pem: string): string[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((each) =>
    each.replace(/-----[^-]+-----|\s/g, ''),
  );
}
