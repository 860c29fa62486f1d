// sendmail(1) for programs that know nothing else: cron, PHP's mail(), mutt. Makes sure of the pinned Node.js, then runs
// src/cli/sendmail.ts there.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureNode, ensurePackages, root } from './runtime.mjs';

const node = ensureNode();
ensurePackages(node);
const { status } = spawnSync(node, [join(root, 'src', 'cli', 'sendmail.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 75; // EX_TEMPFAIL: the caller keeps the message
