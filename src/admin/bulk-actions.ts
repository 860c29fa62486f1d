/**
 * One action on all messages that match, a few at a time, so that it can be watched and stopped.
 *
 * `running → done | stopped | failed`. It goes from the newest message that matched when it began down to the oldest; what
 * comes in meanwhile is not its business. It lives in memory: when the server stops it ends, and what was changed by then
 * stays changed, each message with its own entry on its trail.
 */
import { randomUUID } from 'node:crypto';
import type { MessageId } from '../domain/message.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import type { MessageFilter } from './message-query.ts';
import type { LocalOperator, OperatorAction } from './operator.ts';

export interface BulkOrder {
  readonly action: OperatorAction;
  /** With the states that the action changes, and the time up to which messages count. */
  readonly filter: MessageFilter;
  /** As many match. */
  readonly total: number;
  readonly by: string;
}

export interface BulkView extends Omit<BulkOrder, 'filter'> {
  readonly id: string;
  readonly state: 'running' | 'done' | 'stopped' | 'failed';
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly changed: number;
  readonly unchanged: number;
}

interface Work {
  view: BulkView;
  wantsStop: boolean;
  readonly ended: Promise<void>;
}

/** Messages changed in one record of the journal. */
const atOnce = 500;
/** Ended ones that are still told of. */
const mostKept = 20;
export const mostRunning = 4;

export class BulkActions {
  readonly #operator: Pick<LocalOperator, 'listIds' | 'intervene'>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #works = new Map<string, Work>();

  constructor(parts: {
    readonly operator: Pick<LocalOperator, 'listIds' | 'intervene'>;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.#operator = parts.operator;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
  }

  /** The newest first. */
  list(): readonly BulkView[] {
    return [...this.#works.values()].map(({ view }) => view).toReversed();
  }

  get(id: string): BulkView | undefined {
    return this.#works.get(id)?.view;
  }

  /** Begins an action. `undefined` when as many as may are under way. `onEnd` is told how it ended. */
  begin(order: BulkOrder, onEnd: (view: BulkView) => void): BulkView | undefined {
    if (this.list().filter(({ state }) => state === 'running').length >= mostRunning) return undefined;
    const { action, total, by } = order;
    const id = randomUUID();
    const view: BulkView = {
      id,
      action,
      total,
      by,
      state: 'running',
      startedAt: this.#clock.now(),
      changed: 0,
      unchanged: 0,
    };
    const { promise, resolve } = Promise.withResolvers<void>();
    const work: Work = { view, wantsStop: false, ended: promise };
    this.#works.set(id, work);
    for (const [old, { view: other }] of this.#works)
      if (this.#works.size > mostKept && other.state !== 'running') this.#works.delete(old);
    this.#run(work, order)
      .catch((error: unknown) => {
        this.#logger.error({ err: error, bulk: id }, 'An action on many messages broke off.');
        this.#end(work, 'failed');
      })
      .finally(() => {
        onEnd(work.view);
        resolve();
      });
    return work.view;
  }

  /** Ends it after the messages under way; false when there is none of this id. */
  stop(id: string): boolean {
    const work = this.#works.get(id);
    if (work) work.wantsStop = true;
    return work !== undefined;
  }

  /** Ends all, and resolves when they have. */
  async close(): Promise<void> {
    for (const work of this.#works.values()) work.wantsStop = true;
    await Promise.all([...this.#works.values()].map(({ ended }) => ended));
  }

  async #run(work: Work, { action, filter, by }: BulkOrder): Promise<void> {
    let after: MessageId | undefined;
    while (!work.wantsStop) {
      const ids = await this.#operator.listIds({ ...filter, limit: atOnce, ...(after === undefined ? {} : { after }) });
      if (ids.length > 0) {
        const { changed, unchanged } = await this.#operator.intervene(action, ids, by);
        work.view = {
          ...work.view,
          changed: work.view.changed + changed.length,
          unchanged: work.view.unchanged + unchanged.length,
        };
      }
      after = ids.at(-1);
      if (ids.length < atOnce) {
        this.#end(work, 'done');
        return;
      }
    }
    this.#end(work, 'stopped');
  }

  #end(work: Work, state: BulkView['state']): void {
    work.view = { ...work.view, state, endedAt: this.#clock.now() };
  }
}
