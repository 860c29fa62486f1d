/**
 * The practice tenant's own certificate authority: made at start or kept in the state file, so that clients meet real TLS
 * and must be told whom to trust, and no private key stands in this repository.
 */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** Elliptic keys are made in a millisecond; RSA keys would cost the start most of a second. */
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 24 * 3600 * 1000;

export interface ServerCertificate {
  /** PEM of the authority's certificate: what a client must trust. */
  readonly caPem: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** What brings an authority back: secret, for a file of mode 0600. */
export interface KeptAuthority {
  readonly caPem: string;
  readonly privateKeyPem: string;
}

export class CertificateAuthority {
  readonly #certificate: X509Certificate;
  readonly #privateKey: webcrypto.CryptoKey;
  #serial = 1;

  private constructor(certificate: X509Certificate, privateKey: webcrypto.CryptoKey) {
    this.#certificate = certificate;
    this.#privateKey = privateKey;
  }

  /** A new authority, valid for a year. @param now ms since the epoch */
  static async create(now: number): Promise<CertificateAuthority> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const certificate = await X509CertificateGenerator.createSelfSigned({
      serialNumber: '01',
      name: 'CN=Practice tenant authority',
      keys,
      signingAlgorithm: algorithm,
      notBefore: new Date(now - dayMs),
      notAfter: new Date(now + 365 * dayMs),
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ],
    });
    return new CertificateAuthority(certificate, keys.privateKey);
  }

  static async from(kept: KeptAuthority): Promise<CertificateAuthority> {
    const bytes = PemConverter.decode(kept.privateKeyPem)[0] ?? new ArrayBuffer(0);
    const privateKey = await webcrypto.subtle.importKey('pkcs8', bytes, algorithm, true, ['sign']);
    return new CertificateAuthority(new X509Certificate(kept.caPem), privateKey);
  }

  get caPem(): string {
    return this.#certificate.toString('pem');
  }

  async kept(): Promise<KeptAuthority> {
    const key = await webcrypto.subtle.exportKey('pkcs8', this.#privateKey);
    return { caPem: this.caPem, privateKeyPem: PemConverter.encode(key, 'PRIVATE KEY') };
  }

  /** Until when the authority itself is good, in ms since the epoch. */
  get expiresAt(): number {
    return this.#certificate.notAfter.getTime();
  }

  /** A certificate for these host names and addresses, from a day before `now` for so many days. */
  async issue(names: readonly string[], now: number, days = 365): Promise<ServerCertificate> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    this.#serial += 1;
    const certificate = await X509CertificateGenerator.create({
      // Unlike any before a restart: a client that sees one serial number with two keys refuses both.
      serialNumber: Buffer.from(`${this.#serial}-${webcrypto.randomUUID().slice(0, 12)}`).toString('hex'),
      subject: `CN=${names[0] ?? 'localhost'}`,
      issuer: this.#certificate.subject,
      publicKey: keys.publicKey,
      signingKey: this.#privateKey,
      signingAlgorithm: algorithm,
      notBefore: new Date(now - dayMs),
      notAfter: new Date(Math.min(now + days * dayMs, this.expiresAt)),
      extensions: [
        new BasicConstraintsExtension(false),
        new SubjectAlternativeNameExtension(
          names.map((name) => ({ type: /^[\d.]+$|:/.test(name) ? 'ip' : 'dns', value: name })),
        ),
      ],
    });
    const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    return {
      caPem: this.caPem,
      certificatePem: certificate.toString('pem'),
      privateKeyPem: PemConverter.encode(privateKey, 'PRIVATE KEY'),
    };
  }
}

/** Makes an authority and a certificate of it for these host names and addresses. */
export async function createServerCertificate(names: readonly string[], now: number): Promise<ServerCertificate> {
  return (await CertificateAuthority.create(now)).issue(names, now);
}
