/** What a connector proves itself with, as it stands in its files or in the vault now: it may have been renewed since the start. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { MicrosoftConnectorConfig } from './config/schema.ts';
import type { TextPlace } from './config/text-place.ts';
import type { Credential } from './microsoft/token-source.ts';

/** @throws the system's error or VaultError when it cannot be read */
export function credentialOf({ credential }: MicrosoftConnectorConfig): Credential {
  switch (credential.kind) {
    case 'secret':
      return { kind: 'secret', secret: credential.secret.revealNow() };
    case 'certificate':
      return { kind: 'certificate', ...readPair(credential) };
  }
}

/**
 * The same, at the time of the question. While it cannot be read, the last one that could be is good enough.
 * @throws the system's error or VaultError when it cannot be read now
 */
export function renewedCredential(config: MicrosoftConnectorConfig): () => Credential {
  let last = credentialOf(config);
  return () => {
    try {
      last = credentialOf(config);
    } catch {
      // Entra says soon enough whether the last one is still good.
    }
    return last;
  };
}

/** A renewal puts the key into place and then the certificate: cut off between the two, the certificate still stands beside. */
function readPair({ certificate, key }: { readonly certificate: TextPlace; readonly key: TextPlace }) {
  const privateKeyPem = key.read();
  const certificatePem = certificate.read();
  const beside = certificate.kind === 'file' ? `${certificate.file}.new` : undefined;
  if (beside === undefined || !existsSync(beside)) return { certificatePem, privateKeyPem };
  const made = readFileSync(beside, 'utf8');
  return { certificatePem: isOfKey(made, privateKeyPem) ? made : certificatePem, privateKeyPem };
}

function isOfKey(certificatePem: string, privateKeyPem: string): boolean {
  try {
    return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKeyPem));
  } catch {
    return false;
  }
}
