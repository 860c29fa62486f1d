#!/usr/bin/env node
// The launcher: makes sure of the pinned Node.js and the packages, then runs src/cli/main.ts there, or what was put together of it.
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { ensureBundle, freshBundle } from './bundle.mjs';
import { ensureConsole, ensureNode, ensurePackages, root } from './runtime.mjs';

const node = ensureNode();
ensurePackages(node);

if (node === process.execPath) {
  const lasts = ['demo', 'serve'].includes(process.argv[2]);
  // Mail must not wait for it: without the console, these go on.
  if (lasts) ensureConsole(node);
  keepCompiled();
  // First of all: what follows makes new objects.
  if (process.argv[2] === 'serve') startSmall();
  const bundle = lasts ? ensureBundle(node) : freshBundle();
  // Where an error was is said of the sources.
  if (bundle) module.setSourceMapsSupport(true);
  const entry = bundle ? join(bundle, 'main.mjs') : join(root, 'src', 'cli', 'main.ts');
  await import(pathToFileURL(entry).href);
} else if (process.execve) {
  // This process becomes that one, so that no second Node.js stays in memory and signals find their way by themselves.
  process.execve(node, [node, fileURLToPath(import.meta.url), ...process.argv.slice(2)], process.env);
} else {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal's Ctrl-C reaches both processes; a service manager's SIGTERM reaches only this one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 128 + ({ SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0) : 1);
  });
}

/**
 * Keeps what the pinned Node.js makes of the sources, so that the next start need not read types and compile again: more
 * than half of the time to the first 220. Kept where this user alone writes: whoever may change it may change the program.
 */
function keepCompiled() {
  if (process.env.NODE_COMPILE_CACHE || process.env.NODE_DISABLE_COMPILE_CACHE) return;
  for (const place of [process.env.CACHE_DIRECTORY, join(root, '.runtime')]) {
    if (!place) continue;
    const directory = join(place, 'compiled');
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      accessSync(directory, constants.W_OK);
    } catch {
      continue;
    }
    module.enableCompileCache(directory);
    // For the index's thread.
    process.env.NODE_COMPILE_CACHE = directory;
    return;
  }
}

/**
 * A start runs once, and what V8 would make of it stays. The space of new objects keeps its first size, a megabyte: because of
 * what a start leaves lying about, V8 would let it grow to sixteen. How large it is under load is decided in
 * src/observe/heap-room.ts. And nothing is optimised: that gives a start nothing, and a server at rest would keep 10 MB for the
 * compilers alone. After the first second they are there for mail, or for an index that has much to read.
 */
function startSmall() {
  const compilers = ['turbofan', 'maglev'];
  setFlagsFromString('--semi-space-growth-factor=1');
  for (const compiler of compilers) setFlagsFromString(`--no-${compiler}`);
  setTimeout(() => {
    for (const compiler of compilers) setFlagsFromString(`--${compiler}`);
    // Early enough for a server that does not live for long; not at the end, which may be a kill.
    module.flushCompileCache();
    // After a thousand calls and not after three thousand: under load what mail passes through is then done in a second, not in five.
    setFlagsFromString('--invocation-count-for-turbofan=1000');
  }, 1_000).unref();
}
