// What must hold of the tree beside its tests: types, lint and format, import boundaries, dead code, generated pages.
import { runPinned } from './pinned.mjs';

const checks = [
  ['types', ['node_modules/typescript/bin/tsc', '--noEmit']],
  ['types of the console', ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'console']],
  ['lint and format', ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.']],
  ['import boundaries', ['scripts/boundaries.ts']],
  ['dead code', ['node_modules/knip/bin/knip.js']],
  ['generated pages', ['scripts/generate.ts', '--check']],
];

let failed = 0;
for (const [name, args] of checks) {
  const started = Date.now();
  const status = runPinned(args);
  process.stdout.write(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${Date.now() - started} ms)\n`);
  if (status !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
