/**
 * Fall-back: mail whose way has been closed for too long takes the next of its route that is open. A way is closed while
 * its connector is paused, or while its lane has to wait for longer than that anyway.
 *
 * Never a duplicate: what waits with an attempt that may have sent it stays where it is, for the rule of its connector or
 * for a person. The change of the way is on record before the attempt that takes it, so that a restart goes on with it.
 */
import type { CrashProbe } from '../domain/crash-point.ts';
import type { QueuedMessage, Way } from '../domain/message.ts';
import type { Logger } from '../domain/ports.ts';
import type { Connectors } from './connectors.ts';
import type { Lanes } from './lanes.ts';
import type { QueueStore } from './store.ts';

/** Messages that are moved in one go. */
const atOnce = 500;
/** ms between two looks while a way is closed. */
const lookMs = 2_000;

/** A way that takes nothing at the moment. */
interface ClosedWay {
  readonly connector: string;
  /** Undefined: whoever sends by it. */
  readonly sender?: string;
  /** ms that it has been, or is going to be closed; what is known of both. */
  readonly closedMs: number;
  readonly why: string;
}

export class FallBack {
  readonly #store: QueueStore;
  readonly #connectors: Connectors;
  readonly #lanes: Lanes;
  readonly #logger: Logger;
  readonly #probe: CrashProbe;
  #lookAt = 0;

  constructor(store: QueueStore, connectors: Connectors, lanes: Lanes, logger: Logger, probe: CrashProbe) {
    this.#store = store;
    this.#connectors = connectors;
    this.#lanes = lanes;
    this.#logger = logger;
    this.#probe = probe;
  }

  /** When to look again; undefined while every way is open. */
  wakeAt(now: number): number | undefined {
    return this.#closed(now).length > 0 ? Math.max(this.#lookAt, now + 1) : undefined;
  }

  /** The clock has been set back by so many ms. */
  setBack(ms: number): void {
    this.#lookAt -= ms;
  }

  /** Moves what has waited for too long. Returns whether anything was moved. */
  async look(now: number): Promise<boolean> {
    const closed = this.#closed(now);
    if (closed.length === 0 || now < this.#lookAt) return false;
    this.#lookAt = now + lookMs;
    let moved = 0;
    for (const way of closed) moved += await this.#move(way, now);
    return moved > 0;
  }

  async #move(closed: ClosedWay, now: number): Promise<number> {
    const { connector, sender, closedMs, why } = closed;
    const request = {
      connector,
      ...(sender === undefined ? {} : { sender }),
      now: Number.MAX_SAFE_INTEGER,
      limit: atOnce,
    };
    let moved = 0;
    for (;;) {
      const waiting = await this.#store.rerouteable(request);
      const byWay = new Map<string, { way: Way; ids: string[] }>();
      for (const message of waiting) {
        const way =
          (message.route.fallBack?.afterMs ?? Number.POSITIVE_INFINITY) <= closedMs && this.#open(message, now);
        if (!way) continue;
        const key = `${way.connector}\n${way.sender}`;
        const known = byWay.get(key) ?? { way, ids: [] };
        known.ids.push(message.id);
        byWay.set(key, known);
      }
      let changed = 0;
      for (const { way, ids } of byWay.values()) {
        const detail = `from ${connector} to ${way.connector} as ${way.sender}: ${why}`;
        this.#probe('before-reroute');
        const done = await this.#store.intervene({ ids, kind: 'reroute', by: 'queue', at: now, detail, way });
        this.#probe('after-reroute');
        changed += done.changed.length;
        this.#logger.warn({ connector, way, messages: done.changed.length }, 'Mail takes another way out.');
      }
      moved += changed;
      // Only a full page of which something has gone can have more behind it.
      if (changed === 0 || waiting.length < atOnce) return moved;
    }
  }

  #closed(now: number): ClosedWay[] {
    const paused = [...this.#connectors.all()].flatMap(({ state }): ClosedWay[] => {
      const { pause } = state;
      if (!pause) return [];
      return [{ connector: state.connector, closedMs: now - pause.pausedAt, why: `it is paused. ${pause.detail}` }];
    });
    return [
      ...paused,
      ...this.#lanes.closed(now).map(({ connector, sender, until }) => ({
        connector,
        sender,
        closedMs: until - now,
        why: `${sender} has to wait until ${new Date(until).toISOString()}.`,
      })),
    ];
  }

  /** The first way of the message that is open. */
  #open({ route }: QueuedMessage, now: number): Way | undefined {
    const closedLanes = this.#lanes.closed(now);
    return route.fallBack?.ways.find(
      ({ connector, sender }) =>
        this.#connectors.get(connector)?.state.name === 'running' &&
        !closedLanes.some((lane) => lane.connector === connector && lane.sender === sender),
    );
  }
}
