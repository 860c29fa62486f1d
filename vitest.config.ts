import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'practice-tenant/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    setupFiles: ['test/graph-schema/watch-suite.ts'],
    // Real processes and sockets: a file may be slow on a busy machine, but never hangs for ever.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // On a shared machine a browser or a killed server may be starved for half a minute. What fails twice is broken; what was
    // tried again is named in the output. Whoever works on the code sees the first failure.
    retry: process.env['CI'] ? 1 : 0,
  },
});
