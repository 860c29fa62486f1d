/**
 * All lanes, with the registrations they share, and the two questions that the dispatcher asks of them: what to lease next,
 * and what may start now.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Priority, QueuedMessage } from '../domain/message.ts';
import type { Random } from '../domain/ports.ts';
import type { Connectors, KnownConnector } from './connectors.ts';
import type { Waiting } from './fair-order.ts';
import { Lane, type LaneStanding } from './lane.ts';
import type { ClosedLane } from './lane-loads.ts';
import type { QueueStore, ReadyGroup } from './store.ts';

const dayMs = 24 * 3_600_000;
const hourMs = 3_600_000;

/** Leases of a lane that cannot start anything for so long are given back: a person can hold or cancel the messages then. */
const keepLeasesMs = 5_000;

/** A lane and what stands around it. */
export interface OpenLane {
  readonly lane: Lane;
  readonly known: KnownConnector;
  /** Where its attempts are counted together with those of other lanes. */
  readonly registration: string;
  readonly mailbox: string;
  /** Its sender in small letters. */
  readonly account: string;
}

/** A message that may start now. */
export interface Startable extends OpenLane {
  readonly message: QueuedMessage;
  /** It looks whether its connector works again. */
  readonly probing: boolean;
}

export interface LeaseWish {
  readonly waiting: Waiting;
  readonly limit: number;
}

export class Lanes {
  readonly #connectors: Connectors;
  readonly #store: QueueStore;
  readonly #random: Random;
  readonly #lanes = new Map<string, OpenLane>();
  /** In the order in which they are asked; whoever started something goes to the end. */
  #turn: OpenLane[] = [];
  /** By what is counted together: a registration, a mailbox at a service. */
  readonly #inFlight = new Map<string, number>();
  readonly #first: () => Priority;

  /** @param first the priority before which nobody's mail goes */
  constructor(connectors: Connectors, store: QueueStore, random: Random, first: () => Priority) {
    this.#connectors = connectors;
    this.#store = store;
    this.#random = random;
    this.#first = first;
  }

  /** Takes note of a group that has messages due. Returns false when its connector is not configured. */
  async note(group: ReadyGroup, now: number): Promise<boolean> {
    const key = laneKey(group);
    let open = this.#lanes.get(key);
    if (!open) {
      const known = this.#connectors.get(group.connector);
      if (!known) return false;
      const lane = new Lane(group.connector, group.sender, known.plan.limits, this.#random, this.#first);
      open = opened(lane, known);
      if (known.plan.limits.recipientsPerDay !== Number.POSITIVE_INFINITY) await this.#remember(open, now);
      for (const beside of this.#sameMailbox(open))
        lane.sentBeside(beside.lane.standing(now).messagesLastMinute, 0, now);
      this.#lanes.set(key, open);
      this.#turn.push(open);
    }
    open.lane.order.note(group);
    return true;
  }

  /**
   * Takes up connectors that have been replaced: lanes of a connector that has gone end, and so do lanes whose limits are
   * others now; they open anew with their next message. Returns what was leased for them, to be given back.
   */
  replaced(): QueuedMessage[] {
    const givenBack: QueuedMessage[] = [];
    this.#turn = this.#turn.flatMap((open) => {
      const key = laneKey(open.lane);
      const known = this.#connectors.get(open.lane.connector);
      if (known === open.known) return [open];
      if (!known || !isDeepStrictEqual(known.plan.limits, open.known.plan.limits)) {
        givenBack.push(...open.lane.order.empty());
        this.#lanes.delete(key);
        return [];
      }
      const taken = opened(open.lane, known);
      this.#lanes.set(key, taken);
      return [taken];
    });
    return givenBack;
  }

  /** Lanes in which nothing may start, and until when. */
  closed(now: number): ClosedLane[] {
    return this.#turn.flatMap(({ lane }) => {
      const until = lane.closedUntil(now);
      return until > now ? [{ connector: lane.connector, sender: lane.sender, until }] : [];
    });
  }

  /** Other lanes that send as the same mailbox: by another connector of its tenant. */
  #sameMailbox({ lane, known, account }: OpenLane): readonly OpenLane[] {
    const { mailboxesOf } = known.plan;
    if (mailboxesOf === undefined) return [];
    return this.#turn.filter(
      (other) => other.lane !== lane && other.known.plan.mailboxesOf === mailboxesOf && other.account === account,
    );
  }

  /** What the daily limit needs to know of the time before this lane, to the hour, on the safe side. */
  async #remember({ lane, known }: OpenLane, now: number): Promise<void> {
    const { mailboxesOf } = known.plan;
    const names = [...this.#connectors.all()]
      .filter(({ plan }) => plan.name === lane.connector || (mailboxesOf && plan.mailboxesOf === mailboxesOf))
      .map(({ plan }) => plan.name);
    const since = async (from: number) => {
      const sent = names.map((name) => this.#store.recipientsSentSince(name, lane.sender, from));
      return (await Promise.all(sent)).reduce((sum, each) => sum + each, 0);
    };
    let counted = await since(now - dayMs);
    if (counted === 0) return;
    for (let hour = 24; hour >= 1; hour -= 1) {
      const later = hour === 1 ? 0 : await since(now - (hour - 1) * hourMs);
      lane.remember(counted - later, now - (hour - 1) * hourMs);
      counted = later;
    }
  }

  /** Every lane that has had mail since the start. */
  standings(now: number): LaneStanding[] {
    return [...this.#lanes.values()].map(({ lane }) => lane.standing(now));
  }

  /** The clock has been set back by so many ms. */
  setBack(ms: number): void {
    for (const { lane } of this.#lanes.values()) lane.setBack(ms);
  }

  /** What to lease now. */
  wishes(now: number): LeaseWish[] {
    return this.#turn.flatMap((open) => {
      const gate = open.known.state.mayStart(now);
      if (gate === 'none') return [];
      const appetite = open.lane.appetite(now);
      if (gate === 'probe') return appetite < 1 ? [] : this.#probeWish(open, now);
      return [...open.lane.order.all()]
        .filter(({ more, leasing, messages }) => more && !leasing && messages.length * 2 < appetite)
        .map((waiting) => ({ waiting, limit: appetite - waiting.messages.length }));
    });
  }

  /** A probe needs one message, from whatever lane of the connector is asked first. */
  #probeWish({ lane }: OpenLane, now: number): LeaseWish[] {
    if (lane.order.peek(now)) return [];
    const waiting = [...lane.order.all()].find(({ more, leasing }) => more && !leasing);
    return waiting ? [{ waiting, limit: 1 }] : [];
  }

  /** Something that may start now, of the lane whose turn it is. The caller calls `started` for it, or drops it. */
  next(now: number): Startable | undefined {
    for (const [place, open] of this.#turn.entries()) {
      const { lane, known } = open;
      const message = lane.order.peek(now);
      if (!message) continue;
      const gate = known.state.mayStart(now);
      if (gate === 'none' || this.#isFull(open) || lane.mayStart(message, now) !== now) continue;
      lane.order.take(now);
      this.#turn.splice(place, 1);
      this.#turn.push(open);
      return { ...open, message, probing: gate === 'probe' };
    }
    return undefined;
  }

  started(start: Startable, now: number): void {
    const { lane, known, message, probing, registration, mailbox } = start;
    for (const place of [registration, mailbox]) this.#inFlight.set(place, (this.#inFlight.get(place) ?? 0) + 1);
    lane.started(message, now);
    for (const beside of this.#sameMailbox(start)) beside.lane.sentBeside(1, message.envelope.recipients.length, now);
    if (probing) known.state.probeStarted();
  }

  ended({ lane, registration, mailbox }: OpenLane): void {
    for (const place of [registration, mailbox]) {
      const left = (this.#inFlight.get(place) ?? 1) - 1;
      if (left === 0) this.#inFlight.delete(place);
      else this.#inFlight.set(place, left);
    }
    lane.ended();
  }

  /** Whether its registration has as much under way as it may, or its mailbox has, by whatever registrations. */
  #isFull(open: OpenLane): boolean {
    const { registration, mailbox } = open;
    const { registrationConcurrency, limits } = open.known.plan;
    const underWay = (place: string) => this.#inFlight.get(place) ?? 0;
    return underWay(registration) >= registrationConcurrency || underWay(mailbox) >= limits.concurrency;
  }

  /** Whether messages are leased that have not started, or may be leased. */
  haveWaiting(): boolean {
    return this.#turn.some(({ lane }) => !lane.order.isEmpty);
  }

  /** Leased messages that cannot start for a while: taken out, to be given back. */
  idle(now: number): QueuedMessage[] {
    return this.#turn.flatMap(({ lane, known }) => {
      const message = lane.order.peek(now);
      if (!message) return [];
      const startsAt = lane.mayStart(message, now);
      const late = startsAt !== undefined && startsAt > now + keepLeasesMs;
      if (late) lane.rest(startsAt, now);
      return late || known.state.mayStart(now) === 'none' ? lane.order.empty() : [];
    });
  }

  /** All leased messages that no attempt has begun for, taken out. */
  empty(): QueuedMessage[] {
    return this.#turn.flatMap(({ lane }) => lane.order.empty());
  }

  /** When a lane or a connector should be looked at again; `undefined` when only an event can change anything. */
  wakeAt(now: number): number | undefined {
    let wakeAt = Number.POSITIVE_INFINITY;
    for (const { lane, known } of this.#turn) {
      if (lane.order.isEmpty) continue;
      const message = lane.order.peek(now);
      const times = [known.state.probeAt(), message ? lane.mayStart(message, now) : lane.opensAt(now)];
      for (const time of times) if (time !== undefined && time > now) wakeAt = Math.min(wakeAt, time);
    }
    return wakeAt === Number.POSITIVE_INFINITY ? undefined : wakeAt;
  }
}

function laneKey({ connector, sender }: { readonly connector: string; readonly sender: string }): string {
  return `${connector}\n${sender}`;
}

/** Its places are put together once: they are asked for with each attempt. */
function opened(lane: Lane, known: KnownConnector): OpenLane {
  const { plan } = known;
  const service = plan.mailboxConcurrencyOf ?? `connector ${plan.name}`;
  const account = lane.sender.toLowerCase();
  const [registration, mailbox] = [`registration ${plan.registration}`, `mailbox ${service} ${account}`];
  return { lane, known, registration, mailbox, account };
}
