/**
 * How many requests an app may make to a mailbox. Everything is computed from the clock when somebody asks, and a request
 * that is refused counts too: who retries at once stays refused.
 * Source: Graph "Microsoft Graph service-specific throttling limits", Outlook service limits.
 */
import type { Profile } from '../profile.ts';
import { RollingWindows } from './rolling-window.ts';
import { SendingLimits } from './sending-limits.ts';

const minuteMs = 60_000;

/** Guessed: how long a client is told to wait for one of four requests to end. */
const concurrencyRetrySeconds = 1;

export interface Entry {
  /** Client id. */
  readonly appId: string;
  /** Address or object id, always the same for one mailbox. */
  readonly mailbox: string;
  /** Of the request's body. */
  readonly bytes: number;
}

export interface Throttled {
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds: number;
}

export type Admission = { readonly refused: Throttled } | { leave(): void };

export class TrafficLimits {
  readonly #profile: Profile;
  readonly #clock: { now(): number };
  readonly #underWay = new Map<string, number>();
  readonly #requests = new RollingWindows(10 * minuteMs);
  readonly #bytes = new RollingWindows(5 * minuteMs);
  /** What mailboxes may send, beside how often apps may ask. */
  readonly sending: SendingLimits;

  constructor(profile: Profile, clock: { now(): number }) {
    this.#profile = profile;
    this.#clock = clock;
    this.sending = new SendingLimits(profile, clock);
  }

  /** Lets a request in, until it leaves, or says what limit it is over. */
  enter({ appId, mailbox, bytes }: Entry): Admission {
    const now = this.#clock.now();
    const { concurrency, requestsPer10Minutes, uploadBytesPer5Minutes } = this.#profile;
    const pair = `${appId} ${mailbox}`.toLowerCase();
    const requests = this.#requests.of(pair, now);
    const uploads = this.#bytes.of(pair, now);
    requests.add(now, 1);
    uploads.add(now, bytes);
    if (requestsPer10Minutes !== null && requests.total(now) > requestsPer10Minutes)
      return {
        refused: {
          code: 'TooManyRequests',
          message: 'Too many requests.',
          retryAfterSeconds: seconds(requests.msUntilRoom(now, 1, requestsPer10Minutes)),
        },
      };
    if (uploadBytesPer5Minutes !== null && uploads.total(now) > uploadBytesPer5Minutes)
      return over('IncomingBytes', seconds(uploads.msUntilRoom(now, bytes, uploadBytesPer5Minutes)));
    const place = this.#placeOf(appId, mailbox);
    const underWay = this.#underWay.get(place) ?? 0;
    if (concurrency !== null && underWay >= concurrency) return over('MailboxConcurrency', concurrencyRetrySeconds);
    this.#underWay.set(place, underWay + 1);
    let hasLeft = false;
    return {
      leave: () => {
        if (hasLeft) return;
        hasLeft = true;
        const left = (this.#underWay.get(place) ?? 1) - 1;
        if (left === 0) this.#underWay.delete(place);
        else this.#underWay.set(place, left);
      },
    };
  }

  /** Whose requests are counted together; Microsoft has published each of the three. */
  #placeOf(appId: string, mailbox: string): string {
    switch (this.#profile.concurrencyReading) {
      case 'app-and-mailbox':
        return `${appId} ${mailbox}`.toLowerCase();
      case 'mailbox':
        return mailbox.toLowerCase();
      case 'app':
        return appId.toLowerCase();
    }
  }
}

function over(limit: string, retryAfterSeconds: number): Admission {
  return {
    refused: { code: 'ApplicationThrottled', message: `Application is over its ${limit} limit.`, retryAfterSeconds },
  };
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}
