// The program in a few files, in .runtime/bundle/: what a start reads is some hundred sources, their types, and packages of which it needs a part. Read from
// one file instead, the first 220 comes sooner, and a server at rest keeps less (docs/decisions/0020).
//
// The sources are what runs: they run as they are where there is no bundle, and a bundle is taken only as long as each file
// that went into it is what it was. Nothing else may decide that, or somebody mends a source and runs the old one.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { root, runtimeDir, underLock } from './runtime.mjs';

const bundles = join(runtimeDir, 'bundle');
const manifestFile = join(bundles, 'current.json');
/** What decides how a bundle is made, beside the sources in it. */
export const makers = ['package-lock.json', 'bin/bundle.mjs', 'scripts/build-bundle.mjs'];
/** Servers that still run read the rest of theirs when they need it. */
const bundlesKept = 5;

/**
 * What tells a file from what it was without reading it; undefined where there is none. The time of change is set by the
 * system alone, and a file that is put in the place of another one has a number of its own.
 */
export function markOf(path) {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.size} ${found.mtimeNs} ${found.ctimeNs} ${found.ino}`;
}

export function digestOf(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Folder of the bundle whose sources are what they were when it was made; undefined when there is none. */
export function freshBundle() {
  try {
    const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
    // Places of sources are written out in it.
    if (manifest.root !== root) return undefined;
    const folder = join(bundles, manifest.name);
    accessSync(join(folder, 'main.mjs'), constants.R_OK);
    let moved = false;
    for (const file of manifest.files) {
      const path = join(root, file.path);
      const mark = markOf(path);
      if (mark === file.mark) continue;
      // Another branch and back, or a copy of the whole project: the same words.
      if (mark === undefined || digestOf(readFileSync(path)) !== file.digest) return undefined;
      file.mark = mark;
      moved = true;
    }
    if (moved) keepManifest(manifest);
    return folder;
  } catch {
    return undefined;
  }
}

function keepManifest(manifest) {
  try {
    const next = `${manifestFile}.${process.pid}`;
    writeFileSync(next, JSON.stringify(manifest));
    renameSync(next, manifestFile);
  } catch {
    // A user that may not write here compares the words each time.
  }
}

/** The same, made when there is none. Where that cannot be done, the sources run, which takes longer and nothing else. */
export function ensureBundle(nodeBinary) {
  const fresh = freshBundle();
  if (fresh) return fresh;
  try {
    mkdirSync(bundles, { recursive: true });
    accessSync(bundles, constants.W_OK);
  } catch {
    return undefined;
  }
  return underLock(() => freshBundle() ?? makeBundle(nodeBinary));
}

function makeBundle(nodeBinary) {
  process.stderr.write('mailroom: putting the program into one file (once) ...\n');
  const next = join(bundles, 'next');
  const result = spawnSync(nodeBinary, [join(root, 'scripts', 'build-bundle.mjs'), next], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    if (result.status !== 0) throw new Error(result.stderr || result.error?.message);
    const files = JSON.parse(readFileSync(join(next, 'inputs.json'), 'utf8'));
    const name = digestOf(JSON.stringify([root, files.map(({ path, digest }) => [path, digest])])).slice(0, 16);
    const folder = join(bundles, name);
    rmSync(folder, { recursive: true, force: true });
    renameSync(next, folder);
    keepManifest({ root, name, files });
    clearAway(name);
    return folder;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`mailroom: the program could not be put into one file and runs from its sources: ${why}\n`);
    return undefined;
  }
}

function clearAway(current) {
  const others = readdirSync(bundles, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== current)
    .map(({ name }) => ({ name, at: statSync(join(bundles, name)).mtimeMs }))
    .sort((one, other) => other.at - one.at);
  for (const { name } of others.slice(bundlesKept - 1)) rmSync(join(bundles, name), { recursive: true, force: true });
}
