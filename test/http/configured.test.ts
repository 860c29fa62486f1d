import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { startHttpListener } from '../../src/ingress/http/listener.ts';
import { createIntake } from '../../src/ingress/submission.ts';
import { createGate } from '../../src/policy/policy-gate.ts';
import { openEmbeddedStore } from '../../src/storage/embedded/open.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { testLogger } from '../store/samples.ts';
import { read, systemClock } from './running-listener.ts';

const text = `
connectors:
  - oauthClientId: 00000000-0000-4000-8000-000000000001
    tenantId: contoso.onmicrosoft.com
    userName: noreply@contoso.com
    secret: "abc~DEF"
http:
  - { name: api, listen: "127.0.0.1:0" }
clients:
  - { name: portal, apiKey: 0123456789abcdefghijkl, quota: { messagesPerHour: 1 } }
routes:
  - { name: all, hold: true }
`;

it('what-the-file-says-is-what-the-listener-does', async () => {
  await using folder = await temporaryFolder();
  const loaded = loadConfig({ file: 'mailroom.yaml', env: {}, hostname: 'host.example', readFile: () => text });
  if (!loaded.ok) throw new Error(loaded.problems.map(({ sentence }) => sentence).join('\n'));
  const { config } = loaded;
  const [http] = config.http;
  if (!http) throw new Error('no listener');
  const logger = testLogger();
  const clock = systemClock;
  const store = await openEmbeddedStore({
    dir: join(folder.path, 'data'),
    clock,
    logger,
    options: { reserveBytes: 0 },
  });
  const gate = await createGate({
    clients: config.clients,
    routes: config.routes,
    connectors: config.connectors.map((each) => ({ ...each, maxMessageBytes: 3_000_000, maxRecipients: 500 })),
    clock,
    acceptedSince: (client, since) => store.acceptedSince(client, since),
  });
  const intake = createIntake({
    store,
    gate,
    clock,
    logger,
    hostname: config.hostname,
    lifetimeMs: config.queue.expireAfter,
    holdsRoute: (route) => gate.holds(route),
  });
  const parts = { intake, gate, store, logger, clock };
  const listener = await startHttpListener(
    { ...http, receivingBytes: config.queue.receivingBytes, spoolFolder: config.dataDir },
    parts,
  );
  try {
    const post = () =>
      fetch(new URL('/v1/messages', listener.url), {
        method: 'POST',
        headers: { authorization: 'Bearer 0123456789abcdefghijkl', 'content-type': 'application/json' },
        body: JSON.stringify({ from: 'noreply@contoso.com', to: 'ada@fabrikam.example', text: 'x' }),
      }).then(read);
    const { id } = await post();
    expect((await store.trail(id))?.message).toMatchObject({ state: 'held', route: { sender: 'noreply@contoso.com' } });
    expect((await post()).code).toBe('quota-exceeded');
  } finally {
    await listener.close(0);
    await store.close();
  }
});
