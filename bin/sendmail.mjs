// sendmail(1) for programs that know nothing else: cron, PHP's mail(), mutt. Makes sure of the pinned Node.js, then runs
// src/cli/sendmail.ts: in this process when it is the pinned one, since every start of a Node.js is one more wait.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureNode, ensurePackages, root } from './runtime.mjs';

const node = ensureNode();
ensurePackages(node);
const entry = join(root, 'src', 'cli', 'sendmail.ts');
if (node === process.execPath) await import(pathToFileURL(entry).href);
else {
  const { status } = spawnSync(node, [entry, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = status ?? 75; // EX_TEMPFAIL: the caller keeps the message
}
