import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { startPracticeTenant } from '../../practice-tenant/tenant.ts';
import { withMailroom } from '../harness/mailroom-in-process.ts';
import { consoleSystemAccount } from '../harness/with-console.ts';

it('a-stranger-who-sends-a-byte-now-and-then-holds-no-connection-for-ever', async () => {
  const tenant = await startPracticeTenant({ users: [consoleSystemAccount] });
  try {
    await withMailroom(
      {
        tenant,
        systemAccount: consoleSystemAccount,
        overrides: { console: { listen: '127.0.0.1:0' } },
        consoleLimits: { header: 200, request: 400, idle: 60_000, connections: 2 },
      },
      async ({ mailroom }) => {
        const { port } = new URL(mailroom.console?.url ?? '');
        const stranger = connect(Number(port), '127.0.0.1');
        stranger.on('error', () => {});
        await once(stranger, 'connect');
        stranger.write(
          'POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n',
        );
        let said = '';
        stranger.on('data', (chunk) => {
          said += chunk;
        });
        const dripping = setInterval(() => stranger.write(' '), 50);
        try {
          await once(stranger, 'close');
        } finally {
          clearInterval(dripping);
        }
        expect(said).toContain('408');
      },
    );
  } finally {
    await tenant.close();
  }
});
