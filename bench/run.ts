/**
 * `npm run bench -- NAME [--short] [--save]`: runs one benchmark. Progress and tables go to stderr; the last line on stdout
 * is one line of JSON.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { accept } from './accept.ts';
import type { Bench } from './bench.ts';
import { consoleBench } from './console.ts';
import { deliver } from './deliver.ts';
import { depth } from './depth.ts';
import { http } from './http.ts';
import { idle } from './idle.ts';
import { large } from './large.ts';
import { plot } from './plot.ts';
import { soak } from './soak.ts';

const benches: Readonly<Record<string, Bench>> = {
  accept,
  console: consoleBench,
  deliver,
  depth,
  http,
  idle,
  large,
  plot,
  soak,
};

const usage = `Usage: npm run bench -- NAME [options]

  NAME          ${Object.keys(benches).join(', ')}
  --short       under 50 s: fewer cases, shorter measurements
  --rounds N    rounds over all cases; figures are medians of them
  --pipelining  the load generator sends MAIL, RCPT and DATA in one write
  --folder DIR  where the servers keep their data (default: a folder that is on a disk, not in memory)
  --save        keeps the result in bench/results/, named after the commit
`;

function commit(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
    return (
      git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', '../src') === '' ? '' : '-changed')
    );
  } catch {
    return 'unknown';
  }
}

/** /tmp is held in memory on many systems, where a sync costs nothing and proves nothing. */
function folderOnDisk(): string {
  return existsSync('/var/tmp') ? '/var/tmp' : tmpdir();
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    pipelining: { type: 'boolean', default: false },
    folder: { type: 'string' },
    save: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [name = ''] = positionals;
const bench = benches[name];
if (values.help || !bench) {
  process.stderr.write(usage);
  process.exit(values.help ? 0 : 64); // EX_USAGE of sysexits.h
}

const startedAt = performance.now();
const { ok, report } = await bench({
  short: values.short,
  rounds: values.rounds === undefined ? undefined : Number(values.rounds),
  pipelining: values.pipelining,
  folder: values.folder ?? folderOnDisk(),
  say: (line) => process.stderr.write(`${line}\n`),
});
const [core] = cpus();
const result = {
  bench: name,
  ...report,
  ok,
  short: values.short,
  seconds: Math.round(performance.now() - startedAt) / 1000,
  commit: commit(),
  at: new Date().toISOString(),
  machine: { platform: process.platform, cores: cpus().length, model: core?.model ?? '', node: process.versions.node },
};
if (values.save) {
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}${values.short ? '-short' : ''}-${result.commit}.json`);
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
  process.stderr.write(`kept in ${file}\n`);
}
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exitCode = ok ? 0 : 1;
