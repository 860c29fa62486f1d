// `npm run walk -- manual --way automatic|guided|file` and `npm run walk -- broken`.
import { runPinned } from './pinned.mjs';

process.exitCode = runPinned(['test/walk/walk.ts', ...process.argv.slice(2)]);
