/** For tests: a Mailroom of this process on free ports, whose mail is held, and the programs of this project run against it. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { stringify } from 'yaml';
import { loadConfig } from '../config/load.ts';
import { type Mailroom, startMailroom } from '../main.ts';
import { createLogger } from '../observe/logger.ts';
import { systemClock } from '../observe/system-clock.ts';
import { run } from './run.ts';

export const systemAccount = 'noreply@contoso.example';
export const projectRoot = dirname(dirname(import.meta.dirname));

export interface TestMailroom extends AsyncDisposable {
  readonly mailroom: Mailroom;
  readonly folder: string;
  readonly configFile: string;
  /** `127.0.0.1:PORT` of a listener. */
  address(name: string): string;
}

/** A configuration in a folder of its own; `overrides` replace keys at its top. */
export async function writeTestConfig(overrides: object = {}): Promise<{ folder: string; configFile: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'mailroom-cli-'));
  const config = {
    dataDir: join(folder, 'data'),
    hostname: 'mail.contoso.example',
    smtp: [
      { name: 'open', listen: '127.0.0.1:0', auth: 'optional', tls: { mode: 'none' }, limits: { recipients: 3 } },
      { name: 'locked', listen: '127.0.0.1:0', auth: 'required', tls: { mode: 'none' }, allowPlaintextAuth: true },
    ],
    http: [{ name: 'api', listen: '127.0.0.1:0', allowFrom: ['127.0.0.0/8'] }],
    clients: [
      {
        name: 'local',
        login: 'local',
        password: 'a password for tests',
        apiKey: 'a-key-for-tests-with-some-length',
        addresses: ['127.0.0.0/8'],
        senders: [systemAccount, '@host.example'],
      },
    ],
    connectors: [
      {
        name: 'default',
        cloud: { custom: { login: 'https://127.0.0.1:9', graph: 'https://127.0.0.1:9' } },
        oauthClientId: '11111111-2222-4333-8444-555555555555',
        tenantId: 'contoso.example',
        userName: systemAccount,
        secret: 'a secret for tests',
      },
    ],
    routes: [{ name: 'nothing-leaves', hold: true }],
    ...overrides,
  };
  const configFile = join(folder, 'mailroom.yaml');
  writeFileSync(configFile, stringify(config), { mode: 0o600 });
  return { folder, configFile };
}

/** Starts one; it stops and its folder goes at the end of the scope. */
export async function runningMailroom(overrides: object = {}): Promise<TestMailroom> {
  const { folder, configFile } = await writeTestConfig(overrides);
  const loaded = loadConfig({
    file: configFile,
    env: {},
    readFile: (path) => readFileSync(path, 'utf8'),
    hostname: 'mail.contoso.example',
  });
  if (!loaded.ok) throw new Error(loaded.problems.map((problem) => problem.sentence).join('\n'));
  const mailroom = await startMailroom(loaded.config, {
    clock: systemClock,
    random: Math.random,
    logger: createLogger('error'),
    version: '0.0.0-test',
  });
  return {
    mailroom,
    folder,
    configFile,
    address: (name) => mailroom.listeners.find((listener) => listener.name === name)?.address ?? '',
    async [Symbol.asyncDispose]() {
      await mailroom.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface RunResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunWishes {
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs a file of this project with this Node.js, to its end. */
export function runScript(file: string, args: readonly string[], wishes: RunWishes = {}): Promise<RunResult> {
  const { promise, resolve } = Promise.withResolvers<RunResult>();
  const child = execFile(
    process.execPath,
    [join(projectRoot, file), ...args],
    {
      cwd: wishes.cwd ?? tmpdir(),
      env: { PATH: process.env['PATH'] ?? '', ...wishes.env },
      maxBuffer: 64 * 1024 * 1024,
      timeout: 60_000,
    },
    (error, stdout, stderr) =>
      resolve({ status: error ? (typeof error.code === 'number' ? error.code : -1) : 0, stdout, stderr }),
  );
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(wishes.input ?? '');
  return promise;
}

/** Runs a command line in this process: as main.ts does, but what it says is kept. */
export async function runCommand(words: readonly string[], wishes: RunWishes = {}): Promise<RunResult> {
  const stdout: Buffer[] = [];
  let stderr = '';
  const context = {
    env: wishes.env ?? {},
    root: projectRoot,
    version: '0.0.0-test',
    stdin: Readable.from([Buffer.from(wishes.input ?? '')]),
    out: {
      isTTY: false,
      columns: Number.POSITIVE_INFINITY,
      write: (text: string | Uint8Array) => {
        stdout.push(Buffer.from(text));
      },
      drained: () => Promise.resolve(),
      error: (text: string) => {
        stderr += text;
      },
    },
    exitCode: 0,
  };
  const status = await run(context, words);
  return { status, stdout: Buffer.concat(stdout).toString('latin1'), stderr };
}
