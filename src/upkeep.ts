/**
 * What looks after a running server: alerts and the states that raise them, the checks that run by themselves, and the
 * credentials. Made before anything can fail, started when mail flows.
 */
import { alertWays, consoleUrl } from './alert-ways.ts';
import { AlertBook } from './alerts/alert-book.ts';
import { Alerts } from './alerts/alerts.ts';
import { StateWatch } from './alerts/state-watch.ts';
import type { Config } from './config/schema.ts';
import type { Clock, Logger } from './domain/ports.ts';
import { keptCredentials } from './kept-credentials.ts';
import type { Tally } from './observe/late-metrics.ts';
import type { QueueStore } from './queue/store.ts';
import { CheckHistory, checkHistoryFile } from './setup/checks/check-history.ts';
import { CheckKeeper } from './setup/checks/check-keeper.ts';
import { CredentialKeeper } from './setup/renewal/credential-keeper.ts';
import { CredentialRecords } from './setup/renewal/credential-records.ts';
import { RenewalHistory } from './setup/renewal/renewal-history.ts';

export interface UpkeepParts {
  /** As it stands now: connectors and alerts change while the server runs. */
  readonly current: () => Config;
  readonly store: QueueStore;
  readonly metrics: Tally;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether the checks run by themselves, where the configuration does not forbid it. */
  readonly runsChecks: boolean;
  readonly looksAfterCredentials: boolean;
}

export class Upkeep {
  readonly alerts: Alerts;
  readonly checks: CheckKeeper;
  readonly checkHistory: CheckHistory;
  readonly credentials: CredentialKeeper;
  readonly #parts: UpkeepParts;
  readonly #watch: StateWatch;

  constructor(parts: UpkeepParts) {
    const { current, store, metrics, clock, logger } = parts;
    const config = current();
    this.#parts = parts;
    const book = new AlertBook(config.dataDir);
    if (book.setAside !== undefined)
      logger.error({ file: book.setAside }, 'The list of alerts was damaged and is begun anew; what was owed is lost.');
    this.alerts = new Alerts({
      ways: this.#ways(config),
      book,
      clock,
      logger,
      host: config.hostname,
      consoleUrl: consoleUrl(config),
      onEnded: (way, result) => metrics.alertEnded(way, result),
    });
    this.#watch = new StateWatch({
      store,
      alerts: this.alerts,
      clock,
      logger,
      dataDir: config.dataDir,
      reserveBytes: config.queue.reserve,
      when: config.observe.alertWhen,
    });
    this.checkHistory = new CheckHistory(checkHistoryFile(config.dataDir));
    this.checks = new CheckKeeper({
      connectors: this.#checked(config),
      run: async (name) => (await import('./check-connector.ts')).checkByName(current(), name, () => clock.now()),
      history: this.checkHistory,
      clock,
      logger,
      alerts: this.alerts,
    });
    const records = new CredentialRecords(config.dataDir);
    const setAside = parts.looksAfterCredentials ? records.setAsideDamaged() : undefined;
    if (setAside !== undefined)
      logger.error(
        { file: setAside },
        'The record of credentials was damaged and is begun anew. An old credential that was still to be removed stays in the app registration until it ends: remove it there.',
      );
    this.credentials = new CredentialKeeper({
      kept: () => keptCredentials(current().connectors, () => clock.now()),
      records,
      history: new RenewalHistory(config.dataDir),
      alerts: this.alerts,
      clock,
      logger,
    });
  }

  async start(): Promise<void> {
    this.checks.start();
    this.alerts.start();
    for (const { connector, reason, detail, pausedAt } of await this.#parts.store.pauses())
      this.alerts.stands({ kind: 'connector-paused', connector, reason, detail }, pausedAt);
    this.#watch.start();
    if (this.#parts.looksAfterCredentials) this.credentials.start();
  }

  /** Takes up connectors and ways of alerts as they stand in a configuration that was changed. */
  changed(config: Config): void {
    this.checks.watch(this.#checked(config));
    this.alerts.use(this.#ways(config));
    if (this.#parts.looksAfterCredentials) this.credentials.watch();
  }

  /** Alerts last: what stops before them may have something to tell. */
  async stop(): Promise<void> {
    await this.credentials.stop();
    await this.checks.stop();
    await this.#watch.stop();
    await this.alerts.stop();
  }

  #ways(config: Config) {
    return alertWays(config, () => this.#parts.clock.now(), this.#parts.store);
  }

  #checked({ observe, connectors }: Config): string[] {
    return this.#parts.runsChecks && observe.checks ? connectors.map(({ name }) => name) : [];
  }
}
