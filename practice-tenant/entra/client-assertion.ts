/**
 * The signed assertion of an app with a certificate: PS256 with x5t#S256 as MSAL signs it today, RS256 with x5t as older
 * clients do. Source: Entra "Certificate credentials".
 */
import { createPublicKey } from 'node:crypto';
import { decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { TenantApp } from '../directory.ts';
import type { Aadsts } from './entra-error.ts';

export type AssertionCheck =
  | { readonly valid: true }
  | { readonly valid: false; readonly code: Aadsts; readonly value: string };

export async function checkAssertion(
  assertion: string,
  app: TenantApp,
  audiences: readonly string[],
  now: number,
): Promise<AssertionCheck> {
  const refuse = (code: Aadsts, value: string): AssertionCheck => ({ valid: false, code, value });
  let thumbprint: unknown;
  try {
    const header = decodeProtectedHeader(assertion);
    thumbprint = header['x5t#S256'] ?? header.x5t;
  } catch {
    return refuse(50012, 'the assertion is not a JWT');
  }
  const certificate = app.certificates.find(
    (each) => typeof thumbprint === 'string' && each.thumbprints.includes(thumbprint),
  );
  if (!certificate) return refuse(700027, 'the key was not found by its thumbprint');
  if (now < certificate.notBefore || now > certificate.notAfter)
    return refuse(700027, 'the certificate is not within its validity');
  try {
    const { payload } = await jwtVerify(assertion, createPublicKey(certificate.pem), {
      algorithms: ['PS256', 'RS256'],
      audience: [...audiences],
      issuer: app.clientId,
      subject: app.clientId,
      currentDate: new Date(now),
      clockTolerance: 300,
    });
    return payload.exp === undefined ? refuse(50012, 'the assertion has no exp') : { valid: true };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return refuse(500133, '');
    if (error instanceof errors.JWTClaimValidationFailed)
      return error.claim === 'nbf' || error.claim === 'iat'
        ? refuse(500133, '')
        : refuse(50012, `claim ${error.claim} does not match`);
    return refuse(700027, 'the signature does not match');
  }
}
