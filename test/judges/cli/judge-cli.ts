/**
 * The CLI for Microsoft 365 knows Microsoft's hosts alone. So it gets namespaces of its own: a network with nothing but
 * loopback, and a view of the files in which /etc/hosts is another one. Linux, and root, are needed for that.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { findProgram } from '../../../scripts/test-tools.mjs';
import { type Ended, run } from '../stage.ts';
import { microsoftHosts } from './hosts.ts';

export const cliName = '@pnp/cli-microsoft365';

/** Why it cannot be asked; undefined when it can. */
export function whyNoCli(): string | undefined {
  if (process.platform !== 'linux') return 'it needs the namespaces of Linux';
  if (process.getuid?.() !== 0) return 'it needs root, for a network of its own; run this as root';
  const missing = ['unshare', 'ip', 'mount'].find((program) => !findProgram(program));
  if (missing !== undefined) return `the program ${missing} is not installed (Debian: util-linux, iproute2, mount)`;
  if (spawnSync('unshare', ['--net', '--mount', 'true'], { stdio: 'ignore' }).status !== 0)
    return 'this machine does not let it have a network of its own (unshare --net --mount fails)';
  if (!existsSync(join(import.meta.dirname, 'node_modules', cliName)))
    return 'the package could not be installed; is there a way to the npm registry?';
  return undefined;
}

const report = z.object({ checked: z.int(), problems: z.array(z.string()) });
export type CliReport = z.infer<typeof report>;

/** Lets it judge. @param folder for a file or two. Its report is undefined when it did not get to the end */
export async function judgeCli(folder: string, path: string): Promise<{ ended: Ended; report: CliReport | undefined }> {
  const hosts = join(folder, 'hosts');
  writeFileSync(hosts, ['localhost', ...microsoftHosts].map((name) => `127.0.0.1 ${name}\n`).join(''));
  // The words come as arguments of the shell, so that none of them is read as its own.
  const script = 'ip link set lo up && mount --bind "$1" /etc/hosts && exec "$2" "$3"';
  const inside = join(import.meta.dirname, 'in-namespace.ts');
  const shell = ['/bin/sh', '-ec', script, 'sh', hosts, process.execPath, inside];
  const ended = await run('unshare', ['--net', '--mount', '--pid', '--fork', '--kill-child', ...shell], { PATH: path });
  const last = ended.stdout.trim().split('\n').at(-1) ?? '';
  if (ended.status !== 0) return { ended, report: undefined };
  return { ended, report: report.parse(JSON.parse(last)) };
}
