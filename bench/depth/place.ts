/** One Mailroom with a folder of its own: filled, started, asked, killed and started again. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ControlClient } from '../../src/cli/control-client.ts';
import { writeLocalhostCertificate } from '../../test/harness/certificate.ts';
import { freePort } from '../../test/harness/free-port.ts';
import { type MailroomFiles, writeMailroomConfig } from '../../test/harness/mailroom-config.ts';
import { type ServerProcess, startServerProcess } from '../../test/harness/server-process.ts';
import { type GraphStandIn, startGraphStandIn } from '../peers/graph-stand-in.ts';
import { load } from '../peers/peer.ts';

export interface DepthPlace extends AsyncDisposable, MailroomFiles {
  readonly smtpPort: number;
  readonly metricsPort: number;
  readonly service: GraphStandIn;
  start(): Promise<ServerProcess>;
  /** By the control socket of the server that runs. */
  control(): ControlClient;
  /** Bytes of all files of the data folder, as allocated on the disk. */
  diskBytes(): number;
}

export async function preparePlace(folder: string): Promise<DepthPlace> {
  const [smtpPort, httpPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
  const certificate = await writeLocalhostCertificate(join(folder, 'tls'));
  const service = await startGraphStandIn(certificate.certificateFile, certificate.keyFile);
  const files = await writeMailroomConfig(folder, {
    smtpPort,
    httpPort,
    certificateFile: certificate.certificateFile,
    keyFile: certificate.keyFile,
    service: {
      origin: service.origin,
      caFile: certificate.caFile,
      tenantId: '11111111-1111-4111-8111-111111111111',
      clientId: '22222222-2222-4222-8222-222222222222',
      clientSecret: 'for-one-run-only',
    },
    logins: [],
    localClient: { name: 'local', senders: [load.mailFrom] },
    userName: load.mailFrom,
    lanes: 'unlimited',
    // What the kill leaves in doubt is not waited for.
    uncertain: 'hold',
    overrides: {
      observe: { logLevel: 'warn', checks: false, metricsListen: `127.0.0.1:${metricsPort}` },
      queue: { reserve: 0, keepBodies: 0 },
    },
  });
  return {
    ...files,
    smtpPort,
    metricsPort,
    service,
    start: () =>
      startServerProcess({ configFile: files.configFile, ports: [smtpPort, metricsPort], deadlineMs: 60_000 }),
    control: () => new ControlClient(join(files.dataDir, 'control.sock')),
    diskBytes: () => allocated(files.dataDir),
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
    },
  };
}

/** A sparse or preallocated file counts as what it takes, not as what it claims. */
function allocated(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).blocks * 512;
  return bytes;
}
