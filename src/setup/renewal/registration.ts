/**
 * The credentials of an app registration as renewing sees them: read, added, removed. By an administrator's token, or by the
 * app itself, which may add and remove secrets where it owns its registration (Application.ReadWrite.OwnedBy), and may roll
 * its certificate without any permission, by proof that it holds the one that is there.
 */
import { X509Certificate } from 'node:crypto';
import type { CredentialPolicy } from '../../microsoft/credential-policy.ts';
import { type DirectoryApplication, type DirectoryClient, DirectoryError } from '../../microsoft/directory-client.ts';
import { type SigningCertificate, signKeyProof } from '../../microsoft/signed-by-certificate.ts';
import type { Credential } from '../../microsoft/token-source.ts';

export type RenewableCredential = Extract<Credential, { kind: 'secret' | 'certificate' }>;
export type CredentialKind = RenewableCredential['kind'];

export interface Registration {
  /** undefined where it may not be read. @throws DirectoryError */
  read(): Promise<DirectoryApplication | undefined>;
  /** What the tenant allows; `not-told` where it may not be asked. @throws DirectoryError */
  policy(application: DirectoryApplication): Promise<CredentialPolicy | undefined | 'not-told'>;
  /** @param endsAt ms since the epoch. @throws DirectoryError, RenewalNotAllowed */
  addSecret(label: string, endsAt: number): Promise<{ keyId: string; secret: string; endsAt: number }>;
  /** @returns the id of its entry, where that is known. @throws DirectoryError, RenewalNotAllowed */
  addCertificate(name: string, certificatePem: string): Promise<string | undefined>;
  /** Nothing happens where it has gone already. @throws DirectoryError, RenewalNotAllowed */
  remove(kind: CredentialKind, keyId: string): Promise<void>;
}

/** Whoever asked may not do this. */
export class RenewalNotAllowed extends Error {}

/** By a token of somebody who may write app registrations. */
export function registrationByAdministrator(directory: DirectoryClient, clientId: string): Registration {
  const object = once(async () => (await directory.applicationOf(clientId)).id);
  return {
    read: () => directory.applicationOf(clientId),
    policy: (application) => directory.credentialPolicy(application),
    addSecret: async (label, endsAt) => added(await directory.addPassword(await object(), label, iso(endsAt))),
    async addCertificate(name, pem) {
      await directory.addCertificate(await object(), name, pem);
      return keyIdOf({ kind: 'certificate', certificatePem: pem }, await directory.applicationOf(clientId));
    },
    remove: async (kind, keyId) =>
      unlessGone(
        kind === 'secret'
          ? directory.removePassword(await object(), keyId)
          : directory.removeCertificate(await object(), keyId),
      ),
  };
}

export interface OwnRegistrationParts {
  readonly directory: DirectoryClient;
  readonly clientId: string;
  /** Object id of the registration where it is known: it may not be readable. */
  readonly objectId: string | undefined;
  /** A certificate that the registration holds, to sign proofs with. */
  readonly certificate: () => SigningCertificate | undefined;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** By the app itself. */
export function registrationByApp({
  directory,
  clientId,
  objectId,
  certificate,
  now,
}: OwnRegistrationParts): Registration {
  const read = async () => {
    try {
      return await directory.applicationOf(clientId);
    } catch (error) {
      if (isRefused(error)) return undefined;
      throw error;
    }
  };
  const object = once(async () => {
    const known = objectId ?? (await read())?.id;
    if (known !== undefined) return known;
    throw new RenewalNotAllowed(
      'The app may not read its own registration, and the Object ID of that is not known: put it into renewal.objectId of the connector (Entra admin centre → App registrations → the app → Overview).',
    );
  });
  const proof = async () => {
    const held = certificate();
    if (!held) throw new RenewalNotAllowed('The app has no certificate to prove itself with.');
    return signKeyProof(held, await object(), now());
  };
  return {
    read,
    policy: (application) => directory.credentialPolicy(application),
    addSecret: async (label, endsAt) =>
      added(await allowed(directory.addPassword(await object(), label, iso(endsAt)), mayNotAdd)),
    addCertificate: async (name, pem) =>
      allowed(directory.rollInCertificate(await object(), name, pem, await proof()), mayNotRoll),
    async remove(kind, keyId) {
      const removing =
        kind === 'secret'
          ? directory.removePassword(await object(), keyId)
          : directory.rollOutCertificate(await object(), keyId, await proof());
      await unlessGone(allowed(removing, kind === 'secret' ? mayNotAdd : mayNotRoll));
    },
  };
}

const mayNotAdd =
  'The app may not change its own client secrets. Grant it Application.ReadWrite.OwnedBy and make it an owner of its registration, or use a certificate, which it may renew without any permission.';
const mayNotRoll = 'Entra does not take the proof that the app signed with its certificate.';

async function allowed<T>(answer: Promise<T>, sentence: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!isRefused(error)) throw error;
    throw new RenewalNotAllowed(`${sentence} (${error.message})`, { cause: error });
  }
}

async function unlessGone(removing: Promise<void>): Promise<void> {
  try {
    await removing;
  } catch (error) {
    const isGone =
      error instanceof DirectoryError && (error.status === 404 || /credential found with keyId/i.test(error.message));
    if (!isGone) throw error;
  }
}

function isRefused(error: unknown): error is DirectoryError {
  return error instanceof DirectoryError && (error.status === 403 || error.status === 401);
}

function added({ keyId, secretText, endDateTime }: { keyId: string; secretText: string; endDateTime: string }) {
  return { keyId, secret: secretText, endsAt: Date.parse(endDateTime) };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}

/** Which entry of the registration it is; undefined when none or several could be it. */
export function keyIdOf(
  credential: RenewableCredential | { readonly kind: 'certificate'; readonly certificatePem: string },
  application: DirectoryApplication,
): string | undefined {
  const found =
    credential.kind === 'secret'
      ? application.passwordCredentials.filter(({ hint }) => hint === credential.secret.slice(0, 3))
      : application.keyCredentials.filter(({ customKeyIdentifier }) =>
          thumbprintsOf(credential.certificatePem).includes(customKeyIdentifier ?? ''),
        );
  return found.length === 1 ? found[0]?.keyId : undefined;
}

/** The registration shows it in base64; some tools have written it as hexadecimal digits. */
function thumbprintsOf(pem: string): readonly string[] {
  const hex = new X509Certificate(pem).fingerprint.replaceAll(':', '');
  return [hex, Buffer.from(hex, 'hex').toString('base64')];
}
