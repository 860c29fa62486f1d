/**
 * How long a connector has stood still: the clock by which lifetimes are moved on.
 *
 * While a connector is paused, the lifetimes of its messages stand still. To write a new end of life into a million
 * messages at each resume would stop the index for seconds. So each connector keeps the sum of its ended pauses, and each
 * message what that sum was (the current pause included) when its lifetime began: the difference is how long the message
 * has stood still. All of it follows from times in the journal, so that a replay comes to the same.
 */
import type { ConnectorPause } from '../../queue/store.ts';
import type { ConnectorStanding } from './records.ts';

export class ConnectorClocks {
  readonly #standings = new Map<string, ConnectorStanding>();

  /** Sets one as read back from the index or from a segment's first record. */
  restore(standing: ConnectorStanding): void {
    this.#standings.set(standing.connector, standing);
  }

  all(): readonly ConnectorStanding[] {
    return [...this.#standings.values()];
  }

  pauses(): readonly ConnectorPause[] {
    return this.all().flatMap((standing) => (standing.pause ? [standing.pause] : []));
  }

  isPaused(connector: string): boolean {
    return this.#standings.get(connector)?.pause !== undefined;
  }

  /** A second pause changes the reason, and not since when the connector stands still. */
  pause(pause: ConnectorPause): ConnectorStanding {
    const before = this.#standings.get(pause.connector);
    const standing: ConnectorStanding = {
      connector: pause.connector,
      stillMs: before?.stillMs ?? 0,
      pause: { ...pause, pausedAt: before?.pause?.pausedAt ?? pause.pausedAt },
    };
    this.#standings.set(pause.connector, standing);
    return standing;
  }

  /** Ends a pause; `undefined` when there was none. */
  resume(connector: string, resumedAt: number): ConnectorStanding | undefined {
    const before = this.#standings.get(connector);
    if (!before?.pause) return undefined;
    const standing: ConnectorStanding = {
      connector,
      stillMs: before.stillMs + Math.max(0, resumedAt - before.pause.pausedAt),
    };
    this.#standings.set(connector, standing);
    return standing;
  }

  /** ms that the connector had stood still by `at`, the current pause included. */
  stillBy(connector: string, at: number): number {
    const standing = this.#standings.get(connector);
    if (!standing) return 0;
    return standing.stillMs + (standing.pause ? Math.max(0, at - standing.pause.pausedAt) : 0);
  }

  /** ms that the connector has stood still in the pauses that have ended. */
  ended(connector: string): number {
    return this.#standings.get(connector)?.stillMs ?? 0;
  }
}
