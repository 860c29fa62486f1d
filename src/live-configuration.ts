/**
 * The part of the configuration that can change while mail flows: connectors, clients, routes. A change is taken as a whole
 * or not at all. In its order: new couriers are made and passwords hashed (which may fail, and then nothing has happened);
 * the gate is swapped between two questions; the queue goes on with the new connectors between two turns; couriers that
 * were replaced are closed when the last attempt that began with them has ended. No connection is dropped.
 */
import { isSameValue } from './config/same-value.ts';
import type { Config, ConnectorConfig } from './config/schema.ts';
import type { BuiltConnector } from './connectors.ts';
import type { Logger } from './domain/ports.ts';
import type { PolicyGate } from './policy/policy-gate.ts';
import { SwitchingGate } from './policy/switching-gate.ts';
import type { Dispatcher } from './queue/dispatcher.ts';
import type { QueueStore } from './queue/store.ts';

export interface LiveParts {
  /** Makes a courier. @throws the system's error when a file of the connector cannot be read */
  build(connector: ConnectorConfig, config: Config): BuiltConnector;
  makeGate(config: Config, connectors: readonly BuiltConnector[]): Promise<PolicyGate>;
  readonly store: Pick<QueueStore, 'depth'>;
  readonly logger: Logger;
}

type LiveDispatcher = Pick<Dispatcher, 'reconfigure' | 'pauseConnector' | 'resumeConnector' | 'connectors'>;

interface Standing {
  readonly config: ConnectorConfig;
  readonly built: BuiltConnector;
}

/** What a pause on record says of a connector that was removed while mail waited for it. */
const removedDetail = 'The connector was removed; its mail waits until there is one of that name again.';

export class LiveConfiguration {
  readonly gate: SwitchingGate;
  readonly #parts: LiveParts;
  #config: Config;
  #standing: readonly Standing[];
  #changing: Promise<unknown> = Promise.resolve();
  readonly #retired = new Set<Promise<void>>();
  #dispatcher: LiveDispatcher | undefined;
  #told: (config: Config) => void = () => undefined;

  private constructor(parts: LiveParts, config: Config, standing: readonly Standing[], gate: SwitchingGate) {
    this.#parts = parts;
    this.#config = config;
    this.#standing = standing;
    this.gate = gate;
  }

  /** @throws the system's error when a file of a connector cannot be read */
  static async begin(config: Config, parts: LiveParts): Promise<LiveConfiguration> {
    const standing = config.connectors.map((each) => ({ config: each, built: parts.build(each, config) }));
    const built = standing.map((each) => each.built);
    return new LiveConfiguration(parts, config, standing, new SwitchingGate(await parts.makeGate(config, built)));
  }

  get config(): Config {
    return this.#config;
  }

  get connectors(): readonly BuiltConnector[] {
    return this.#standing.map(({ built }) => built);
  }

  /** @param told called after each change, with the configuration that stands now */
  connect(dispatcher: LiveDispatcher, told: (config: Config) => void): void {
    this.#dispatcher = dispatcher;
    this.#told = told;
  }

  /** Takes another configuration, one change after the other. @throws when it cannot stand; nothing has changed then */
  change(next: Config): Promise<void> {
    const changed = this.#changing.then(() => this.#change(next));
    this.#changing = changed.catch(() => undefined);
    return changed;
  }

  async #change(next: Config): Promise<void> {
    const { build, makeGate, logger } = this.#parts;
    const before = this.#standing;
    const made: BuiltConnector[] = [];
    let standing: readonly Standing[];
    let gate: PolicyGate;
    try {
      standing = next.connectors.map((config) => {
        const kept = before.find((each) => isSameValue(each.config, config));
        // Routes decide how a courier writes From: where they changed, it is made anew.
        if (kept && isSameValue(this.#config.routes, next.routes)) return kept;
        const built = build(config, next);
        made.push(built);
        return { config, built };
      });
      gate = await makeGate(
        next,
        standing.map(({ built }) => built),
      );
    } catch (error) {
      for (const { courier } of made) await courier.close();
      throw error;
    }
    this.#config = next;
    this.#standing = standing;
    this.gate.swap(gate);
    await this.#handOver(before, standing);
    this.#told(next);
    logger.info(
      { connectors: next.connectors.map(({ name }) => name), clients: next.clients.map(({ name }) => name) },
      'The configuration was changed.',
    );
  }

  async #handOver(before: readonly Standing[], now: readonly Standing[]): Promise<void> {
    const dispatcher = this.#dispatcher;
    if (!dispatcher) return;
    const names = new Set(now.map(({ config }) => config.name));
    const depth = await this.#parts.store.depth();
    for (const { config } of before)
      if (!names.has(config.name) && depth.some(({ connector, queued }) => connector === config.name && queued > 0))
        await dispatcher.pauseConnector(config.name, removedDetail);
    const { freed } = await dispatcher.reconfigure(now.map(({ built }) => built));
    for (const { connector, pause } of dispatcher.connectors())
      if (pause?.detail === removedDetail)
        await dispatcher.resumeConnector(connector, 'There is one of that name again.');
    const retired = before.filter((each) => !now.includes(each));
    if (retired.length === 0) return;
    const closing = freed
      .then(async () => {
        for (const { built } of retired) await built.courier.close();
      })
      .catch((error: unknown) => this.#parts.logger.warn({ err: error }, 'A courier that was replaced did not close.'))
      .finally(() => this.#retired.delete(closing));
    this.#retired.add(closing);
  }

  async close(): Promise<void> {
    await this.#changing;
    await Promise.all(this.#retired);
    for (const { built } of this.#standing) await built.courier.close();
  }
}
