import { describe, expect, it } from 'vitest';
import { available, availableAsRoot } from '../harness/available.ts';
import { startPostfix } from '../harness/postfix.ts';
import { mustRun } from '../harness/run-program.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { until } from '../harness/until.ts';
import { account, ada, grace, serve } from './served.ts';

describe.skipIf(!available('smtp-source'))('smtp-source of Postfix', () => {
  it('hundred-sessions-at-once-lose-and-double-nothing', { timeout: 120_000 }, async () => {
    await serve(async (served) => {
      await mustRun('smtp-source', [
        '-s',
        '100',
        '-m',
        '1000',
        '-l',
        '4096',
        '-f',
        account,
        '-t',
        ada,
        `127.0.0.1:${served.plainPort}`,
      ]);
      expect(await served.books()).toMatchObject({ accepted: 1000 });
      await served.settled(90_000);
      expect(served.tenant.mailbox(ada)).toHaveLength(1000);
      expect(await served.books()).toMatchObject({ accepted: 1000, sent: 1000, failed: 0, uncertain: 0 });
    });
  });
});

describe.skipIf(!available('postfix') || !availableAsRoot('Postfix as a relay'))(
  'a Postfix that relays to Mailroom',
  () => {
    it('everything-it-takes-arrives-once-at-each-recipient', { timeout: 120_000 }, async () => {
      await serve(async (served) => {
        await using folder = await temporaryFolder();
        await using postfix = await startPostfix({
          folder: folder.path,
          settings: {
            relayhost: `[127.0.0.1]:${served.plainPort}`,
            smtp_tls_security_level: 'none',
            disable_dns_lookups: 'yes',
          },
        });
        await mustRun('smtp-source', ['-s', '5', '-m', '50', '-f', account, '-t', ada, `127.0.0.1:${postfix.port}`]);
        await mustRun('smtp-source', ['-s', '1', '-m', '1', '-f', account, '-t', grace, `127.0.0.1:${postfix.port}`]);
        await until('Postfix has handed everything on', async () => (await served.books()).accepted === 51, {
          deadlineMs: 60_000,
        });
        await served.settled(60_000);
        expect([served.tenant.mailbox(ada).length, served.tenant.mailbox(grace).length]).toEqual([50, 1]);
        expect(await served.books()).toMatchObject({ accepted: 51, sent: 51 });
      });
    });
  },
);
