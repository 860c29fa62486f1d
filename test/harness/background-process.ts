/**
 * A process that goes on running beside the test: started, waited for until it says that it is ready, and always ended.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface BackgroundOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** ms until it must be ready; 20,000 when not given. */
  readonly deadlineMs?: number;
}

export interface BackgroundProcess<T> extends AsyncDisposable {
  readonly pid: number;
  /** What the ready line said. */
  readonly ready: T;
  /** All lines of stdout and stderr so far, for messages of failure. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  /** Sends a signal and waits for the end. Returns the exit code, or the name of the signal that ended it. */
  end(name?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
  /** Resolves when it has ended by itself or by a signal. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

const outputLinesKept = 500;

/**
 * Starts a process and waits for the line that `readReady` recognises (it returns something other than undefined).
 * @throws Error with what the process said, when it ends first or the deadline (20 s) passes.
 */
export async function startInBackground<T>(
  options: BackgroundOptions,
  readReady: (line: string) => T | undefined,
): Promise<BackgroundProcess<T>> {
  const child = spawn(options.command, options.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const lines: string[] = [];
  const output = () => lines.join('\n');
  const ended = endOf(child);
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > outputLinesKept) lines.shift();
      const ready = readReady(line);
      if (ready !== undefined) resolve(ready);
    });
  const deadlineMs = options.deadlineMs ?? 20_000;
  const timer = setTimeout(() => reject(new Error(`not ready after ${deadlineMs} ms:\n${output()}`)), deadlineMs);
  ended.then(
    (status) => reject(new Error(`ended with ${status} before it was ready:\n${output()}`)),
    (error: unknown) => reject(error),
  );
  const end = async (name: NodeJS.Signals = 'SIGTERM') => {
    child.kill(name);
    return ended;
  };
  try {
    const ready = await promise;
    return {
      pid: child.pid ?? 0,
      ready,
      output,
      signal: (name) => void child.kill(name),
      end,
      ended,
      async [Symbol.asyncDispose]() {
        await end('SIGKILL');
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${options.command} ${options.args.join(' ')}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function endOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  await once(child, 'close');
  return child.exitCode ?? child.signalCode ?? 0;
}
