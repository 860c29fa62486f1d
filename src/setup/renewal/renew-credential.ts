/**
 * Renews the credential of an app without a gap. The states, one after the other:
 *
 * `made`      a new secret or certificate stands beside the old one in the app registration, good for as long as is wished
 *             for and as the tenant's own policy, which is read first, allows;
 * `proven`    the new one got a token, and the checks that hold for the old one hold with it. A new secret takes some
 *             minutes to be known everywhere, so this is asked again until it is, or its time is over;
 * `switched`  the new one is in the place of the old one here; servers that run take it with their next token.
 *
 * The old one is removed by the caller, after a wait for servers that share it. What fails before `switched` changes nothing:
 * the new one is taken away again, and the old one stays as it was. What is cut off there is found by its label later.
 */
import { randomUUID } from 'node:crypto';
import { allowedDays, type CredentialPolicy, sayPolicy } from '../../microsoft/credential-policy.ts';
import { type DirectoryApplication, DirectoryError } from '../../microsoft/directory-client.ts';
import { type CredentialKind, keyIdOf, type Registration, type RenewableCredential } from './registration.ts';

export interface RenewalParts {
  readonly registration: Registration;
  /** Resolves with a sentence when the credential is not proven (yet), and with undefined when it is. */
  readonly prove: (credential: RenewableCredential) => Promise<string | undefined>;
  /** Puts the new credential in the place of the old one. */
  readonly keep: (credential: RenewableCredential) => void;
  /** Puts on record what is about to be made, before it is; undefined: nothing is under way any more. */
  readonly making: (label: { readonly kind: CredentialKind; readonly label: string } | undefined) => void;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
  readonly told: (event: RenewalEvent) => void;
}

export type RenewalEvent =
  | { readonly kind: 'policy'; readonly sentence: string }
  | { readonly kind: 'made'; readonly endsAt: number }
  | { readonly kind: 'not-proven-yet'; readonly why: string }
  | { readonly kind: 'proven' | 'switched' | 'taken-back' }
  /** After the switch: the old one is gone from the registration. */
  | { readonly kind: 'removed' }
  /** It is not known which of several the old one is: nothing is removed that might be in use. */
  | { readonly kind: 'kept-old'; readonly why: string };

export interface RenewalWishes {
  /** How long the new one is to be good for; the tenant's policy may allow less. */
  readonly days: number;
  /** Name of the registration, where it cannot be read. */
  readonly name: string;
  /** Entry of the old one, where it is on record. */
  readonly oldKeyId?: string | undefined;
  /** In place of one that is made here. */
  readonly given?: NewCertificate | undefined;
}

/** A certificate that an authority has signed for a key of ours. */
export interface NewCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** ms since the epoch. */
  readonly endsAt: number;
  /** The registration has it already. */
  readonly isRegistered: boolean;
}

export interface Renewed {
  readonly credential: RenewableCredential;
  readonly endsAt: number;
  /** Entries of the registration, where they are known. */
  readonly keyId: string | undefined;
  readonly oldKeyId: string | undefined;
  readonly objectId: string | undefined;
}

/** The new credential was not proven in time, or none may be made; nothing was changed. */
export class RenewalError extends Error {}

const dayMs = 86_400_000;
/** How long Entra may take to know a new credential, in ms. */
const proofMs = 10 * 60_000;
const proofPauseMs = 10_000;
/** Days that are tried where the tenant's policy refuses a lifetime and may not be read. */
const shorterDays = [180, 90, 30];

/**
 * @param old undefined where the connector has none yet
 * @throws RenewalError, RenewalNotAllowed, DirectoryError
 */
export async function renewCredential(
  old: RenewableCredential | undefined,
  wishes: RenewalWishes,
  parts: RenewalParts,
): Promise<Renewed> {
  const { registration, now, pause, told } = parts;
  const application = await registration.read();
  const oldKeyId = (application && old && keyIdOf(old, application)) ?? wishes.oldKeyId;
  const policy = application && (await registration.policy(application));
  if (typeof policy === 'object') told({ kind: 'policy', sentence: sayPolicy(policy) });
  const kind = wishes.given ? 'certificate' : (old?.kind ?? 'certificate');
  if (typeof policy === 'object' && kind === 'secret' && !policy.allowsSecrets)
    throw new RenewalError(
      `The credential policy ${policy.name} allows no new client secrets. Give the app a certificate: mailroom credential csr, or mailroom setup.`,
    );
  const made = wishes.given
    ? await register(wishes.given, application?.displayName ?? wishes.name, parts)
    : await make(kind, application, wishes, parts, typeof policy === 'object' ? policy : undefined);
  told({ kind: 'made', endsAt: made.endsAt });
  try {
    const until = now() + proofMs;
    for (;;) {
      const why = await parts.prove(made.credential);
      if (why === undefined) break;
      if (now() >= until)
        throw new RenewalError(`The new credential was not accepted within ten minutes, and was removed again: ${why}`);
      told({ kind: 'not-proven-yet', why });
      await pause(proofPauseMs);
    }
    told({ kind: 'proven' });
    parts.keep(made.credential);
  } catch (error) {
    await takeBack(made, parts);
    throw error;
  }
  told({ kind: 'switched' });
  return { ...made, oldKeyId, objectId: application?.id };
}

interface Made {
  readonly credential: RenewableCredential;
  readonly endsAt: number;
  readonly keyId: string | undefined;
}

async function make(
  kind: CredentialKind,
  application: DirectoryApplication | undefined,
  wishes: RenewalWishes,
  parts: RenewalParts,
  policy: CredentialPolicy | undefined,
): Promise<Made> {
  const name = application?.displayName ?? wishes.name;
  const days = allowedDays(wishes.days, kind, policy);
  for (const tried of [days, ...shorterDays.filter((each) => each < days)]) {
    try {
      return await (kind === 'secret' ? makeSecret(name, tried, parts) : makeCertificate(name, tried, parts));
    } catch (error) {
      parts.making(undefined);
      if (!isTooLong(error)) throw error;
      parts.told({
        kind: 'policy',
        sentence: `The credential policy of the tenant does not take ${tried} days, and the app may not read it.`,
      });
    }
  }
  throw new RenewalError(
    'The credential policy of the tenant does not even take 30 days. An administrator can read it.',
  );
}

function isTooLong(error: unknown): boolean {
  return error instanceof DirectoryError && error.code === 'CredentialInvalidLifetimeAsPerAppPolicy';
}

async function register(
  { certificatePem, privateKeyPem, endsAt, isRegistered }: NewCertificate,
  name: string,
  { registration, making }: RenewalParts,
): Promise<Made> {
  const credential = { kind: 'certificate', certificatePem, privateKeyPem } as const;
  // What an administrator has put there is not ours to take back.
  if (isRegistered) return { credential, endsAt, keyId: undefined };
  making({ kind: 'certificate', label: certificatePem });
  return { credential, endsAt, keyId: await registration.addCertificate(`CN=${name}`, certificatePem) };
}

async function makeSecret(name: string, days: number, { registration, making, now }: RenewalParts): Promise<Made> {
  const label = `${name} (renewed ${new Date(now()).toISOString().slice(0, 10)}, ${randomUUID().slice(0, 8)})`;
  making({ kind: 'secret', label });
  const { keyId, secret, endsAt } = await registration.addSecret(label, now() + days * dayMs);
  return { credential: { kind: 'secret', secret }, endsAt, keyId };
}

async function makeCertificate(name: string, days: number, { registration, making, now }: RenewalParts): Promise<Made> {
  // Read once in years, and 150 files.
  const { createAppCertificate } = await import('../../microsoft/app-certificate.ts');
  const { certificatePem, privateKeyPem, endsAt } = await createAppCertificate(name, days, now());
  making({ kind: 'certificate', label: certificatePem });
  const keyId = await registration.addCertificate(`CN=${name}`, certificatePem);
  return { credential: { kind: 'certificate', certificatePem, privateKeyPem }, endsAt, keyId };
}

/** What cannot be taken back now stays on record, and is taken back later. */
async function takeBack({ credential, keyId }: Made, { registration, making, told }: RenewalParts): Promise<void> {
  if (keyId === undefined) return;
  try {
    await registration.remove(credential.kind, keyId);
  } catch {
    return;
  }
  making(undefined);
  told({ kind: 'taken-back' });
}
