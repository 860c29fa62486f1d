import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import { describe, expect, it } from 'vitest';
import { account, ada, grace, login, serve } from './served.ts';

describe('Nodemailer', () => {
  it('pooled-connections-send-two-hundred-messages-and-each-arrives-once', async () => {
    await serve(async (served) => {
      const transport = createTransport({
        pool: true,
        maxConnections: 5,
        host: 'localhost',
        port: served.startTlsPort,
        requireTLS: true,
        tls: { ca: readFileSync(served.caFile) },
        auth: { user: login.user, pass: login.password },
      });
      const subjects = Array.from({ length: 200 }, (_, index) => `pooled ${index}`);
      await Promise.all(
        subjects.map((subject) =>
          transport.sendMail({
            from: account,
            to: ada,
            bcc: grace,
            subject,
            text: 'x',
            attachments: [{ filename: 'a.bin', content: Buffer.alloc(3000, 7) }],
          }),
        ),
      );
      transport.close();
      await served.settled(60_000);
      for (const address of [ada, grace])
        expect(
          served.tenant
            .mailbox(address)
            .map((copy) => copy.subject)
            .sort(),
        ).toEqual([...subjects].sort());
      expect(await served.books()).toMatchObject({ accepted: 200, sent: 200, failed: 0, uncertain: 0 });
    });
  });
});
