import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ConsoleClient, tokenOf } from '../harness/console-client.ts';
import { withConsole } from '../harness/with-console.ts';

it('a-damaged-record-of-credentials-takes-neither-the-first-screen-nor-its-figures-away', async () => {
  await withConsole(async ({ mailroom, folder, url, firstRunUrl }) => {
    writeFileSync(join(folder, 'data', 'credentials.json'), '{"torn');
    const ada = new ConsoleClient(url);
    await ada.redeem(tokenOf(firstRunUrl), 'ada');
    expect((await ada.ask('GET', 'api/overview')).status).toBe(200);
    expect(mailroom.credentials.list()).toMatchObject([
      { kind: 'unreadable', whyNot: expect.stringMatching(/credentials\.json is no record .*Move it away/) },
    ]);
  });
});
