// `npm run judge -- tenant`: installs the clients that judge the practice tenant, then lets them.
import { ensureNode, ensurePackages, installFolder } from '../bin/runtime.mjs';
import { runPinned } from './pinned.mjs';
import { ensureTestTools } from './test-tools.mjs';

const [what] = process.argv.slice(2);
if (what === 'tenant') {
  const node = ensureNode();
  ensurePackages(node);
  ensureTestTools();
  // What could not be installed is named absent by the judge itself.
  for (const folder of ['test/judges', 'test/judges/cli'])
    if (!installFolder(folder, node))
      process.stderr.write(`judge: not all of ${folder} could be installed; is there a way to the package registry?\n`);
  process.exitCode = runPinned(['test/judges/judge-tenant.ts']);
} else {
  process.stderr.write('Usage: npm run judge -- tenant\n');
  process.exitCode = 64;
}
