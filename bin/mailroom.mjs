#!/usr/bin/env node
// The launcher: makes sure of the pinned Node.js and the packages, then runs src/cli/main.ts there.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureConsole, ensureNode, ensurePackages, root } from './runtime.mjs';

const node = ensureNode();
ensurePackages(node);
// Mail must not wait for it: without the console, these go on.
if (['demo', 'serve'].includes(process.argv[2])) ensureConsole(node);
const entry = join(root, 'src', 'cli', 'main.ts');

if (node === process.execPath) {
  await import(pathToFileURL(entry).href);
} else {
  const child = spawn(node, [entry, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal's Ctrl-C reaches both processes; a service manager's SIGTERM reaches only this one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 128 + ({ SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0) : 1);
  });
}
