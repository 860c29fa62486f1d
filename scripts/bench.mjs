// `npm run bench -- NAME [--short]`: makes sure of the peers, then runs the benchmark under the pinned Node.js.
import { ensureConsole, ensureNode } from '../bin/runtime.mjs';
import { runPinned } from './pinned.mjs';
import { ensureTestTools } from './test-tools.mjs';

ensureTestTools();
if (process.argv[2] === 'console') ensureConsole(ensureNode());
process.exitCode = runPinned(['bench/run.ts', ...process.argv.slice(2)]);
