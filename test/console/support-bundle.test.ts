/** The support bundle: what helps is in it, and no secret, wherever one was planted. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { request } from 'undici';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { licencesOf } from '../../src/licences.ts';
import { supportBundle } from '../../src/support-bundle.ts';
import { consoleUsers } from '../harness/console-client.ts';
import { withConsole } from '../harness/with-console.ts';
import { mailWith } from './hostile-mail.ts';

const planted = 'planted "secret" of /the/ client';
const key = 'planted-key-of-the-client-1234567890';

function textsOf(bytes: Uint8Array): Record<string, string> {
  return Object.fromEntries(Object.entries(unzipSync(bytes)).map(([name, file]) => [name, strFromU8(file)]));
}

it('a-secret-leaves-the-house-in-the-support-bundle: none does, as it stands, quoted, in a URL or as base64', async () => {
  await withConsole(
    async ({ url, firstRunUrl, smtpPort, settled, mailroom, store, folder }) => {
      const { administrator, operator } = await consoleUsers(url, firstRunUrl);
      await mailWith(smtpPort, { subject: 'Hello' });
      await settled();
      expect((await operator.ask('GET', 'api/support-bundle')).status).toBe(403);
      const answer = await request(new URL('api/support-bundle', url), {
        headers: { cookie: String(administrator.cookie) },
      });
      expect(answer.headers['content-disposition']).toMatch(/attachment; filename="mailroom-support-[\d-]+\.zip"/);
      const served = textsOf(new Uint8Array(await answer.body.arrayBuffer()));
      expect(JSON.parse(served['status.json'] ?? '')).toMatchObject({ books: { sent: 1 } });
      expect(served['configuration.yaml']).toContain('[secret]');
      expect(served['metrics.txt']).toContain('mailroom_');
      expect(JSON.parse(served['versions.json'] ?? '')).toMatchObject({ node: process.versions.node });
      // Somebody's careless log line, in every dress that it may wear.
      const loaded = loadConfig({
        file: join(folder, 'mailroom.yaml'),
        env: {},
        readFile: (path) => readFileSync(path, 'utf8'),
        hostname: 'localhost',
      });
      if (!loaded.ok) throw new Error(loaded.problems.map(({ sentence }) => sentence).join());
      const log = [
        `{"msg":"login with ${planted}"}\n`,
        `${JSON.stringify({ msg: planted })}\n`,
        `{"msg":"GET /?password=${encodeURIComponent(planted)}"}\n`,
        `{"msg":"AUTH ${Buffer.from(planted).toString('base64')} ${key}"}\n`,
      ];
      const bytes = await supportBundle({
        config: loaded.config,
        operator: { status: () => mailroom.operator.status(), rates: (query) => store.rates(query) },
        checks: [],
        metrics: async () => `mailroom_odd{client="${key}"} 1\n`,
        log,
        now: Date.now(),
      });
      const all = [...Object.values(textsOf(bytes)), ...Object.values(served)].join('\n');
      for (const secret of [
        planted,
        JSON.stringify(planted).slice(1, -1),
        encodeURIComponent(planted),
        Buffer.from(planted).toString('base64'),
        key,
      ])
        expect(all).not.toContain(secret);
      expect(textsOf(bytes)['log.jsonl']?.match(/\[secret\]/g)?.length).toBeGreaterThanOrEqual(4);
    },
    {},
    { clients: [{ name: 'local', addresses: ['127.0.0.0/8'], login: 'portal', password: planted, apiKey: key }] },
  );
});

it('a-package-ships-without-its-licence-being-named', () => {
  const all = licencesOf(join(import.meta.dirname, '..', '..', 'package-lock.json'));
  const names = all.map(({ name }) => name);
  for (const name of [
    'fastify',
    'undici',
    'zod',
    'react',
    'scheduler',
    '@fluentui/react-components',
    '@fluentui/tokens',
  ])
    expect(names).toContain(name);
  for (const name of ['vitest', 'playwright-core', 'typescript']) expect(names).not.toContain(name);
  expect(all.filter(({ licence }) => licence === 'see the package')).toEqual([]);
});
