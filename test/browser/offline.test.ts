// The studio with its server gone: opened again, trained in, reloaded in the middle. And what a first visit loads.

import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser, openPage, serveStudio } from '../setup/browser.ts';
import { firstLoadBytes } from '../setup/first-load.ts';
import { laneBrowser } from '../setup/lane.ts';
import { click, waitForText } from '../setup/studio-driver.ts';

let studio: Awaited<ReturnType<typeof serveStudio>>;
let browser: Browser;
let page: Page;
const messages: string[] = [];
const asked: string[] = [];

beforeAll(async () => {
  studio = await serveStudio();
  browser = await launchBrowser(laneBrowser);
  page = await openPage(browser, studio.url, messages);
  page.on('request', (request) => asked.push(request.url()));
});
afterAll(() => browser?.close());

it('loads at most 250 kB of compressed script before the training code', async () => {
  expect(await firstLoadBytes(studio.folder)).toBeLessThan(250_000);
});

it('opens again, and trains, when its server is gone', async () => {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await page.reload({ waitUntil: 'load' });
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await studio.close();
  await page.reload({ waitUntil: 'load' });
  await waitForText(page, 'device-card', /webgpu/);
  await click(page, 'train-sample');
  await click(page, 'start-run');
  await waitForText(page, 'run-step', /^[1-9]\d* \//);
  await click(page, 'save-now');
  await click(page, 'tab-log');
  await waitForText(page, 'events', /Saving checkpoint-\d+/);
});

it('goes on with the run after a reload in its middle, still without a server', async () => {
  await click(page, 'tab-checkpoints');
  await waitForText(page, 'checkpoint-row', /checkpoint-\d+/);
  await page.reload({ waitUntil: 'load' });
  await waitForText(page, 'run-status', /interrupted/);
  await click(page, 'tab-samples');
  await click(page, 'resume-run');
  await waitForText(page, 'run-status', /training|evaluating/);
});

it('has asked nobody but its own server', () => {
  const own = (url: string): boolean => /^(blob|data):/.test(url) || url.startsWith(studio.url);
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((url) => !own(url))).toEqual([]);
  expect(messages.filter((message) => message.startsWith('pageerror'))).toEqual([]);
});
