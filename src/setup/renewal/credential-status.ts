/** How it stands with the credential of a connector, by what is known here, without asking anybody. */
import { X509Certificate } from 'node:crypto';
import type { Credential } from '../../microsoft/token-source.ts';
import { type KnownEnd, knownEnd } from './credential-end.ts';
import { type CredentialRecords, fingerprintOf } from './credential-records.ts';
import type { Registration, RenewableCredential } from './registration.ts';

export interface RenewalRules {
  readonly automatic: boolean;
  /** ms before the end at which it is renewed. */
  readonly beforeMs: number;
  /** How long a new one is to be good for. */
  readonly days: number;
  /** ms for which old and new one stand side by side after the switch. */
  readonly removeAfterMs: number;
  /** As entered by a person, ms since the epoch. */
  readonly endsAt: number | undefined;
  readonly objectId: string | undefined;
}

/** A connector as it is looked after. */
export interface KeptCredential {
  readonly connector: string;
  readonly rules: RenewalRules;
  /** As it stands now. @throws the system's error or VaultError */
  readonly credential: () => Credential;
  /** Puts a new one into the place of the old one, or says why that cannot be. */
  readonly keeping: { readonly keep: (made: RenewableCredential) => void } | { readonly why: string };
  /** The registration as the app itself may see it, for the time of `use`. */
  readonly asApp: <T>(objectId: string | undefined, use: (registration: Registration) => Promise<T>) => Promise<T>;
  /** By a token and a send. */
  readonly prove: (credential: RenewableCredential) => Promise<string | undefined>;
}

export interface CredentialStatus {
  readonly connector: string;
  readonly kind: Credential['kind'] | 'unreadable';
  /** ms since the epoch. */
  readonly endsAt?: number;
  readonly daysLeft?: number;
  /** What says when it ends. */
  readonly knownFrom?: KnownEnd['from'];
  /** When it will be renewed by itself; absent where it will not. */
  readonly renewsAt?: number;
  /** Why it is not renewed by itself. */
  readonly whyNot?: string;
  /** When old ones will be removed, ms since the epoch. */
  readonly removals: readonly number[];
}

const dayMs = 86_400_000;

/** @param evenIfFailing true: also where the last try failed */
export function statusOf(
  { connector, credential, keeping, rules }: Pick<KeptCredential, 'connector' | 'credential' | 'keeping' | 'rules'>,
  records: CredentialRecords,
  now: number,
  evenIfFailing = false,
): CredentialStatus {
  const record = records.of(connector);
  const removals = record.removals.map(({ removeAt }) => removeAt);
  let current: Credential;
  try {
    current = credential();
  } catch (error) {
    const whyNot = error instanceof Error ? error.message : String(error);
    return { connector, kind: 'unreadable', whyNot, removals };
  }
  const { kind } = current;
  if (kind === 'federated' || kind === 'managed-identity')
    return { connector, kind, whyNot: 'The platform looks after it.', removals };
  const isOnRecord = record.inUse?.fingerprint === fingerprintOf(current);
  const end = knownEnd(current, undefined, isOnRecord ? record : undefined, rules.endsAt);
  const whyNot = !rules.automatic
    ? 'renewal.automatic is off.'
    : 'why' in keeping
      ? keeping.why
      : isOfAnAuthority(current)
        ? 'An authority has signed the certificate: mailroom credential csr and install bring in the next one.'
        : end === undefined
          ? 'When it ends is not known: note it in renewal.endsOn of the connector.'
          : evenIfFailing
            ? undefined
            : record.failing;
  return {
    connector,
    kind,
    ...(end ? { endsAt: end.endsAt, daysLeft: Math.floor((end.endsAt - now) / dayMs), knownFrom: end.from } : {}),
    ...(whyNot === undefined && end ? { renewsAt: end.endsAt - rules.beforeMs } : {}),
    ...(whyNot === undefined ? {} : { whyNot }),
    removals,
  };
}

/** One that Mailroom makes by itself would be another kind of certificate than was chosen. */
function isOfAnAuthority(credential: RenewableCredential): boolean {
  if (credential.kind === 'secret') return false;
  const certificate = new X509Certificate(credential.certificatePem);
  // Not checkIssued, which takes no certificate for its own issuer that may not sign others, as ours may not.
  return !(certificate.issuer === certificate.subject && certificate.verify(certificate.publicKey));
}
