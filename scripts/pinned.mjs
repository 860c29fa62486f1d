// Runs a file of the project under the pinned Node.js: node scripts/pinned.mjs FILE [ARGS ...]
import { spawnSync } from 'node:child_process';
import { ensureNode, ensurePackages, root } from '../bin/runtime.mjs';

/** Runs `args` under the pinned Node.js from the project's root and returns its exit code. */
export function runPinned(args, env = process.env) {
  const node = ensureNode();
  ensurePackages(node);
  const result = spawnSync(node, args, { cwd: root, stdio: 'inherit', env });
  return result.status ?? 1;
}

if (process.argv[1]?.endsWith('pinned.mjs')) process.exitCode = runPinned(process.argv.slice(2));
