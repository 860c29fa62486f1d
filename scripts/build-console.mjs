// Runs under the pinned Node.js: vite, then a compressed copy beside each file, so that nothing is compressed per request.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { root } from '../bin/runtime.mjs';

await build({
  configFile: join(root, 'console', 'vite.config.ts'),
  logLevel: process.argv[2] === '--loud' ? 'info' : 'warn',
});
const folder = join(root, 'console', 'dist', 'assets');
for (const name of readdirSync(folder)) {
  const file = join(folder, name);
  const bytes = readFileSync(file);
  writeFileSync(`${file}.br`, brotliCompressSync(bytes));
  writeFileSync(`${file}.gz`, gzipSync(bytes));
}
