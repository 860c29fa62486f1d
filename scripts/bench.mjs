// `npm run bench -- NAME [--short]`: makes sure of the peers, then runs the benchmark under the pinned Node.js.
import { runPinned } from './pinned.mjs';
import { ensureTestTools } from './test-tools.mjs';

ensureTestTools();
process.exitCode = runPinned(['bench/run.ts', ...process.argv.slice(2)]);
