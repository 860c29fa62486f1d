/** What is on record of a credential once a new one has taken its place. */
import { type CredentialRecord, fingerprintOf } from './credential-records.ts';
import type { renewCredential } from './renew-credential.ts';

/** The record after a switch. @param removeAt when the old one is to go, ms since the epoch */
export function switchedTo(
  { credential, endsAt, keyId, oldKeyId, objectId }: Awaited<ReturnType<typeof renewCredential>>,
  before: CredentialRecord,
  removeAt: number,
  now: number,
): CredentialRecord {
  const { failing: _failing, making: _making, warned: _warned, ...rest } = before;
  return {
    ...rest,
    ...(objectId === undefined ? {} : { objectId }),
    inUse: {
      fingerprint: fingerprintOf(credential) ?? '',
      endsAt,
      from: credential.kind === 'certificate' ? 'certificate' : 'made',
      ...(keyId === undefined ? {} : { keyId }),
    },
    removals: [
      ...before.removals,
      ...(oldKeyId === undefined ? [] : [{ kind: credential.kind, keyId: oldKeyId, removeAt }]),
    ],
    renewedAt: now,
  };
}
