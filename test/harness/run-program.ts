/**
 * Runs an outside program to its end, as a user would from a shell, and keeps what it said.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findProgram } from '../../scripts/test-tools.mjs';

export interface ProgramOptions {
  /** What the program reads on stdin; nothing when absent. */
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** ms until it is killed; 60,000 when not given. */
  readonly deadlineMs?: number;
}

export interface ProgramResult {
  /** Exit code; undefined when a signal ended it. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `program` (found on the PATH and in sbin, or by its path). Rejects only when it cannot be started. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const child = spawn(findProgram(program) ?? program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.deadlineMs ?? 60_000,
    killSignal: 'SIGKILL',
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A program that ends without reading all of its input is judged by its exit code, not by the broken pipe.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  await once(child, 'close');
  return {
    status: child.exitCode ?? undefined,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
}

/** Runs a program that must succeed. @throws Error with all that it said, when its exit code is not 0. */
export async function mustRun(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const result = await runProgram(program, args, options);
  if (result.status !== 0)
    throw new Error(`${program} ended with ${result.status}:\n${result.stdout}\n${result.stderr}`);
  return result;
}
