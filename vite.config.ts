// Builds the studio, and holds the lanes of the tests (`vitest run --project <lane>`).

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** Tests that share one GPU device run one after another in one process. */
const serial = { pool: 'forks' as const, fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  // Relative addresses let the built site be served from any sub-path.
  base: './',
  plugins: [react()],
  worker: { format: 'es' },
  build: { target: 'es2023', outDir: 'dist', chunkSizeWarningLimit: 2500 },
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'unit', environment: 'node', include: ['test/unit/**/*.test.ts', 'test/*.test.ts'] },
      },
      { extends: true, test: { name: 'gpu', environment: 'node', include: ['test/gpu/**/*.test.ts'], ...serial } },
      {
        extends: true,
        test: { name: 'runner', environment: 'node', include: ['test/runner/**/*.test.ts'], ...serial },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          environment: 'node',
          include: ['test/browser/**/*.test.ts'],
          ...serial,
          testTimeout: 600_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'parity',
          environment: 'node',
          include: ['test/parity/**/*.test.ts'],
          ...serial,
          testTimeout: 600_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
