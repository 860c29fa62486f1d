/** Alerts over a real book and real ways, with a clock that moves when told to. */

import { AlertBook } from '../../src/alerts/alert-book.ts';
import type { AlertWay } from '../../src/alerts/alert-way.ts';
import { Alerts } from '../../src/alerts/alerts.ts';
import { webhookWay } from '../../src/alerts/webhook-way.ts';
import { alertKinds } from '../../src/domain/alert.ts';
import type { SteppedClock } from '../queue/rig.ts';
import { type TestLogger, testLogger } from '../store/samples.ts';

export const quietMs = 4 * 3_600_000;

export interface Desk {
  readonly alerts: Alerts;
  readonly clock: SteppedClock;
  readonly logger: TestLogger;
}

export function openDesk(
  folder: string,
  clock: SteppedClock,
  ways: (now: () => number) => readonly AlertWay[],
  logger = testLogger(),
): Desk {
  const alerts = new Alerts({
    ways: ways(() => clock.now()),
    book: new AlertBook(folder),
    clock,
    logger,
    host: 'mail.contoso.example',
    consoleUrl: 'https://mailroom.contoso.example',
  });
  alerts.start();
  return { alerts, clock, logger };
}

/** A generic webhook that wants everything. */
export function webhook(url: string, more: Partial<Parameters<typeof webhookWay>[0]> = {}) {
  return (now: () => number) =>
    webhookWay({ name: 'hook', events: alertKinds, quietMs, url, form: 'generic', now, ...more });
}
