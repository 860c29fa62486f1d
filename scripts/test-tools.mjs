// Makes sure of the outside clients that the tests talk through: swaks, msmtp, Postfix, curl, Python,
// Chromium.
//
// Plain JavaScript for any Node.js >= 18. On Debian or Ubuntu, as root, what is missing is installed by apt-get, without
// starting a service and without removing a package. Anywhere else nothing is installed: each missing tool is named on
// one line, and the tests that need it are skipped. MAILROOM_TEST_INSTALL=0 forbids installing.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Postfix's programs live in sbin, which is not on the PATH of every ordinary user. */
const extraFolders = process.platform === 'win32' ? [] : ['/usr/sbin', '/usr/local/sbin', '/usr/lib/postfix/sbin'];

/** One outside tool: the programs and perl modules that it consists of, and the Debian packages that bring them. */
const tools = [
  {
    name: 'swaks',
    programs: ['swaks', 'perl'],
    perlModules: ['Net::SSLeay', 'IO::Socket::SSL', 'Authen::SASL', 'Digest::HMAC_MD5'],
    packages: ['swaks', 'libnet-ssleay-perl', 'libio-socket-ssl-perl', 'libauthen-sasl-perl', 'libdigest-hmac-perl'],
  },
  { name: 'msmtp', programs: ['msmtp'], packages: ['msmtp'] },
  { name: 'postfix', programs: ['postfix', 'smtp-source', 'smtp-sink'], packages: ['postfix'] },
  { name: 'curl', programs: ['curl'], packages: ['curl'] },
  { name: 'python3', programs: ['python3'], packages: ['python3'] },
  { name: 'chromium', programs: ['chromium'], packages: ['chromium'] },
];

/** The path of a program, or undefined when it is not installed. */
export function findProgram(program) {
  const suffixes = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...extraFolders])
    for (const suffix of suffixes) {
      const path = join(folder, program + suffix);
      try {
        if (folder === '') continue;
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not in this folder.
      }
    }
  return undefined;
}

/** Is everything there that the named tool consists of? Unknown names are taken as the name of a program. */
export function isToolThere(name) {
  const tool = tools.find((known) => known.name === name) ?? { programs: [name] };
  if (!tool.programs.every((program) => findProgram(program))) return false;
  if (!tool.perlModules) return true;
  return spawnSync('perl', [...tool.perlModules.map((module) => `-M${module}`), '-e', '1']).status === 0;
}

function say(sentence) {
  process.stderr.write(`test tools: ${sentence}\n`);
}

function mayInstall() {
  if (process.env.MAILROOM_TEST_INSTALL === '0') return false;
  return process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

function aptGet(args) {
  return spawnSync('apt-get', args, {
    encoding: 'utf8',
    // RUNLEVEL=1 and the policy file below both keep maintainer scripts from starting services.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1', LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs `work` while the system refuses to start services (policy-rc.d answering 101), and puts back what stood there. */
function withoutStartingServices(work) {
  const policy = '/usr/sbin/policy-rc.d';
  const kept = `${policy}.before-mailroom-tests`;
  const hadOne = existsSync(policy);
  if (hadOne) renameSync(policy, kept);
  try {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    return work();
  } finally {
    rmSync(policy, { force: true });
    if (hadOne) renameSync(kept, policy);
  }
}

/** Installs packages; returns why not, or undefined. */
function install(packages) {
  // Unasked, Postfix's package would configure itself as this machine's mail server.
  const answers = 'postfix postfix/main_mailer_type select No configuration\n';
  if (packages.includes('postfix')) spawnSync('debconf-set-selections', { input: answers });
  // --no-remove: another mail server that is installed here stays; Postfix is then one of the missing tools.
  const args = ['-y', '-q', '--no-remove', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', 'install'];
  let result = aptGet([...args, ...packages]);
  if (result.status !== 0) {
    aptGet(['-q', 'update']);
    result = aptGet([...args, ...packages]);
  }
  if (result.status === 0) return undefined;
  const reasons = (result.stderr || result.stdout || result.error?.message || '').trim().split('\n');
  return reasons.find((line) => line.startsWith('E:')) ?? reasons.at(-1);
}

/**
 * Looks for every tool, installs what is missing where that is allowed, and names on stderr what remains missing.
 * Takes some 100 ms when everything is there. Returns the names of the missing tools; never throws.
 */
export function ensureTestTools() {
  let missing = tools.filter((tool) => !isToolThere(tool.name));
  if (missing.length > 0 && mayInstall()) {
    const list = missing.flatMap((tool) => tool.packages).join(' ');
    say(`INSTALLING FOR THE TESTS, by apt-get: ${list} (no service is started; MAILROOM_TEST_INSTALL=0 forbids it)`);
    withoutStartingServices(() => {
      // One by one: a package that cannot be had must not cost the others.
      for (const tool of missing) {
        const reason = install(tool.packages);
        if (reason) say(`apt-get could not install ${tool.name}: ${reason}`);
      }
    });
    missing = missing.filter((tool) => !isToolThere(tool.name));
  }
  for (const tool of missing)
    say(`MISSING ${tool.name} (Debian: ${tool.packages.join(' ')}). The tests that need it are skipped.`);
  return missing.map((tool) => tool.name);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) ensureTestTools();
