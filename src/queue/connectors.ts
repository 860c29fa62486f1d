/**
 * All connectors with their states, and the one place where a pause or its end goes on record and is told.
 */
import { catalogueRow, type FaultCode } from '../domain/catalogue.ts';
import type { ServiceAnswer } from '../domain/outcome.ts';
import type { Clock, Logger, Random } from '../domain/ports.ts';
import { ConnectorState } from './connector-state.ts';
import type { ConnectorChange, OutgoingConnector } from './delivery-port.ts';
import type { ConnectorPause, QueueStore } from './store.ts';

export interface KnownConnector {
  readonly plan: OutgoingConnector;
  readonly state: ConnectorState;
}

export class Connectors {
  readonly #store: QueueStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #changed: (change: ConnectorChange) => void;
  readonly #random: Random;
  readonly #known: Map<string, KnownConnector>;
  /** Pauses of connectors that the configuration no longer has. */
  #others: readonly string[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(
    plans: readonly OutgoingConnector[],
    parts: { store: QueueStore; clock: Clock; logger: Logger; random: Random },
    changed: (change: ConnectorChange) => void,
  ) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#changed = changed;
    this.#random = parts.random;
    this.#known = new Map(
      plans.map((plan) => [plan.name, { plan, state: new ConnectorState(plan.name, parts.random) }]),
    );
  }

  get(name: string): KnownConnector | undefined {
    return this.#known.get(name);
  }

  all(): Iterable<KnownConnector> {
    return this.#known.values();
  }

  /** Names of all that are paused, those without configuration among them. */
  pausedNames(): readonly string[] {
    const paused = [...this.#known.values()].filter(({ state }) => state.name !== 'running');
    return [...paused.map(({ state }) => state.connector), ...this.#others];
  }

  /** Takes up what is on record of earlier pauses, for all connectors or for some that have just come. */
  async restore(only?: ReadonlySet<string>): Promise<void> {
    const pauses = await this.#store.pauses();
    for (const pause of pauses)
      if (only?.has(pause.connector) ?? true) this.get(pause.connector)?.state.restore(pause, this.#clock.now());
    this.#others = pauses.map(({ connector }) => connector).filter((name) => !this.#known.has(name));
  }

  /**
   * Takes other plans in the place of the ones before. A connector that stays keeps its state: a pause does not end because
   * somebody corrected a limit. Attempts under way go on by the plan that they began with. Returns the names that are new.
   */
  replace(plans: readonly OutgoingConnector[]): ReadonlySet<string> {
    const added = plans.map(({ name }) => name).filter((name) => !this.#known.has(name));
    const names = new Set(plans.map(({ name }) => name));
    for (const name of [...this.#known.keys()]) if (!names.has(name)) this.#known.delete(name);
    for (const plan of plans) {
      const before = this.#known.get(plan.name);
      if (before?.plan === plan) continue;
      this.#known.set(plan.name, { plan, state: before?.state ?? new ConnectorState(plan.name, this.#random) });
    }
    return new Set(added);
  }

  faulted({ state }: KnownConnector, fault: FaultCode, answer: ServiceAnswer): Promise<void> {
    const pause = state.faulted(fault, faultDetail(fault, answer), this.#clock.now());
    return pause ? this.#pause(pause) : Promise.resolve();
  }

  /** A person pauses a connector. */
  stop({ state }: KnownConnector, detail: string): Promise<void> {
    return this.#pause(state.stop(detail, this.#clock.now()));
  }

  resume({ state }: KnownConnector, detail: string): Promise<void> {
    if (!state.resume()) return Promise.resolve();
    const at = this.#clock.now();
    this.#changed({ connector: state.connector, at, state: 'running', detail });
    return this.#write(() => this.#store.resumeConnector(state.connector, at));
  }

  #pause(pause: ConnectorPause): Promise<void> {
    const { connector, reason, detail } = pause;
    this.#changed({ connector, at: this.#clock.now(), state: 'paused', reason, detail });
    return this.#write(() => this.#store.pauseConnector(pause));
  }

  /** One after the other: a pause must not come on record behind its own end. */
  #write(write: () => Promise<void>): Promise<void> {
    this.#writing = this.#writing.then(write).catch((error: unknown) => {
      this.#logger.error(
        { err: error },
        'The state of a connector could not be put on record; a restart will not know it.',
      );
    });
    return this.#writing;
  }
}

function faultDetail(fault: FaultCode, { status, code, message, requestId }: ServiceAnswer): string {
  const words = [status, code, message].filter((part) => part !== undefined).join(' ');
  return `${catalogueRow(fault).text}${words ? ` ${words}` : ''}${requestId ? ` (request-id ${requestId})` : ''}`;
}
