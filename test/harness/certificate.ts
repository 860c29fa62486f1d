/**
 * Makes a certificate authority and certificates from it, for listeners in tests: ECDSA P-256, valid for a day.
 */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;

export interface ServerCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface TestAuthority {
  readonly caPem: string;
  /** A certificate for these names and IP addresses. */
  issue(names: readonly string[]): Promise<ServerCertificate>;
}

/** Makes a new authority. */
export async function createAuthority(name = 'Test authority'): Promise<TestAuthority> {
  cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const notBefore = new Date(Date.now() - dayMs);
  const notAfter = new Date(Date.now() + dayMs);
  const ca = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: `CN=${name}`,
    notBefore,
    notAfter,
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  let serial = 1;
  return {
    caPem: pemOf(ca),
    async issue(names) {
      serial += 1;
      const own = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const certificate = await X509CertificateGenerator.create({
        serialNumber: serial.toString(16).padStart(2, '0'),
        subject: `CN=${names[0]}`,
        issuer: ca.subject,
        notBefore,
        notAfter,
        signingKey: keys.privateKey,
        publicKey: own.publicKey,
        signingAlgorithm: algorithm,
        extensions: [
          new SubjectAlternativeNameExtension(
            names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
          ),
        ],
      });
      const key = await webcrypto.subtle.exportKey('pkcs8', own.privateKey);
      return { certificatePem: pemOf(certificate), keyPem: `${PemConverter.encode(key, 'PRIVATE KEY')}\n` };
    },
  };
}

export interface CertificateFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly caFile: string;
  readonly caPem: string;
}

/** Writes a fresh certificate for `localhost` and 127.0.0.1, its key (0600) and its authority below `folder`. */
export async function writeLocalhostCertificate(folder: string): Promise<CertificateFiles> {
  const authority = await createAuthority();
  const { certificatePem, keyPem } = await authority.issue(['localhost', '127.0.0.1']);
  await mkdir(folder, { recursive: true });
  const files = {
    certificateFile: join(folder, 'server.pem'),
    keyFile: join(folder, 'server.key'),
    caFile: join(folder, 'ca.pem'),
    caPem: authority.caPem,
  };
  await writeFile(files.certificateFile, certificatePem);
  await writeFile(files.keyFile, keyPem, { mode: 0o600 });
  await writeFile(files.caFile, authority.caPem);
  return files;
}

function pemOf(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}
