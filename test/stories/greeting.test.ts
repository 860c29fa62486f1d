import { describe, expect, it } from 'vitest';
import { startPracticeTenant } from '../../practice-tenant/tenant.ts';
import type { Clock } from '../../src/domain/ports.ts';
import { withMailroom } from '../harness/mailroom-in-process.ts';
import { openDialogue } from '../harness/smtp-dialogue.ts';

/** Time passes, and no timer ever fires: whoever waits for one, waits for ever. */
const timerless: Clock = { now: () => Date.now(), after: () => () => {} };

describe('a device that opens a connection for each message', () => {
  it('greeting-comes-without-any-timer', async () => {
    const tenant = await startPracticeTenant({ profile: 'unlimited' });
    try {
      await withMailroom(
        { tenant, systemAccount: 'noreply@contoso.example', clock: timerless },
        async ({ smtpPort }) => {
          for (let connection = 0; connection < 20; connection += 1) {
            await using dialogue = await openDialogue({ port: smtpPort, deadlineMs: 5_000 });
            expect((await dialogue.reply()).code).toBe(220);
            expect((await dialogue.command('EHLO printer')).code).toBe(250);
          }
        },
      );
    } finally {
      await tenant.close();
    }
  });
});
