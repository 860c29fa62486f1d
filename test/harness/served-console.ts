/** A server with a console over the data that stands in a folder, as a process of its own. Nobody listens where it would send. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from './free-port.ts';
import { startServerProcess } from './server-process.ts';
import { until } from './until.ts';

export interface Served extends AsyncDisposable {
  readonly url: string;
  readonly firstRunUrl: string;
  readonly smtpPort: number;
  /** Stops it in order. */
  end(): Promise<unknown>;
  /** Starts it once more, on the same data and the same ports; the one before must have ended. */
  again(): Promise<AsyncDisposable & { readonly url: string }>;
}

export async function startServed(folder: string): Promise<Served> {
  const [smtpPort, consolePort, nowhere] = [await freePort(), await freePort(), await freePort()];
  const configFile = join(folder, 'mailroom.yaml');
  const config = {
    dataDir: join(folder, 'data'),
    smtp: [{ name: 'in', listen: `127.0.0.1:${smtpPort}`, auth: 'optional' }],
    connectors: [
      {
        cloud: { custom: { login: `https://localhost:${nowhere}`, graph: `https://localhost:${nowhere}` } },
        oauthClientId: '22222222-2222-4222-8222-222222222222',
        tenantId: '11111111-1111-4111-8111-111111111111',
        userName: 'noreply@contoso.example',
        secret: 'for-one-run-only',
      },
    ],
    queue: { reserve: 0 },
    observe: { checks: false },
    console: { listen: `127.0.0.1:${consolePort}` },
  };
  writeFileSync(configFile, stringify(config), { mode: 0o600 });
  const url = `http://127.0.0.1:${consolePort}/`;
  const start = () => startServerProcess({ configFile, ports: [smtpPort, consolePort], deadlineMs: 60_000 });
  const server = await start();
  const firstRunUrl = await until(
    'the server prints its link',
    () => /http:\S+first-run#\S+/.exec(server.output())?.[0],
  );
  return {
    url,
    firstRunUrl,
    smtpPort,
    end: () => server.end('SIGTERM'),
    async again() {
      const next = await start();
      return { url, [Symbol.asyncDispose]: () => next[Symbol.asyncDispose]() };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
