/**
 * Mailroom as an administrator would run it: `serve` with a configuration file, as a process of its own.
 */
import { freePort } from '../../test/harness/free-port.ts';
import { writeMailroomConfig } from '../../test/harness/mailroom-config.ts';
import { serverProcessExists, startServerProcess } from '../../test/harness/server-process.ts';
import { firstGreeting } from './first-greeting.ts';
import { load, type Peer, type PeerFolder, type RunningPeer } from './peer.ts';

interface Service {
  readonly origin: string;
  readonly caFile: string;
}

async function start(place: PeerFolder, service: Service): Promise<RunningPeer> {
  const smtpPort = await freePort();
  const { configFile } = await writeMailroomConfig(place.folder, {
    smtpPort,
    httpPort: await freePort(),
    certificateFile: place.certificateFile,
    keyFile: place.keyFile,
    service: {
      ...service,
      tenantId: '11111111-1111-4111-8111-111111111111',
      clientId: '22222222-2222-4222-8222-222222222222',
      clientSecret: 'for-one-run-only',
    },
    logins: [{ name: 'load', login: load.user, password: load.password, senders: [load.mailFrom] }],
    localClient: { name: 'local', senders: [load.mailFrom] },
    userName: load.mailFrom,
    lanes: 'unlimited',
    // The peers have no other interface either.
    overrides: { http: [] },
  });
  const startedAt = performance.now();
  const starting = startServerProcess({ configFile, ports: [smtpPort], launcher: true });
  // Asked at the same time as the start goes on, so that the first 220 is seen when it comes.
  const greetedAt = firstGreeting(smtpPort);
  greetedAt.catch(() => undefined);
  const server = await starting;
  return {
    port: smtpPort,
    pid: server.pid,
    startMs: (await greetedAt) - startedAt,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function missing(): string | undefined {
  return serverProcessExists() ? undefined : 'src/cli/main.ts is not there';
}

const common = {
  name: 'mailroom',
  durability: 'journal, group commit, synced by the write (O_DSYNC) before 250',
  secure: true,
  missing,
};

/** Accepts, and cannot send: nobody listens where its connector points, which pauses the connector. */
export const mailroom: Peer = {
  ...common,
  async start(place) {
    return start(place, { origin: `https://localhost:${await freePort()}`, caFile: place.caFile });
  },
};

/** Sends by a service that is there, without limits of its own. */
export function mailroomSendingTo(origin: string, caFile: string): Peer {
  return { ...common, start: (place) => start(place, { origin, caFile }) };
}
