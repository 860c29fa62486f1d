/** An action on thousands of messages, and a server that is killed in the middle of it: no message is left out, none counted twice. */
import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { systemAccount, writeTestConfig } from '../../src/cli/running-mailroom.sample.ts';
import { ConsoleClient, tokenOf } from '../harness/console-client.ts';
import { freePort } from '../harness/free-port.ts';
import { startServerProcess } from '../harness/server-process.ts';
import { openDialogue } from '../harness/smtp-dialogue.ts';
import { until } from '../harness/until.ts';

const count = 2_200;
const actionsSchema = z.object({
  actions: z.array(z.object({ state: z.string(), changed: z.number(), unchanged: z.number(), resumed: z.boolean() })),
});

it('a-kill-in-an-action-on-many-leaves-no-changed-message-uncounted', async () => {
  const [console, smtp] = [await freePort(), await freePort()];
  const { folder, configFile } = await writeTestConfig({
    console: { listen: `127.0.0.1:${console}` },
    smtp: [{ name: 'in', listen: `127.0.0.1:${smtp}`, auth: 'optional', tls: { mode: 'none' } }],
  });
  try {
    const started = () => startServerProcess({ configFile, ports: [console, smtp] });
    let server = await started();
    try {
      const link = await until('the link', () => /http\S+first-run#\S+/.exec(server.output())?.[0]);
      const ada = new ConsoleClient(`http://127.0.0.1:${console}/`);
      await ada.redeem(tokenOf(link), 'ada');
      await using dialogue = await openDialogue({ port: smtp });
      await dialogue.reply();
      await dialogue.command('EHLO printer');
      // The route of this configuration holds them.
      for (let number = 0; number < count; number += 1)
        await dialogue.send(systemAccount, ['a@contoso.example'], `From: ${systemAccount}\r\nSubject: bulk\r\n\r\nx`);
      const order = { action: 'cancel', filter: { subject: 'bulk' }, count };
      expect((await ada.ask('POST', 'api/bulk', order)).status).toBe(200);
      const action = async () => actionsSchema.parse((await ada.ask('GET', 'api/bulk')).json()).actions[0];
      await until('some are changed', async () => ((await action())?.changed ?? 0) > 0);
      await server.end('SIGKILL');
      server = await started();
      const ended = await until('it has ended', async () => {
        const now = await action();
        return now?.state === 'running' ? undefined : now;
      });
      expect(ended).toEqual({ state: 'done', changed: count, unchanged: 0, resumed: true });
      const left = await ada.ask('POST', 'api/bulk/count', { action: 'cancel', filter: { subject: 'bulk' } });
      expect(left.json()).toMatchObject({ count: 0 });
    } finally {
      await server.end('SIGKILL');
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
