// Pictures of every screen, in both themes and languages, as wide as a desktop and a phone: `npm run screens`. They show
// the scripted studio of `test/ui-harness`, so that only the page itself can change them. Look at what changed.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { createServer } from 'vite';
import { unpackBundledChromium } from '../../src/headless/bundled-chromium.mjs';

const SCREENS = {
  home: ['live', '/'],
  new: ['live', '/new'],
  overview: ['completed', '/run/completed'],
  charts: ['completed', '/run/completed/charts'],
  samples: ['completed', '/run/completed/samples'],
  metrics: ['completed', '/run/completed/metrics'],
  checkpoints: ['completed', '/run/completed/checkpoints'],
  log: ['completed', '/run/completed/log'],
  config: ['completed', '/run/completed/config'],
  try: ['completed', '/try/completed'],
  compare: ['live', '/compare'],
  sweep: ['live', '/sweep'],
  library: ['live', '/library'],
  'library-data': ['live', '/library?show=data'],
  settings: ['live', '/settings'],
  failed: ['failed', '/run/failed'],
};
const WIDTHS = { desktop: 1280, phone: 360 };
const folder = join(import.meta.dirname, 'pictures');

const server = await createServer({ logLevel: 'error', server: { port: 5198, host: '127.0.0.1' } });
await server.listen();
const { executablePath, libraryPath } = await unpackBundledChromium();
const browser = await puppeteer.launch({
  executablePath,
  headless: 'shell',
  env: { ...process.env, LD_LIBRARY_PATH: libraryPath },
  args: ['--no-sandbox', '--force-prefers-reduced-motion'],
});
await mkdir(folder, { recursive: true });
const faults = [];
for (const language of ['en', 'ko']) {
  for (const theme of ['light', 'dark']) {
    for (const [device, width] of Object.entries(WIDTHS)) {
      const page = await browser.newPage();
      page.on('pageerror', (error) => faults.push(error.message));
      await page.setViewport({ width, height: 860, deviceScaleFactor: 0.5 });
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
      await page.evaluateOnNewDocument((code) => localStorage.setItem('atelier-language', code), language);
      for (const [name, [scene, path]] of Object.entries(SCREENS)) {
        await page.goto(`http://127.0.0.1:5198/test/ui-harness/index.html?scene=${scene}#${path}`);
        await page.waitForNetworkIdle({ idleTime: 400 });
        await new Promise((resolve) => setTimeout(resolve, 700));
        const excess = await page.$eval('html', (html) => html.scrollWidth - html.clientWidth);
        if (excess > 0) faults.push(`${name} is ${excess} px wider than ${width} px (${language})`);
        const file = join(folder, `${name}-${device}-${theme}-${language}.webp`);
        await page.screenshot({ path: file, type: 'webp', quality: 45 });
      }
      await page.close();
    }
  }
}
await browser.close();
await server.close();
if (faults.length > 0) throw new Error(faults.join('\n'));
