// Builds and serves the measuring page, once for all measurements of a run.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, preview } from 'vite';

/** Isolated pages get a clock of 5 µs, others one of 100 µs. */
const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export async function servePage(): Promise<{ url: string; close: () => Promise<void> }> {
  const outDir = await mkdtemp(join(tmpdir(), 'bench-page-'));
  const shared = { root: import.meta.dirname, configFile: false, logLevel: 'error' } as const;
  await build({ ...shared, base: './', build: { outDir, target: 'es2023', emptyOutDir: true } });
  const server = await preview({
    ...shared,
    build: { outDir },
    preview: { port: 0, host: '127.0.0.1', headers: ISOLATED },
  });
  const address = server.httpServer.address();
  if (typeof address !== 'object' || address === null) throw new Error('the preview server has no address');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      await server.close();
      await rm(outDir, { recursive: true });
    },
  };
}
