/**
 * The signed assertion of an app: by its own certificate (PS256 with x5t#S256 as MSAL signs it today, RS256 with x5t as
 * older clients do), or by the issuer of a federated credential.
 * Source: Entra "Certificate credentials", "Workload identity federation".
 */
import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import type { VirtualClock } from '../clock.ts';
import type { Application, KeyCredential } from '../directory/directory-state.ts';
import { EntraRefusal } from './entra-error.ts';

export interface AssertionParts {
  readonly application: Application;
  readonly audiences: readonly string[];
  readonly now: number;
  /** The time by which the assertion is judged. */
  readonly datedBy: VirtualClock['datedBy'];
  /** Fetches the metadata of an issuer. */
  readonly fetch: typeof globalThis.fetch;
}

/** ms for each of the two answers of an issuer. */
const issuerDeadlineMs = 5000;
const clockToleranceSeconds = 300;

/** @throws EntraRefusal for whatever is wrong with it */
export async function checkAssertion(assertion: string, parts: AssertionParts): Promise<void> {
  const { header, claims } = decode(assertion);
  const { application } = parts;
  // An assertion of the app's own names itself as issuer; anything else comes from somebody that it trusts.
  if (claims.iss === application.appId) return checkOwnAssertion(assertion, header, parts);
  return checkFederatedAssertion(assertion, claims, parts);
}

function decode(assertion: string): { header: Record<string, unknown>; claims: JWTPayload } {
  try {
    return { header: { ...decodeProtectedHeader(assertion) }, claims: decodeJwt(assertion) };
  } catch {
    throw new EntraRefusal(50012, 'the assertion is not a JWT');
  }
}

async function checkOwnAssertion(
  assertion: string,
  header: Record<string, unknown>,
  { application, audiences, now, datedBy }: AssertionParts,
): Promise<void> {
  const thumbprint = header['x5t#S256'] ?? header['x5t'];
  const credential = application.keyCredentials.find((each) => thumbprintsOf(each).includes(String(thumbprint)));
  if (!credential || credential.effectiveAt > now)
    throw new EntraRefusal(700027, 'the key was not found by its thumbprint');
  if (now < Date.parse(credential.startDateTime) || now > Date.parse(credential.endDateTime))
    throw new EntraRefusal(700027, 'the certificate is not within its validity');
  const at = datedBy(decodeJwt(assertion));
  const key = createPublicKey(certificateOf(credential).publicKey.export({ type: 'spki', format: 'pem' }));
  try {
    const { payload } = await jwtVerify(assertion, key, {
      algorithms: ['PS256', 'RS256'],
      audience: [...audiences],
      subject: application.appId,
      currentDate: new Date(at),
      clockTolerance: clockToleranceSeconds,
    });
    if (payload.exp === undefined) throw new EntraRefusal(50012, 'the assertion has no exp');
  } catch (error) {
    throw refusalOf(error, at);
  }
}

function refusalOf(error: unknown, now: number): EntraRefusal {
  if (error instanceof EntraRefusal) return error;
  if (error instanceof errors.JWTExpired) return new EntraRefusal(700024, timesOf(error.payload, now));
  if (error instanceof errors.JWTClaimValidationFailed)
    return error.claim === 'nbf' || error.claim === 'iat'
      ? new EntraRefusal(700024, timesOf(error.payload, now))
      : new EntraRefusal(50012, `claim ${error.claim} does not match`);
  return new EntraRefusal(700027, 'the signature does not match');
}

/** What the service says of the time, so that a clock that is wrong can be seen in its answer. */
function timesOf({ nbf = 0, exp = 0 }: JWTPayload, now: number): string {
  const from = (seconds: number) => instant(seconds * 1000);
  return `Current time: ${instant(now)}, assertion valid from ${from(nbf)}, expiry time of assertion ${from(exp)}.`;
}

/** A claim may hold any number; not each is a date. */
function instant(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? 'never' : date.toISOString().replace('Z', '0000Z');
}

function certificateOf(credential: KeyCredential): X509Certificate {
  return new X509Certificate(Buffer.from(credential.key, 'base64'));
}

function thumbprintsOf(credential: KeyCredential): string[] {
  const raw = Buffer.from(credential.key, 'base64');
  return ['sha256', 'sha1'].map((algorithm) => createHash(algorithm).update(raw).digest('base64url'));
}

const metadataSchema = z.object({ jwks_uri: z.url() });
const keysSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

/** Issuer, subject and audience are compared letter for letter. */
async function checkFederatedAssertion(assertion: string, claims: JWTPayload, parts: AssertionParts): Promise<void> {
  const { application, fetch, datedBy } = parts;
  const at = datedBy(claims);
  const audiences = [claims.aud ?? []].flat();
  const subject = claims.sub ?? '';
  const sameIssuer = application.federatedIdentityCredentials.filter(({ issuer }) => issuer === claims.iss);
  const credential = sameIssuer.find(
    (each) => each.subject === subject && each.audiences.some((audience) => audiences.includes(audience)),
  );
  if (!credential) {
    // Only where the letters alone are to blame: an audience that is wrong is another matter.
    const byCase = sameIssuer.some(
      (each) => each.subject !== subject && each.subject.toLowerCase() === subject.toLowerCase(),
    );
    throw new EntraRefusal(byCase ? 7002138 : 700213, subject);
  }
  const keys = await keysOf(credential.issuer, fetch);
  try {
    await jwtVerify(assertion, createLocalJWKSet(keys), {
      currentDate: new Date(at),
      clockTolerance: clockToleranceSeconds,
    });
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) throw new EntraRefusal(7000272, 'no key with this kid');
    throw refusalOf(error, at);
  }
}

async function keysOf(issuer: string, fetch: typeof globalThis.fetch) {
  const read = async (url: string): Promise<unknown> => {
    const answer = await fetch(url, { signal: AbortSignal.timeout(issuerDeadlineMs) });
    return answer.json();
  };
  try {
    const metadata = metadataSchema.parse(await read(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`));
    return keysSchema.parse(await read(metadata.jwks_uri));
  } catch {
    throw new EntraRefusal(7000272, `the metadata of ${issuer} cannot be read`);
  }
}
