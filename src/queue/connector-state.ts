/**
 * The state of one connector.
 *
 * - `running`: attempts start as the lanes allow. Entered at start, and by a probe that the service dealt with, or by a
 *   person who resumes it.
 * - `paused` by a fault: entered when an attempt ends `deferred` by the connector, or at start when the store says so.
 *   Mail goes on being accepted and no lifetime runs down. When the probe's time has come and a message waits, that message's
 *   attempt is the probe. A fault that comes while it is paused changes the reason alone.
 * - `probing`: one attempt is under way and no other may start. Ends `running` when the service dealt with the message (sent,
 *   failed, or deferred for the message's own sake), and `paused` otherwise, with a longer wait. A probe that fails by the
 *   connector does not count against its message.
 * - `paused` by a person: as above without probes; only a person ends it. A fault under way then changes nothing.
 *
 * A crash leaves `paused` on record and the wait before the next probe starts again; a crash in `probing` leaves its
 * attempt to recovery, like any other.
 */
import type { FaultCode } from '../domain/catalogue.ts';
import type { Random } from '../domain/ports.ts';
import { probeSchedule, waitMs } from './retry-clock.ts';
import type { ConnectorPause } from './store.ts';

type State =
  | { readonly name: 'running' }
  | {
      readonly name: 'paused' | 'probing';
      readonly pause: ConnectorPause;
      readonly probes: number;
      readonly probeAt: number;
    };

export class ConnectorState {
  readonly connector: string;
  readonly #random: Random;
  #state: State = { name: 'running' };

  constructor(connector: string, random: Random) {
    this.connector = connector;
    this.#random = random;
  }

  get name(): State['name'] {
    return this.#state.name;
  }

  get pause(): ConnectorPause | undefined {
    return this.#state.name === 'running' ? undefined : this.#state.pause;
  }

  /** Takes up a pause that an earlier process put on record; the first probe may start at once. */
  restore(pause: ConnectorPause, now: number): void {
    this.#state = { name: 'paused', pause, probes: 0, probeAt: probeTime(pause, now) };
  }

  /** Which attempts may start now. */
  mayStart(now: number): 'any' | 'probe' | 'none' {
    if (this.#state.name === 'running') return 'any';
    return this.#state.name === 'paused' && isDue(this.#state.probeAt, now) ? 'probe' : 'none';
  }

  /** When the next probe may start; `undefined` while it runs, probes, or waits for a person. */
  probeAt(): number | undefined {
    if (this.#state.name !== 'paused' || this.#state.probeAt === Number.POSITIVE_INFINITY) return undefined;
    return this.#state.probeAt;
  }

  probeStarted(): void {
    if (this.#state.name === 'paused') this.#state = { ...this.#state, name: 'probing' };
  }

  /** The probe ended without saying that the connector works: the next one comes later. */
  probeFailed(now: number): void {
    if (this.#state.name !== 'probing') return;
    const { pause } = this.#state;
    const probes = this.#state.probes + 1;
    this.#state = { name: 'paused', pause, probes, probeAt: probeTime(pause, now + this.#wait(probes + 1)) };
  }

  /**
   * An attempt ended by a fault of the connector. Returns the pause to put on record, or `undefined` when there is nothing
   * new: it is paused for this reason already, or a person paused it.
   */
  faulted(reason: FaultCode, detail: string, now: number): ConnectorPause | undefined {
    if (this.#state.name === 'running') {
      const pause = { connector: this.connector, pausedAt: now, reason, detail };
      this.#state = { name: 'paused', pause, probes: 0, probeAt: now + this.#wait(1) };
      return pause;
    }
    const { pause } = this.#state;
    if (pause.reason === reason || pause.reason === 'operator') return undefined;
    const changed = { ...pause, reason, detail };
    this.#state = { ...this.#state, pause: changed };
    return changed;
  }

  /** A person stops it. */
  stop(detail: string, now: number): ConnectorPause {
    const pausedAt = this.pause?.pausedAt ?? now;
    const pause = { connector: this.connector, pausedAt, reason: 'operator', detail } as const;
    this.#state = { name: 'paused', pause, probes: 0, probeAt: Number.POSITIVE_INFINITY };
    return pause;
  }

  /** It works again, or a person says so. Returns whether it was paused. */
  resume(): boolean {
    const was = this.#state.name !== 'running';
    this.#state = { name: 'running' };
    return was;
  }

  #wait(probe: number): number {
    return waitMs(probeSchedule, probe, this.#random);
  }
}

/** Also when it lies further ahead than any probe: the clock has been set back. */
function isDue(probeAt: number, now: number): boolean {
  return probeAt <= now || (Number.isFinite(probeAt) && probeAt - now > 2 * probeSchedule.maxMs);
}

function probeTime(pause: ConnectorPause, at: number): number {
  return pause.reason === 'operator' ? Number.POSITIVE_INFINITY : at;
}
