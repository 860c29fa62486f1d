/**
 * A Postfix of one's own: its configuration, queue and data below a temporary folder, nothing of the machine's touched.
 * Needs root, since Postfix's parts run as users of their own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { mustRun } from './run-program.ts';
import { until } from './until.ts';

export interface PostfixOptions {
  /** An empty folder that Postfix's users may enter; the caller removes it. */
  readonly folder: string;
  /** Lines of main.cf beside the ones that every instance here has. */
  readonly settings: Readonly<Record<string, string>>;
  /** Most smtpd processes at once, which is most sessions at once. */
  readonly smtpdProcesses?: number;
}

export interface RunningPostfix extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  readonly configFolder: string;
  /** performance.now() when its master process was started. */
  readonly startedAt: number;
  /** What it has logged so far. */
  log(): Promise<string>;
}

/** The services that receiving and handing on needs, none of them in a chroot. */
const services = [
  'cleanup unix n - n - 0 cleanup',
  'qmgr unix n - n 300 1 qmgr',
  'pickup unix n - n 60 1 pickup',
  'tlsmgr unix - - n 1000? 1 tlsmgr',
  'rewrite unix - - n - - trivial-rewrite',
  'bounce unix - - n - 0 bounce',
  'defer unix - - n - 0 bounce',
  'trace unix - - n - 0 bounce',
  'flush unix n - n 1000? 0 flush',
  'proxymap unix - - n - - proxymap',
  'smtp unix - - n - - smtp',
  'error unix - - n - - error',
  'retry unix - - n - - error',
  'discard unix - - n - - discard',
  'showq unix n - n - - showq',
  'anvil unix - - n - 1 anvil',
  'scache unix - - n - 1 scache',
  'postlog unix-dgram n - n - 1 postlogd',
];

/** Writes the configuration and starts Postfix in the foreground; resolves when it listens. */
export async function startPostfix(options: PostfixOptions): Promise<RunningPostfix> {
  const port = await freePort();
  const configFolder = join(options.folder, 'etc');
  const logFile = join(options.folder, 'maillog');
  // Postfix's own users must be able to pass through.
  await chmod(options.folder, 0o755);
  for (const name of ['etc', 'queue', 'data']) await mkdir(join(options.folder, name), { recursive: true });
  await giveToPostfix(join(options.folder, 'data'));
  const settings: Record<string, string> = {
    compatibility_level: '3.6',
    queue_directory: join(options.folder, 'queue'),
    data_directory: join(options.folder, 'data'),
    maillog_file: logFile,
    maillog_file_prefixes: options.folder,
    myhostname: 'localhost.example',
    mydestination: '',
    mynetworks: '127.0.0.0/8',
    inet_interfaces: 'loopback-only',
    inet_protocols: 'ipv4',
    alias_maps: '',
    alias_database: '',
    local_recipient_maps: '',
    ...options.settings,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
  await writeFile(join(configFolder, 'main.cf'), lines.join(''));
  const smtpd = `127.0.0.1:${port} inet n - n - ${options.smtpdProcesses ?? 100} smtpd`;
  await writeFile(join(configFolder, 'master.cf'), `${[smtpd, ...services].join('\n')}\n`);

  // Makes the queue's folders with the owners that they must have.
  await mustRun('postfix', ['-c', configFolder, 'check']);
  const { stdout: programs } = await mustRun('postconf', ['-c', configFolder, '-h', 'daemon_directory']);
  const readLog = () => readFile(logFile, 'utf8').catch(() => '');
  const startedAt = performance.now();
  // Detached, so that it leads a process group of its own: at its end it signals the whole group.
  const master = spawn(join(programs.trim(), 'master'), ['-s'], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, MAIL_CONFIG: configFolder },
  });
  const ended = once(master, 'exit');
  try {
    await until('Postfix listens', async () => (await readLog()).includes('daemon started'));
  } catch (error) {
    master.kill('SIGKILL');
    throw new Error(`Postfix did not start:\n${await readLog()}`, { cause: error });
  }
  return {
    port,
    pid: master.pid ?? 0,
    configFolder,
    startedAt,
    log: readLog,
    async [Symbol.asyncDispose]() {
      master.kill('SIGTERM');
      await ended;
    },
  };
}

async function giveToPostfix(folder: string): Promise<void> {
  const passwd = await readFile('/etc/passwd', 'utf8');
  const entry = passwd.split('\n').find((line) => line.startsWith('postfix:'));
  const [, , uid, gid] = entry?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('no user named postfix: is Postfix installed?');
  await chown(folder, Number(uid), Number(gid));
}
