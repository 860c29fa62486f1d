/** What the dispatcher is given, and what it tells about itself. */
import type { CrashProbe } from '../domain/crash-point.ts';
import type { Priority, QueuedMessage } from '../domain/message.ts';
import type { AttemptResult } from '../domain/outcome.ts';
import type { Clock, Logger, Random } from '../domain/ports.ts';
import type { DispatchListener, OutgoingConnector } from './delivery-port.ts';
import type { RetrySchedule } from './retry-clock.ts';
import type { ConnectorPause, QueueStore } from './store.ts';

export interface DispatcherOptions {
  readonly store: QueueStore;
  readonly connectors: readonly OutgoingConnector[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly listener?: DispatchListener;
  readonly schedule?: RetrySchedule;
  /** The priority before which nobody's mail goes: the highest that a client has. Absent: everybody has the same. */
  readonly first?: () => Priority;
  readonly probe?: CrashProbe;
  /** What a courier knows of an attempt that the end of the process cut off; undefined when nothing is known. */
  readonly cutOff?: (message: QueuedMessage) => AttemptResult | undefined;
  /** ms between two looks for expired messages. */
  readonly expirySweepMs?: number;
}

/** How a connector stands, for status and console. */
export interface ConnectorStanding {
  readonly connector: string;
  readonly state: 'running' | 'paused' | 'probing';
  readonly pause?: ConnectorPause;
}

/** What a drain came to. */
export interface DrainReport {
  /** Attempts that were still under way at the deadline and were broken off. */
  readonly brokenOff: number;
  /** Of these, the ones that did not even end then: recovery finds them at the next start. */
  readonly leftOpen: number;
}
