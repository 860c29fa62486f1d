/**
 * Passkeys (WebAuthn): a key pair in the user's device, unlocked by a finger, a face or a PIN, so that it is two factors in
 * one. The server keeps the public half. Every challenge is good once, for five minutes, and for what it was made for.
 */
import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import type { Clock } from '../../domain/ports.ts';
import type { User } from './accounts.ts';

const challengeMs = 5 * 60_000;
/** Challenges that wait at a time; the oldest go. */
const mostChallenges = 1_000;
const mostPasskeys = 20;
/** EdDSA, ES256, RS256 of COSE: what devices have. */
const algorithms = [-8, -7, -257] as const;

const transportSchema = z.enum(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']);
const text = () => z.string().max(20_000);
const common = {
  id: text(),
  rawId: text(),
  type: z.literal('public-key'),
  authenticatorAttachment: z.enum(['cross-platform', 'platform']).optional().catch(undefined),
  clientExtensionResults: z.object({}).default({}),
};
/** What the browser says when a passkey was made, and when it was used. */
export const attestationSchema = z.object({
  ...common,
  response: z.object({
    clientDataJSON: text(),
    attestationObject: text(),
    transports: z
      .array(z.string().max(30))
      .max(20)
      .default([])
      .transform((all) => all.flatMap((each) => transportSchema.safeParse(each).data ?? [])),
  }),
});
export const assertionSchema = z.object({
  ...common,
  response: z.object({
    clientDataJSON: text(),
    authenticatorData: text(),
    signature: text(),
    userHandle: text().optional(),
  }),
});

const passkeyRow = z.object({
  id: z.string(),
  user_id: z.string(),
  public_key: z.instanceof(Uint8Array),
  counter: z.number(),
  transports: z.string(),
  name: z.string(),
  created_at: z.number(),
  used_at: z.number().nullable(),
});

/** Where the browser is: the origin that it shows, which the signature covers. */
export interface Site {
  readonly origin: string;
  readonly host: string;
}

export class Passkeys {
  readonly #file: DatabaseSync;
  readonly #clock: Clock;
  /** What each challenge is for: a user's new passkey, or anybody's sign-in. */
  readonly #challenges = new Map<string, { readonly userId: string | undefined; readonly endsAt: number }>();

  constructor(file: DatabaseSync, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  of(userId: string) {
    return z
      .array(passkeyRow)
      .parse(this.#file.prepare('SELECT * FROM passkeys WHERE user_id = ? ORDER BY created_at').all(userId))
      .map(({ id, name, created_at: createdAt, used_at: usedAt }) => ({ id, name, createdAt, usedAt }));
  }

  /** What a browser needs to make a passkey for this user. */
  async registration(user: User, site: Site): Promise<object> {
    const { generateRegistrationOptions } = await import('@simplewebauthn/server');
    return generateRegistrationOptions({
      rpName: 'Mailroom',
      rpID: site.host,
      userName: user.name,
      userID: new TextEncoder().encode(user.id),
      challenge: this.#challenge(user.id),
      attestationType: 'none',
      supportedAlgorithmIDs: [...algorithms],
      excludeCredentials: this.of(user.id).map(({ id }) => ({ id })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
  }

  /** Keeps a passkey that was made. @throws FaultError `passkey-refused` */
  async add(user: User, site: Site, response: z.output<typeof attestationSchema>, name: string): Promise<void> {
    if (this.of(user.id).length >= mostPasskeys) throw new FaultError({ code: 'passkey-refused' });
    const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
    const { registrationInfo: made } = await verifyRegistrationResponse({
      response: withoutAbsent(response),
      expectedChallenge: (challenge) => this.#spend(challenge, user.id),
      expectedOrigin: site.origin,
      expectedRPID: site.host,
      requireUserVerification: true,
    }).catch(refused);
    if (!made) throw new FaultError({ code: 'passkey-refused' });
    const { id, publicKey, counter, transports = [] } = made.credential;
    this.#file
      .prepare(
        'INSERT INTO passkeys (id, user_id, public_key, counter, transports, name, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(id, user.id, publicKey, counter, transports.join(' '), name, this.#clock.now());
  }

  /** False when the user has none of this id. */
  remove(userId: string, id: string): boolean {
    const { changes } = this.#file.prepare('DELETE FROM passkeys WHERE user_id = ? AND id = ?').run(userId, id);
    return Number(changes) > 0;
  }

  /** What a browser needs to ask for a passkey, whoever's it is. */
  async request(site: Site): Promise<object> {
    const { generateAuthenticationOptions } = await import('@simplewebauthn/server');
    return generateAuthenticationOptions({
      rpID: site.host,
      userVerification: 'required',
      challenge: this.#challenge(undefined),
    });
  }

  /** Whose passkey it is. @throws FaultError `passkey-refused` */
  async userOf(site: Site, response: z.output<typeof assertionSchema>): Promise<string> {
    const row = passkeyRow.optional().parse(this.#file.prepare('SELECT * FROM passkeys WHERE id = ?').get(response.id));
    if (!row) throw new FaultError({ code: 'passkey-refused' });
    const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: withoutAbsent(response),
      expectedChallenge: (challenge) => this.#spend(challenge, undefined),
      expectedOrigin: site.origin,
      expectedRPID: site.host,
      requireUserVerification: true,
      credential: { id: row.id, publicKey: new Uint8Array(row.public_key), counter: row.counter },
    }).catch(refused);
    if (!verified) throw new FaultError({ code: 'passkey-refused' });
    this.#file
      .prepare('UPDATE passkeys SET counter = ?, used_at = ? WHERE id = ?')
      .run(authenticationInfo.newCounter, this.#clock.now(), row.id);
    return row.user_id;
  }

  #challenge(userId: string | undefined): Uint8Array<ArrayBuffer> {
    const challenge = new Uint8Array(randomBytes(32));
    const [oldest] = this.#challenges.keys();
    if (oldest !== undefined && this.#challenges.size >= mostChallenges) this.#challenges.delete(oldest);
    this.#challenges.set(Buffer.from(challenge).toString('base64url'), {
      userId,
      endsAt: this.#clock.now() + challengeMs,
    });
    return challenge;
  }

  #spend(challenge: string, userId: string | undefined): boolean {
    const made = this.#challenges.get(challenge);
    this.#challenges.delete(challenge);
    return made !== undefined && made.userId === userId && made.endsAt > this.#clock.now();
  }
}

function refused(error: unknown): never {
  const detail = error instanceof Error ? error.message : String(error);
  throw new FaultError({ code: 'passkey-refused', detail }, { cause: error });
}

type WithoutAbsent<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Fields that are `undefined` left out, one level down too: the library tells them apart from those that are absent. */
function withoutAbsent<T extends { readonly response: object }>(
  answer: T,
): WithoutAbsent<Omit<T, 'response'>> & { response: WithoutAbsent<T['response']> } {
  return JSON.parse(JSON.stringify(answer));
}
