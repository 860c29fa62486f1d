/** When a credential ends, and what says so: it itself, Entra, the record of who made it, or the person who noted it. */
import { X509Certificate } from 'node:crypto';
import type { DirectoryApplication } from '../../microsoft/directory-client.ts';
import type { CredentialRecord } from './credential-records.ts';
import type { RenewableCredential } from './registration.ts';

export interface KnownEnd {
  /** ms since the epoch. */
  readonly endsAt: number;
  readonly from: 'certificate' | 'graph' | 'made' | 'entered';
}

/**
 * @param application the registration, where it could be read
 * @param record of this very credential, where there is one
 * @param entered ms since the epoch
 */
export function knownEnd(
  credential: RenewableCredential,
  application: DirectoryApplication | undefined,
  record: CredentialRecord | undefined,
  entered: number | undefined,
): KnownEnd | undefined {
  if (credential.kind === 'certificate')
    return { endsAt: new X509Certificate(credential.certificatePem).validToDate.getTime(), from: 'certificate' };
  const known = record?.inUse;
  // Entra shows the first three characters of a secret: several may have them, and the record knows which it is.
  const candidates = (application?.passwordCredentials ?? []).filter(
    ({ hint }) => hint === credential.secret.slice(0, 3),
  );
  const own = candidates.filter(({ keyId }) => keyId === known?.keyId);
  const ends = (own.length > 0 ? own : candidates)
    .map(({ endDateTime }) => Date.parse(endDateTime ?? ''))
    .filter((end) => !Number.isNaN(end));
  if (ends.length > 0) return { endsAt: Math.max(...ends), from: 'graph' };
  if (known?.endsAt !== undefined) return { endsAt: known.endsAt, from: known.from ?? 'made' };
  return entered === undefined ? undefined : { endsAt: entered, from: 'entered' };
}
