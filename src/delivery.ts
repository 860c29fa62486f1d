/** The way out, put together: the dispatcher with its connectors, and who hears of what becomes of a message. */
import { connectorAlert, digestOf } from './alert-ways.ts';
import type { Config } from './config/schema.ts';
import type { CrashProbe } from './domain/crash-point.ts';
import type { Priority } from './domain/message.ts';
import type { Clock, Logger, Random } from './domain/ports.ts';
import { whatWasCutOff } from './egress/graph/cut-off.ts';
import type { DraftLedger } from './egress/graph/draft-ledger.ts';
import { DraftSweep } from './egress/graph/draft-sweep.ts';
import type { LiveConfiguration } from './live-configuration.ts';
import type { DeliveryLog } from './observe/delivery-log.ts';
import type { Tally } from './observe/late-metrics.ts';
import { DelayWatch } from './queue/delay-watch.ts';
import { Dispatcher } from './queue/dispatcher.ts';
import { goesBefore } from './queue/fair-order.ts';
import { Notices, noticeClient, submitTo } from './queue/notice.ts';
import type { QueueStore } from './queue/store.ts';
import type { Upkeep } from './upkeep.ts';

export interface DeliveryParts {
  readonly live: LiveConfiguration;
  readonly store: QueueStore;
  readonly upkeep: Upkeep;
  readonly metrics: Tally;
  readonly deliveryLog: DeliveryLog;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly probe: CrashProbe | undefined;
  readonly drafts: DraftLedger;
}

export interface Delivery {
  readonly dispatcher: Dispatcher;
  readonly notices: Notices;
  readonly delays: DelayWatch;
  readonly sweep: DraftSweep;
}

/** Nothing is sent before the dispatcher is started. */
export function putDeliveryTogether(config: Config, parts: DeliveryParts): Delivery {
  const { live, store, upkeep, metrics, deliveryLog, clock, random, logger, probe, drafts } = parts;
  const { alerts, checks } = upkeep;
  const notices = new Notices({
    store,
    clock,
    logger,
    notices: config.queue.notices ? 'failures' : 'none',
    delayNotices: config.queue.delayNotices,
    reportingHost: config.hostname,
    lifetimeMs: config.queue.expireAfter,
    submit: submitTo(store),
  });
  const sweep = new DraftSweep({
    ledger: drafts,
    async messageOf(id) {
      const trail = await store.trail(id);
      return trail && { ...trail.message.route, state: trail.message.state };
    },
    async settle(entry, signal) {
      const connector = live.connectors.find(({ name }) => name === entry.connector);
      if (!connector?.settleDraft) throw new Error('No connector by Graph has this name any more.');
      await connector.settleDraft(entry, signal);
    },
    clock,
    logger,
  });
  const { retry } = config.queue;
  let first = firstOf(config);
  const dispatcher = new Dispatcher({
    store,
    connectors: live.connectors,
    clock,
    random,
    logger,
    first: () => first,
    schedule: {
      quickMs: [15_000],
      firstMs: retry.first,
      factor: retry.factor,
      maxMs: retry.max,
      jitter: retry.jitter,
    },
    listener: {
      attemptEnded({ message, start, end }) {
        metrics.attemptEnded(start.connector, end.result);
        deliveryLog.attempted(message, start, end.result, end.next.state);
        sweep.look();
        if (end.next.state === 'uncertain' && end.result.outcome !== 'sent')
          alerts.raise(digestOf('uncertain-held', message.id, end.finishedAt, end.result.fault));
        if (end.next.state === 'sent')
          notices.sent(message, end.finishedAt).catch((error: unknown) => {
            logger.error(
              { err: error, messageId: message.id },
              'The sender could not be told that the message was sent.',
            );
          });
      },
      connectorChanged(change) {
        metrics.connectorPaused(change.connector, change.state === 'paused');
        alerts.raise(connectorAlert(change));
        if (change.state === 'paused' && change.reason !== 'operator') checks.faulted(change.connector);
      },
      async messageFailed(failure) {
        deliveryLog.event(failure.message, 'failed', failure.fault);
        sweep.look();
        // Mail of Mailroom itself is no news: an alert about an alert that failed would go the same way.
        if (failure.message.client !== noticeClient)
          alerts.raise(digestOf('message-failed', failure.message.id, failure.at, failure.fault));
        await notices.failed(failure);
      },
    },
    cutOff: (message) => whatWasCutOff(drafts, message),
    ...(probe ? { probe } : {}),
  });
  const isPaused = (name: string) =>
    dispatcher.connectors().some(({ connector, state }) => connector === name && state !== 'running');
  live.connect(dispatcher, (current) => {
    first = firstOf(current);
    for (const { name } of current.connectors) metrics.connectorPaused(name, isPaused(name));
    upkeep.changed(current);
    sweep.look();
  });
  const delays = new DelayWatch({ store, notices, clock, logger, afterMs: config.queue.delayedAfter });
  return { dispatcher, notices, delays, sweep };
}

/** The highest priority that a client has. */
function firstOf({ clients }: Config): Priority {
  return clients.reduce<Priority>((first, { priority }) => (goesBefore(priority, first) ? priority : first), 'low');
}
