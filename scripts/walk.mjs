// `npm run walk -- manual --way automatic|guided|file`, `npm run walk -- browser` and `npm run walk -- broken`.
import { ensureConsole, ensureNode, ensurePackages } from '../bin/runtime.mjs';
import { runPinned } from './pinned.mjs';

if (process.argv[2] === 'browser') {
  const node = ensureNode();
  ensurePackages(node);
  ensureConsole(node);
}
process.exitCode = runPinned(['test/walk/walk.ts', ...process.argv.slice(2)]);
