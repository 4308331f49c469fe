// Builds the studio, and holds the lanes of the tests (`vitest run --project <lane>`).

import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { defineConfig } from 'vitest/config';

/**
 * What the page may load and ask: its own files, and for the Hub any address over https, or one on this machine. Written
 * into the built page alone: the development server needs scripts in the page.
 */
const POLICY = [
  "default-src 'self'",
  // WebAssembly unpacks Parquet; scripts made of text stay forbidden.
  "script-src 'self' 'wasm-unsafe-eval'",
  // The component library writes its theme's variables into the page.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self' https: http://127.0.0.1:* http://localhost:* data: blob:",
  "worker-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const contentSecurityPolicy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY }, injectTo: 'head-prepend' },
  ],
};

/** Everything that the studio is made of, the sample too, so that it works without a network. Never weights of a person. */
const offline = VitePWA({
  registerType: 'prompt',
  injectRegister: false,
  workbox: {
    globPatterns: ['**/*'],
    globIgnores: ['**/*.map'],
    maximumFileSizeToCacheInBytes: 20_000_000,
    cleanupOutdatedCaches: true,
  },
  manifest: {
    name: 'Atelier',
    short_name: 'Atelier',
    description: 'Fine-tune a transformer on your own GPU, in your browser.',
    theme_color: '#0c7286',
    background_color: '#ffffff',
    display: 'standalone',
    start_url: './',
    icons: [{ src: './icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' }],
  },
});

/** Tests that share one GPU device run one after another in one process. */
const serial = { pool: 'forks' as const, fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  // Relative addresses let the built site be served from any sub-path.
  base: './',
  plugins: [react(), contentSecurityPolicy, offline],
  worker: { format: 'es' },
  preview: { headers: { 'Content-Security-Policy': POLICY } },
  build: { target: 'es2023', outDir: 'dist', chunkSizeWarningLimit: 2500 },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/unit/**/*.test.ts', 'test/*.test.ts'],
          // A loaded machine is slow, not wrong.
          testTimeout: 30_000,
        },
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
          testTimeout: 300_000,
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
