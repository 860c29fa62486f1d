/**
 * Renews the credential of an app without a gap. The states, one after the other:
 *
 * `made`      a new secret or certificate stands beside the old one in the app registration;
 * `proven`    the new one got a token, and the checks that hold for the old one hold with it. A new secret takes some
 *             minutes to be known everywhere, so this is asked again until it is, or its time is over;
 * `switched`  the new one is in the place of the old one here; servers that run take it with their next token;
 * `removed`   the old one is gone from the registration, after a wait for servers that share it.
 *
 * What fails before `switched` changes nothing: the new one is taken away again, and the old one stays as it was.
 */
import { X509Certificate } from 'node:crypto';
import { createAppCertificate } from '../../microsoft/app-certificate.ts';
import type { DirectoryApplication, DirectoryClient } from '../../microsoft/directory-client.ts';
import type { Credential } from '../../microsoft/token-source.ts';

export type RenewableCredential = Extract<Credential, { kind: 'secret' | 'certificate' }>;

export interface RenewalParts {
  readonly directory: DirectoryClient;
  /** Resolves with a sentence when the credential is not proven (yet), and with undefined when it is. */
  readonly prove: (credential: RenewableCredential) => Promise<string | undefined>;
  /** Puts the new credential in the place of the old one. */
  readonly keep: (credential: RenewableCredential) => void;
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
  readonly told: (event: RenewalEvent) => void;
}

export type RenewalEvent =
  | { readonly kind: 'made'; readonly endsAt: number }
  | { readonly kind: 'not-proven-yet'; readonly why: string }
  | { readonly kind: 'proven' | 'switched' | 'removed' }
  /** It is not known which of several the old one is: nothing is removed that might be in use. */
  | { readonly kind: 'kept-old'; readonly why: string };

export interface RenewalWishes {
  readonly clientId: string;
  readonly days: number;
  /** ms for which old and new one stand side by side after the switch. */
  readonly overlapMs: number;
}

/** The new credential was not proven in time; nothing was changed. */
export class RenewalError extends Error {}

const dayMs = 86_400_000;
/** How long Entra may take to know a new credential, in ms. */
const proofMs = 10 * 60_000;
const proofPauseMs = 10_000;

/** @throws RenewalError, DirectoryError */
export async function renewCredential(
  old: RenewableCredential,
  wishes: RenewalWishes,
  parts: RenewalParts,
): Promise<{ readonly endsAt: number }> {
  const { directory, now, pause, told } = parts;
  const application = await directory.applicationOf(wishes.clientId);
  const oldKeyId = keyIdOf(old, application);
  const made = await make(old, application, wishes, parts);
  told({ kind: 'made', endsAt: made.endsAt });
  const until = now() + proofMs;
  for (;;) {
    const why = await parts.prove(made.credential);
    if (why === undefined) break;
    if (now() >= until) {
      await made.takeBack();
      throw new RenewalError(`The new credential was not accepted within ten minutes, and was removed again: ${why}`);
    }
    told({ kind: 'not-proven-yet', why });
    await pause(proofPauseMs);
  }
  told({ kind: 'proven' });
  parts.keep(made.credential);
  told({ kind: 'switched' });
  if (oldKeyId === undefined) {
    told({ kind: 'kept-old', why: 'which of the credentials in the registration was the old one is not certain' });
    return { endsAt: made.endsAt };
  }
  await pause(wishes.overlapMs);
  if (old.kind === 'secret') await directory.removePassword(application.id, oldKeyId);
  else await directory.removeCertificate(application.id, oldKeyId);
  told({ kind: 'removed' });
  return { endsAt: made.endsAt };
}

async function make(
  old: RenewableCredential,
  { id, displayName }: DirectoryApplication,
  { days, clientId }: RenewalWishes,
  { directory, now }: RenewalParts,
): Promise<{ credential: RenewableCredential; endsAt: number; takeBack: () => Promise<void> }> {
  if (old.kind === 'secret') {
    const end = new Date(now() + days * dayMs).toISOString();
    const { keyId, secretText, endDateTime } = await directory.addPassword(id, `${displayName} (renewed)`, end);
    return {
      credential: { kind: 'secret', secret: secretText },
      endsAt: Date.parse(endDateTime),
      takeBack: () => directory.removePassword(id, keyId),
    };
  }
  const { certificatePem, privateKeyPem, endsAt } = await createAppCertificate(displayName, days, now());
  await directory.addCertificate(id, `CN=${displayName}`, certificatePem);
  const credential = { kind: 'certificate', certificatePem, privateKeyPem } as const;
  return {
    credential,
    endsAt,
    async takeBack() {
      const keyId = keyIdOf(credential, await directory.applicationOf(clientId));
      if (keyId !== undefined) await directory.removeCertificate(id, keyId);
    },
  };
}

/** Which entry of the registration it is; undefined when none or several could be it. */
function keyIdOf(credential: RenewableCredential, application: DirectoryApplication): string | undefined {
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
