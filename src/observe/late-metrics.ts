/**
 * The metrics before somebody looks at them. The library that keeps them takes 13 MB and a tenth of the start, and a server that
 * nobody scrapes and that has next to nothing to do needs none of it: what there is to count is remembered until somebody
 * asks, or until it gets too much to remember, and then told to the library in its order.
 */
import type { Metrics } from './metrics.ts';

/** What there is to count. */
export type Tally = Pick<
  Metrics,
  'smtp' | 'requestAccepted' | 'requestRefused' | 'messageAccepted' | 'attemptEnded' | 'connectorPaused' | 'alertEnded'
>;

export interface LateMetrics extends Tally {
  /** The metrics, with all that was counted so far. */
  read(): Promise<Metrics>;
}

/** So many counts are remembered: a few hundred kilobytes at the most. */
const mostRemembered = 2_000;

/** @param ofProcess whether memory, CPU and event loop of the process are among them: these keep timers. */
export function createLateMetrics(ofProcess: boolean): LateMetrics {
  let known: Metrics | undefined;
  let loading: Promise<Metrics> | undefined;
  let remembered: ((metrics: Metrics) => unknown)[] = [];
  const load = async (): Promise<Metrics> => {
    const { createMetrics } = await import('./metrics.ts');
    const metrics = createMetrics();
    if (ofProcess) metrics.collectProcess();
    for (const count of remembered) count(metrics);
    remembered = [];
    known = metrics;
    return metrics;
  };
  const read = () => {
    loading ??= load();
    return loading;
  };
  const take = (count: (metrics: Metrics) => unknown): void => {
    if (known) {
      count(known);
      return;
    }
    remembered.push(count);
    // Counts are not worth the process: without the library they are lost, and whoever asks for them hears why.
    if (remembered.length === mostRemembered) read().catch(() => undefined);
  };
  return {
    read,
    smtp: {
      connectionOpened: (...of) => take(({ smtp }) => smtp.connectionOpened(...of)),
      connectionClosed: (...of) => take(({ smtp }) => smtp.connectionClosed(...of)),
      connectionRefused: (...of) => take(({ smtp }) => smtp.connectionRefused(...of)),
      authFailed: (...of) => take(({ smtp }) => smtp.authFailed(...of)),
      tlsFailed: (...of) => take(({ smtp }) => smtp.tlsFailed(...of)),
      messageAnswered: (...of) => take(({ smtp }) => smtp.messageAnswered(...of)),
    },
    requestAccepted: (...of) => take((metrics) => metrics.requestAccepted(...of)),
    requestRefused: (...of) => take((metrics) => metrics.requestRefused(...of)),
    messageAccepted: (...of) => take((metrics) => metrics.messageAccepted(...of)),
    attemptEnded: (...of) => take((metrics) => metrics.attemptEnded(...of)),
    connectorPaused: (...of) => take((metrics) => metrics.connectorPaused(...of)),
    alertEnded: (...of) => take((metrics) => metrics.alertEnded(...of)),
  };
}
