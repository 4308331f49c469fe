// Starts the runner: compiles TypeScript and WGSL in memory with Vite, then hands over to main.ts.

import { join } from 'node:path';
import { createServer } from 'vite';

const server = await createServer({
  root: join(import.meta.dirname, '../..'),
  configFile: false,
  server: { middlewareMode: true, ws: false, watch: null },
  appType: 'custom',
  // Nothing here runs in a page, so the page's packages need not be looked for.
  optimizeDeps: { noDiscovery: true },
  logLevel: 'error',
});
const { main } = await server.ssrLoadModule('/src/headless/main.ts');
const code = await main(process.argv.slice(2), (path) => server.ssrLoadModule(path));
await server.close();
process.exit(code);
