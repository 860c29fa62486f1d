/**
 * What an operator can do to the queue, over a running server or over a store that the command line opened itself.
 */
import type { AlertWayStanding } from '../domain/alert.ts';
import { FaultError } from '../domain/catalogue.ts';
import type { MessageId, MessageTrail, QueuedMessage } from '../domain/message.ts';
import type { Clock } from '../domain/ports.ts';
import type { ConnectorStanding } from '../queue/dispatcher-options.ts';
import type { LaneStanding } from '../queue/lane.ts';
import type {
  Books,
  ConnectorPause,
  Intervention,
  InterventionResult,
  QueueDepth,
  QueueStore,
  RateCounts,
  RateQuery,
} from '../queue/store.ts';
import { type MessageFilter, toMessageQuery } from './message-query.ts';

export interface Status {
  readonly version: string;
  /** ms since the epoch; absent when no server runs. */
  readonly startedAt?: number;
  readonly books: Books;
  readonly depth: readonly QueueDepth[];
  readonly pauses: readonly ConnectorPause[];
  /** Absent when no server runs. */
  readonly connectors?: readonly ConnectorStanding[];
  /** Lanes that have had mail since the start; absent when no server runs. */
  readonly lanes?: readonly LaneStanding[];
  /** Attempts under way; absent when no server runs. */
  readonly inFlight?: number;
  readonly listeners: readonly { readonly name: string; readonly kind: 'smtp' | 'http'; readonly address: string }[];
  /** Absent when no server runs. */
  readonly alerts?: readonly AlertWayStanding[];
}

export type OperatorAction = 'hold' | 'release' | 'retry' | 'cancel';

export interface Operator {
  status(): Promise<Status>;
  list(filter: MessageFilter): Promise<readonly QueuedMessage[]>;
  trail(id: MessageId): Promise<MessageTrail | undefined>;
  /** The message's bytes as they are stored; undefined when they are no longer kept. */
  raw(id: MessageId): Promise<Buffer | undefined>;
  intervene(
    action: OperatorAction,
    ids: readonly MessageId[],
    by: string,
    detail?: string,
  ): Promise<InterventionResult>;
  /** False when there is no such connector. */
  pauseConnector(name: string, detail: string): Promise<boolean>;
  resumeConnector(name: string, detail: string): Promise<boolean>;
}

/** What the console asks beyond the command line. */
export interface LocalOperator extends Operator {
  /** Ids of a page, newest first. */
  listIds(filter: MessageFilter): Promise<readonly MessageId[]>;
  /** How many messages match, whatever the page; counts no further than `most`. */
  count(filter: MessageFilter, most: number): Promise<number>;
  rates(query: RateQuery): Promise<readonly RateCounts[]>;
}

export interface OperatorParts {
  readonly store: QueueStore;
  readonly clock: Clock;
  readonly version: string;
  /** A message that is retried or released lives at least this long from then on, in ms. */
  readonly lifetimeMs: number;
  readonly startedAt?: number;
  readonly listeners?: Status['listeners'];
  readonly alerts?: () => readonly AlertWayStanding[];
  /** Called after messages were changed, for the delivery log. */
  readonly onIntervened?: (ids: readonly MessageId[], action: OperatorAction, by: string) => void;
  /** Connectors of the configuration, for when no server runs. */
  readonly connectors?: readonly string[];
  /** Absent when no server runs: then a pause is put on record for the next start. */
  readonly dispatcher?: {
    readonly inFlight: number;
    connectors(): readonly ConnectorStanding[];
    lanes(): readonly LaneStanding[];
    pauseConnector(name: string, detail: string): Promise<boolean>;
    resumeConnector(name: string, detail: string): Promise<boolean>;
  };
}

export function createOperator(parts: OperatorParts): LocalOperator {
  const { store, clock, dispatcher } = parts;
  /** A pause of a connector that the configuration has lost can still be ended. */
  const isKnown = async (name: string) =>
    parts.connectors?.includes(name) || (await store.pauses()).some((pause) => pause.connector === name);
  return {
    async status() {
      const [books, depth, pauses] = await Promise.all([store.books(), store.depth(), store.pauses()]);
      return {
        version: parts.version,
        ...(parts.startedAt === undefined ? {} : { startedAt: parts.startedAt }),
        books,
        depth,
        pauses,
        ...(dispatcher
          ? { connectors: dispatcher.connectors(), lanes: dispatcher.lanes(), inFlight: dispatcher.inFlight }
          : {}),
        listeners: parts.listeners ?? [],
        ...(parts.alerts ? { alerts: parts.alerts() } : {}),
      };
    },
    list: (filter) => store.list(toMessageQuery(filter)),
    listIds: (filter) => store.listIds(toMessageQuery(filter)),
    count: (filter, most) => store.count(toMessageQuery(filter), most),
    rates: (query) => store.rates(query),
    trail: (id) => store.trail(id),
    async raw(id) {
      try {
        return await (await store.openBody(id)).bytes();
      } catch (error) {
        if (error instanceof FaultError && error.fault.code === 'not-found') return undefined;
        throw error;
      }
    },
    async intervene(action, ids, by, detail) {
      const at = clock.now();
      const revives = action === 'retry' || action === 'release';
      const intervention: Intervention = {
        ids,
        kind: action,
        by,
        at,
        ...(detail === undefined ? {} : { detail }),
        ...(revives ? { expiresAt: at + parts.lifetimeMs } : {}),
      };
      const result = await store.intervene(intervention);
      parts.onIntervened?.(result.changed, action, by);
      return result;
    },
    async pauseConnector(name, detail) {
      if (dispatcher) return dispatcher.pauseConnector(name, detail);
      if (!(await isKnown(name))) return false;
      await store.pauseConnector({ connector: name, pausedAt: clock.now(), reason: 'operator', detail });
      return true;
    },
    async resumeConnector(name, detail) {
      if (dispatcher) return dispatcher.resumeConnector(name, detail);
      if (!(await isKnown(name))) return false;
      await store.resumeConnector(name, clock.now());
      return true;
    },
  };
}
