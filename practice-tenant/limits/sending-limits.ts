/**
 * What Exchange allows a mailbox and a tenant to send. Nothing here refuses a request: too many messages a minute are
 * delivered later, too many recipients come back as non-delivery reports.
 * Source: Exchange Online "Sending limits", "Tenant external recipient rate limit".
 */
import type { Profile } from '../profile.ts';
import { RollingWindow, RollingWindows } from './rolling-window.ts';

const minuteMs = 60_000;
const dayMs = 24 * 3600 * 1000;

export class SendingLimits {
  readonly #profile: Profile;
  readonly #clock: { now(): number };
  /** The minute that a mailbox is filling, which may lie ahead, and how many messages are in it. */
  readonly #minutes = new Map<string, { startsAt: number; used: number }>();
  readonly #recipients = new RollingWindows(dayMs);
  readonly #external = new RollingWindow(dayMs);

  constructor(profile: Profile, clock: { now(): number }) {
    this.#profile = profile;
    this.#clock = clock;
  }

  /** When one more message of this mailbox leaves: at once, or in a minute that has room. ms since the epoch. */
  releaseAt(mailbox: string): number {
    const now = this.#clock.now();
    const limit = this.#profile.messagesPerMinute;
    if (limit === null) return now;
    const key = mailbox.toLowerCase();
    let minute = this.#minutes.get(key);
    if (!minute || now >= minute.startsAt + minuteMs) {
      minute = { startsAt: now, used: 0 };
      this.#minutes.set(key, minute);
    }
    if (minute.used >= limit) {
      minute.startsAt += minuteMs;
      minute.used = 0;
    }
    minute.used += 1;
    return Math.max(now, minute.startsAt);
  }

  /** Counts recipients of a mailbox, a group as one; false, and nothing counted, when the day has no room for them. */
  takeRecipients(mailbox: string, count: number): boolean {
    const now = this.#clock.now();
    return take(this.#recipients.of(mailbox.toLowerCase(), now), now, count, this.#profile.recipientsPerDay);
  }

  /** Whether the day has room for one more recipient: SMTP refuses where Graph takes and reports. */
  hasRecipientsLeft(mailbox: string): boolean {
    const now = this.#clock.now();
    const limit = this.#profile.recipientsPerDay;
    return limit === null || this.#recipients.of(mailbox.toLowerCase(), now).total(now) < limit;
  }

  /** Counts recipients outside the tenant, for the whole tenant. */
  takeExternal(count: number): boolean {
    return take(this.#external, this.#clock.now(), count, this.#profile.externalRecipientsPerDay);
  }
}

function take(window: RollingWindow, now: number, count: number, limit: number | null): boolean {
  if (limit !== null && window.total(now) + count > limit) return false;
  window.add(now, count);
  return true;
}
