/**
 * Mailroom as a process of its own, for what needs one: kills, restarts, real signals, measured memory.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { until } from './until.ts';

const root = join(import.meta.dirname, '..', '..');
const entry = join(root, 'src', 'cli', 'main.ts');
const launcher = join(root, 'bin', 'mailroom.mjs');

export interface ServerProcessOptions {
  readonly configFile: string;
  /** The server is ready when each of these ports of 127.0.0.1 takes a connection. */
  readonly ports: readonly number[];
  readonly env?: Readonly<Record<string, string>>;
  /** By bin/mailroom.mjs, as an administrator starts it; else without what that does first. */
  readonly launcher?: boolean;
  /** ms until it must be ready; 20,000 when not given. */
  readonly deadlineMs?: number;
}

export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /** The last of what it wrote on stdout and stderr. */
  output(): string;
  /** Sends the signal and waits for the end. Gives the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

const outputCharactersKept = 100_000;

/** Is there a command line to start? False in a tree where it has not been built. */
export function serverProcessExists(): boolean {
  return existsSync(entry);
}

/**
 * Runs `mailroom serve --config FILE` and waits until it takes connections. To restart, start another on the same file.
 * @throws Error with its output, when it ends first or is not ready in time.
 */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const child = spawn(
    process.execPath,
    [options.launcher ? launcher : entry, 'serve', '--config', options.configFile],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      // What the launcher does as well: a start costs half as much with it.
      env: { NODE_COMPILE_CACHE: join(root, '.runtime', 'compiled'), ...process.env, ...options.env },
    },
  );
  let text = '';
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-outputCharactersKept);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let hasEnded = false;
  const ended = once(child, 'close').then((): number | NodeJS.Signals => {
    hasEnded = true;
    return child.exitCode ?? child.signalCode ?? 0;
  });
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  try {
    for (const port of options.ports)
      await until(
        `Mailroom takes connections on port ${port}`,
        async () => hasEnded || (await takesConnections(port)),
        options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs },
      );
    if (hasEnded) throw new Error(`it ended with ${await ended}`);
  } catch (error) {
    await end('SIGKILL');
    throw new Error(`Mailroom did not start: ${text}`, { cause: error });
  }
  return {
    pid: child.pid ?? 0,
    output: () => text,
    end,
    ended,
    async [Symbol.asyncDispose]() {
      await end('SIGKILL');
    },
  };
}

async function takesConnections(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}
