// `npm test`: fetches what is needed, checks the tree, runs every test, and ends with a line that counts them.
//
// Arguments go to vitest: `npm test -- src/mime` runs one folder, without the checks of the tree.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureConsole, ensureNode, ensurePackages, installFolder, root } from '../bin/runtime.mjs';
import { runPinned } from './pinned.mjs';
import { ensureTestTools } from './test-tools.mjs';

const args = process.argv.slice(2);
const report = join(root, '.tmp', `test-report-${process.pid}.json`);

const checksFailed = args.length === 0 && runPinned(['scripts/check.mjs']) !== 0;
ensureTestTools();
const node = ensureNode();
ensurePackages(node);
ensureConsole(node);
// The tests that need what is missing then say so, and are skipped.
installFolder('test/judges', node);

mkdirSync(join(root, '.tmp'), { recursive: true });
const status = runPinned([
  'node_modules/vitest/vitest.mjs',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...args,
]);

let failedFiles = 0;
try {
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  // A file that cannot even be loaded holds no failed test, and must not pass for that reason.
  failedFiles = testResults.filter((file) => file.status === 'failed').length;
  if (checksFailed) process.stdout.write('The checks of the tree failed; see the top of this output.\n');
  const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : '';
  process.stdout.write(`${numPassedTests} passed, ${numFailedTests + (checksFailed ? 1 : 0)} failed${skipped}\n`);
} catch {
  process.stdout.write('0 passed, 1 failed\n');
} finally {
  rmSync(report, { force: true });
}
process.exitCode = status !== 0 || checksFailed || failedFiles > 0 ? 1 : 0;
