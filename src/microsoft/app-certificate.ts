/** A self-signed certificate for an app registration: made here, so that its private key never travels. */
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  Pkcs10CertificateRequestGenerator,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** RSA, since Entra checks RS256 and PS256 alone (Entra "Certificate credentials"). */
const algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 3072,
  publicExponent: new Uint8Array([1, 0, 1]),
};
const dayMs = 86_400_000;

export interface AppCertificate {
  readonly certificatePem: string;
  /** Secret: for a file of mode 0600. */
  readonly privateKeyPem: string;
  /** ms since the epoch. */
  readonly endsAt: number;
}

/**
 * @param name of the app, for the subject
 * @param now ms since the epoch; it is valid from a day before, for clocks that differ
 */
export async function createAppCertificate(name: string, days: number, now: number): Promise<AppCertificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const notAfter = new Date(now + days * dayMs);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    // Positive and without a leading zero byte (RFC 5280 §4.1.2.2).
    serialNumber: `4${randomBytes(15).toString('hex').slice(1)}`,
    name: subjectOf(name),
    notBefore: new Date(now - dayMs),
    notAfter,
    signingAlgorithm: algorithm,
    keys,
    extensions: [new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true)],
  });
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificatePem: certificate.toString('pem'),
    privateKeyPem: PemConverter.encode(privateKey, PemConverter.PrivateKeyTag),
    endsAt: notAfter.getTime(),
  };
}

/** A key, and the request (PKCS #10) that an authority makes a certificate of. */
export async function createCertificateRequest(
  name: string,
): Promise<{ readonly requestPem: string; readonly privateKeyPem: string }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: subjectOf(name),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
    ],
  });
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    requestPem: request.toString('pem'),
    privateKeyPem: PemConverter.encode(privateKey, PemConverter.PrivateKeyTag),
  };
}

/** The library takes a double quote, and # at the beginning, for syntax of its own. */
function subjectOf(name: string) {
  return [{ CN: [name.replaceAll('"', "'").replace(/^#+/, '')] }];
}
