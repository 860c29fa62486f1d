/**
 * The peers that are small Node.js programs of this folder, each a process of its own.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { startInBackground } from '../../test/harness/background-process.ts';
import { firstGreeting } from './first-greeting.ts';
import type { Peer, PeerFolder } from './peer.ts';

const listening = z.object({ listening: z.object({ port: z.int() }) });

/** The port that a program of this folder says it listens on; undefined for any other line. */
export function portOf(line: string): number | undefined {
  return line.startsWith('{') ? listening.parse(JSON.parse(line)).listening.port : undefined;
}

async function startProgram(program: string, args: readonly string[]) {
  const startedAt = performance.now();
  const running = await startInBackground(
    { command: process.execPath, args: [join(import.meta.dirname, program), ...args] },
    portOf,
  );
  const greetedAt = await firstGreeting(running.ready);
  return {
    port: running.ready,
    pid: running.pid,
    startMs: greetedAt - startedAt,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

/** The upper bound: no TLS, no AUTH, no policy, an append log. */
export const bareEngine: Peer = {
  name: 'bare-engine',
  durability: 'append log, group commit, fdatasync before 250',
  secure: false,
  missing: () => undefined,
  start: ({ folder }: PeerFolder) => startProgram('bare-engine.ts', [join(folder, 'log')]),
};

/** The upper bound of a relay: the bare engine, its log, and a POST for each message to `origin`, which `caFile` vouches for. */
export function bareRelayTo(origin: string, caFile: string): Peer {
  return {
    ...bareEngine,
    name: 'bare-relay',
    start: ({ folder }: PeerFolder) => startProgram('bare-relay.ts', [join(folder, 'log'), origin, caFile]),
  };
}

export const smtpServer: Peer = {
  name: 'smtp-server',
  durability: 'append log, group commit, fdatasync before 250',
  secure: true,
  missing: () => undefined,
  start: ({ folder, certificateFile, keyFile }: PeerFolder) =>
    startProgram('smtp-server.ts', ['log', join(folder, 'log'), certificateFile, keyFile]),
};

/** The same with a file for each message, as most servers that are built on it have it. */
export const smtpServerWithFiles: Peer = {
  name: 'smtp-server-files',
  durability: 'a file for each message, fsync before 250, no sync of the folder',
  secure: false,
  missing: () => undefined,
  start: ({ folder }: PeerFolder) => startProgram('smtp-server.ts', ['files', folder]),
};
