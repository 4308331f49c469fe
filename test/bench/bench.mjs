// Starts the benchmark, or one measurement of it: compiles TypeScript and WGSL in memory with Vite, then hands over.
//   node bench.mjs [options]          main.ts
//   node bench.mjs measure <json>     measure.ts, in a process that main.ts starts
//   node bench.mjs large-data         large-data.ts
//   node bench.mjs studio             studio.ts

import { join } from 'node:path';
import { createServer } from 'vite';

const [first, ...rest] = process.argv.slice(2);
const scripts = {
  measure: '/test/bench/measure.ts',
  'large-data': '/test/bench/large-data.ts',
  studio: '/test/bench/studio.ts',
};
const server = await createServer({
  root: join(import.meta.dirname, '../..'),
  configFile: false,
  server: { middlewareMode: true, ws: false, watch: null },
  appType: 'custom',
  // What runs in a page has a server of its own.
  optimizeDeps: { noDiscovery: true },
  logLevel: 'error',
});
const script = scripts[first];
const { main } = await server.ssrLoadModule(script ?? '/test/bench/main.ts');
const code = await main(script ? rest : process.argv.slice(2));
await server.close();
process.exit(code);
