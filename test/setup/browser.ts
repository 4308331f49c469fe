// Real browsers for the end-to-end tests: Chromium (the machine's, or the one from npm) and Firefox, driven by
// puppeteer; and the built studio behind Vite's preview server.

import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { build, preview } from 'vite';
import { unpackBundledChromium } from '../../src/headless/bundled-chromium.mjs';

export type BrowserName = 'chromium' | 'firefox';

export interface ServedStudio {
  /** Without a slash at its end. */
  readonly url: string;
  /** Of the built files. */
  readonly folder: string;
  readonly close: () => Promise<void>;
}

/**
 * Builds the studio and serves it.
 * @param page the page that is built, from the project's root on. Default: the studio itself.
 */
export async function serveStudio(page = 'index.html'): Promise<ServedStudio> {
  const root = join(import.meta.dirname, '../..');
  const outDir = await mkdtemp(join(tmpdir(), 'studio-'));
  // The test runner's NODE_ENV would build in React's slow checks, which nobody is served.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  await build({
    root,
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, rolldownOptions: { input: join(root, page) } },
  });
  process.env.NODE_ENV = NODE_ENV;
  const server = await preview({ root, logLevel: 'error', build: { outDir }, preview: { port: 0, host: '127.0.0.1' } });
  const address = server.httpServer.address();
  if (typeof address !== 'object' || address === null) throw new Error('the preview server has no address');
  return { url: `http://127.0.0.1:${address.port}`, folder: outDir, close: () => server.close() };
}

const SYSTEM_CHROMES = [
  '/usr/bin/google-chrome',
  '/usr/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];
const SYSTEM_FIREFOXES = [
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
];

const findFirefox = (): string | undefined =>
  process.env.FIREFOX_PATH ?? SYSTEM_FIREFOXES.find((path) => existsSync(path));

interface FoundChromium {
  readonly executablePath: string;
  /** Set for the Chromium from npm, which brings its libraries along and is built as a headless shell. */
  readonly libraryPath?: string;
}

/** CHROME_PATH, else an installed Chrome, else (or with STUDIO_TEST_BUNDLED) the Chromium that npm brought (Linux x64). */
async function findChromium(): Promise<FoundChromium> {
  const installed = process.env.CHROME_PATH ?? SYSTEM_CHROMES.find((path) => existsSync(path));
  return installed && !process.env.STUDIO_TEST_BUNDLED ? { executablePath: installed } : unpackBundledChromium();
}

export interface LaunchOptions {
  /** Keeps storage from one launch to the next. */
  readonly userDataDir?: string;
  /** False: the browser offers no WebGPU. Default true. */
  readonly webgpu?: boolean;
  /** Downloads go here without a dialog. */
  readonly downloadDir?: string;
}

export function launchBrowser(name: BrowserName, options: LaunchOptions = {}): Promise<Browser> {
  return name === 'chromium' ? launchChromium(options) : launchFirefox(options);
}

/** Dawn's driver is not for Chromium: with it, a browser that should have no WebGPU finds one. */
function environmentOf(libraryPath: string | undefined): Record<string, string | undefined> {
  const { VK_DRIVER_FILES: _, ...environment } = process.env;
  return libraryPath ? { ...environment, LD_LIBRARY_PATH: libraryPath } : environment;
}

async function launchChromium({ userDataDir, webgpu = true, downloadDir }: LaunchOptions): Promise<Browser> {
  const { executablePath, libraryPath } = await findChromium();
  const hasGpu = process.env.STUDIO_TEST_GPU === '1';
  const browser = await puppeteer.launch({
    executablePath,
    headless: libraryPath ? 'shell' : true,
    env: environmentOf(libraryPath),
    ...(userDataDir ? { userDataDir } : {}),
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--no-first-run',
      '--disable-component-update',
      ...(webgpu ? ['--enable-unsafe-webgpu'] : ['--disable-features=WebGPU', '--disable-blink-features=WebGPU']),
      ...(webgpu && !hasGpu ? ['--use-webgpu-adapter=swiftshader'] : []),
    ],
    protocolTimeout: 600_000,
  });
  if (downloadDir) {
    const session = await browser.target().createCDPSession();
    await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloadDir });
  }
  return browser;
}

async function launchFirefox({ userDataDir, webgpu = true, downloadDir }: LaunchOptions): Promise<Browser> {
  const executablePath = findFirefox();
  if (!executablePath) throw new Error('Firefox is not installed: set FIREFOX_PATH, or install firefox-esr');
  return puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    ...(userDataDir ? { userDataDir } : {}),
    extraPrefsFirefox: {
      'dom.webgpu.enabled': webgpu,
      'dom.webgpu.workers.enabled': webgpu,
      'gfx.webgpu.ignore-blocklist': webgpu,
      ...(downloadDir
        ? {
            'browser.download.folderList': 2,
            'browser.download.dir': downloadDir,
            'browser.download.useDownloadDir': true,
          }
        : {}),
    },
    protocolTimeout: 600_000,
  });
}

export const byTestId = (id: string): string => `[data-testid="${id}"]`;

/** Opens a page that fails the test on an uncaught error; console messages are collected. */
export async function openPage(browser: Browser, url: string, messages: string[]): Promise<Page> {
  const page = await browser.newPage();
  // The picker for a place on disk can not be driven; without it the studio offers an ordinary download.
  await page.evaluateOnNewDocument(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  page.on('console', (message) => messages.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) =>
    messages.push(`pageerror: ${error instanceof Error ? error.message : String(error)}`),
  );
  // "Leave this page, while it trains?" Yes.
  page.on('dialog', (dialog) => void dialog.accept());
  await page.goto(url, { waitUntil: 'load' });
  return page;
}
