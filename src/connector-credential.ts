/** What a connector proves itself with, as it stands in its files or in the vault now: it may have been renewed since the start. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { MicrosoftConnectorConfig } from './config/schema.ts';
import { type TextPlace, writeTogether } from './config/text-place.ts';
import type { Credential } from './microsoft/token-source.ts';
import type { RenewableCredential } from './setup/renewal/registration.ts';

/** @throws the system's error or VaultError when it cannot be read */
export function credentialOf({ credential }: MicrosoftConnectorConfig): Credential {
  switch (credential.kind) {
    case 'secret':
      return { kind: 'secret', secret: credential.secret.revealNow() };
    case 'certificate':
      return { kind: 'certificate', ...readPair(credential) };
    case 'federated':
      return { kind: 'federated', assertion: () => tokenIn(credential.tokenFile) };
    case 'managed-identity': {
      const { clientId, endpoint } = credential;
      const at = endpoint.kind === 'app-service' ? { ...endpoint, header: endpoint.header.reveal() } : endpoint;
      return { kind: 'managed-identity', identity: { ...(clientId ? { clientId } : {}), endpoint: at } };
    }
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

async function tokenIn(file: string): Promise<string> {
  const token = (await readFile(file, 'utf8')).trim();
  if (token === '') throw new Error(`${file} is empty`);
  return token;
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

/** Where the key of a certificate waits that is still to be signed. */
export function nextPlaceOf(key: TextPlace): TextPlace {
  return key.beside('.next');
}

export type CredentialKeeping =
  /** Puts a new credential into the place of the old one: whoever reads meanwhile has the one or the other. */
  | { readonly keep: (made: RenewableCredential) => void }
  /** Why Mailroom cannot, and what to do about it. */
  | { readonly why: string };

/** Whether and how the credential of a connector can be replaced here. */
export function keepingOf({ name, credential }: MicrosoftConnectorConfig): CredentialKeeping {
  switch (credential.kind) {
    case 'federated':
    case 'managed-identity':
      return { why: `The credential of the connector ${name} belongs to the platform, which renews it itself.` };
    case 'certificate':
      return {
        keep(made) {
          if (made.kind !== 'certificate') return;
          writeTogether([
            [credential.key, made.privateKeyPem],
            [credential.certificate, made.certificatePem],
          ]);
        },
      };
    case 'secret': {
      const { place } = credential.secret;
      if (place)
        return {
          keep(made) {
            if (made.kind === 'secret') place.write(place.kind === 'file' ? `${made.secret}\n` : made.secret);
          },
        };
      return {
        why: `The secret of the connector ${name} stands in the configuration or in the environment, where Mailroom does not write. Put it into the vault (mailroom vault put, and secret: { vault: name }) or into a file of its own, and renew it then.`,
      };
    }
  }
}
