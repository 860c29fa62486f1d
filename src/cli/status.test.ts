import { expect, test } from 'vitest';
import type { Status } from '../admin/operator.ts';
import { statusText } from './status.ts';

const now = Date.UTC(2026, 10, 2, 12);
const lane = {
  connector: 'main',
  sender: 'noreply@contoso.example',
  inFlight: 1,
  allowedInFlight: 1,
  messagesLastMinute: 9,
  recipientsLastDay: 900,
};

function status(lanes: Status['lanes']): Status {
  const books = { accepted: 7, queued: 7, sending: 0, held: 0, sent: 0, failed: 0, uncertain: 0, cancelled: 0 };
  const depth = [{ connector: 'main', sender: lane.sender, queued: 7, oldestAcceptedAt: now - 60_000 }];
  return { version: '1', startedAt: now, books, pauses: [], depth, listeners: [], ...(lanes ? { lanes } : {}) };
}

test('why-mail-goes-slowly-is-said, as far as the service has said so', () => {
  const waits = status([{ ...lane, foundPerMinute: 9.5, waitsUntil: now + 30_000 }]);
  expect(statusText(waits, now)).toContain(
    'main as noreply@contoso.example: 7 waiting; told to wait until 2026-11-02T12:00:30.000Z; keeps to 9.5 a minute, having been refused more\n',
  );
  expect(statusText(status([lane]), now)).toContain('main as noreply@contoso.example: 7 waiting\n');
  expect(statusText(status(undefined), now)).toContain('7 waiting\n');
});
