// `npm run judge -- tenant`: installs the clients that judge the practice tenant, then lets them.
import { ensureNode, installFolder } from '../bin/runtime.mjs';
import { runPinned } from './pinned.mjs';

const [what] = process.argv.slice(2);
if (what === 'tenant') {
  // What could not be installed is named absent by the judge itself.
  if (!installFolder('test/judges', ensureNode()))
    process.stderr.write('judge: some clients could not be installed; is there a way to the package registry?\n');
  process.exitCode = runPinned(['test/judges/judge-tenant.ts']);
} else {
  process.stderr.write('Usage: npm run judge -- tenant\n');
  process.exitCode = 64;
}
