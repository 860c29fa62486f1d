/**
 * The peer from npm that is a whole server: Haraka, with its own disk queue, and nothing sent from it. It is no dependency
 * of Mailroom's: a copy is fetched into `.runtime/peers`, where it stays.
 *
 * Haraka takes a folder of settings whole or not at all, so its own are copied and a few of them written anew.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startInBackground } from '../../test/harness/background-process.ts';
import { freePort } from '../../test/harness/free-port.ts';
import { runProgram } from '../../test/harness/run-program.ts';
import { firstGreeting } from './first-greeting.ts';
import type { Peer, PeerFolder, RunningPeer } from './peer.ts';

const version = '3.3.4';
const runtime = join(import.meta.dirname, '..', '..', '.runtime');
const place = join(runtime, 'peers');
const installed = join(place, 'node_modules', 'Haraka');
const npm = join(runtime, 'node_modules', 'npm', 'bin', 'npm-cli.js');

/** Waves every client through, and asks no name server who it is. Haraka wants its hooks answered later, never at once. */
const plugin = `
exports.hook_lookup_rdns = (next) => setImmediate(next, OK, 'localhost');
exports.hook_connect = (next, connection) => {
  connection.relaying = true;
  setImmediate(next);
};
`;

/** Fetches it when it is not there; when that fails, or is not done after `deadlineMs`, `haraka.missing` says so. */
export async function fetchHaraka(deadlineMs: number): Promise<void> {
  if (existsSync(installed) || !existsSync(npm)) return;
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'package.json'), '{ "private": true }\n');
  // Its optional packages are plugins, none of which takes part.
  const quietly = ['--no-audit', '--no-fund', '--omit=optional', '--ignore-scripts', '--fetch-retries=0'];
  const { status } = await runProgram(process.execPath, [npm, 'install', ...quietly, `Haraka@${version}`], {
    cwd: place,
    deadlineMs,
  });
  if (status !== 0) await rm(installed, { recursive: true, force: true });
}

async function writeSettings(folder: string, port: number): Promise<void> {
  const config = join(folder, 'config');
  await cp(join(installed, 'config'), config, { recursive: true });
  await rm(join(config, 'tls.ini'), { force: true });
  const smtp = await readFile(join(config, 'smtp.ini'), 'utf8');
  await writeFile(join(config, 'smtp.ini'), `listen=127.0.0.1:${port}\n${smtp}`);
  await writeFile(join(config, 'log.ini'), '[main]\nlevel=crit\n');
  // Queued, and left there.
  await writeFile(join(config, 'outbound.ini'), 'disabled=true\n');
  await writeFile(join(config, 'me'), 'localhost\n');
  await writeFile(join(config, 'plugins'), 'bench\n');
  await mkdir(join(folder, 'plugins'));
  await writeFile(join(folder, 'plugins', 'bench.js'), plugin);
  await mkdir(join(folder, 'queue'));
}

async function start({ folder }: PeerFolder): Promise<RunningPeer> {
  const port = await freePort();
  await writeSettings(folder, port);
  const startedAt = performance.now();
  const running = await startInBackground(
    {
      command: process.execPath,
      args: [join(installed, 'haraka.js')],
      cwd: folder,
      env: { HARAKA: folder },
    },
    (line) => (line.includes('Starting up Haraka') ? true : undefined),
  );
  const startMs = (await firstGreeting(port)) - startedAt;
  return { port, pid: running.pid, startMs, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

export const haraka: Peer = {
  name: 'haraka',
  durability: 'its disk queue: a file for each message, fsync before 250, no sync of the folder',
  secure: false,
  missing: () =>
    existsSync(installed) ? undefined : `npm's Haraka ${version} is not in .runtime/peers and could not be fetched`,
  start,
};
