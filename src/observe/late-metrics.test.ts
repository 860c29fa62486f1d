import { expect, test } from 'vitest';
import { createLateMetrics } from './late-metrics.ts';

const accepted = async (metrics: ReturnType<typeof createLateMetrics>) =>
  /^mailroom_messages_accepted_total\{client="payroll",ingress="smtp"\} (\d+)$/m.exec(
    await (await metrics.read()).registry.metrics(),
  )?.[1];

test.each([
  ['a few', 3],
  ['more than are remembered', 5_000],
])('what-was-counted-before-anybody-looked-is-there: %s, and what came after', async (_what, count) => {
  const metrics = createLateMetrics(false);
  const countSome = () => {
    for (let index = 0; index < count; index += 1) metrics.messageAccepted('payroll', 'smtp', 1);
  };
  countSome();
  metrics.smtp.connectionOpened('main');
  metrics.smtp.connectionOpened('main');
  metrics.smtp.connectionClosed('main');
  expect(await accepted(metrics)).toBe(String(count));
  countSome();
  expect(await accepted(metrics)).toBe(String(2 * count));
  expect(await (await metrics.read()).registry.metrics()).toContain('mailroom_smtp_connections{listener="main"} 1');
});
