// The log of a run as files, and the checkpoint that enable_jit_checkpoint makes when the page is hidden.

import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { byTestId, launchBrowser, openPage, serveStudio } from '../setup/browser.ts';
import { laneBrowser } from '../setup/lane.ts';
import { click, fixtureData, setUpRun, textOf, waitForText, writeModelFolder } from '../setup/studio-driver.ts';

let studio: Awaited<ReturnType<typeof serveStudio>>;
let browser: Browser;
let page: Page;
let model: string[];
let downloads: string;
const messages: string[] = [];

beforeAll(async () => {
  studio = await serveStudio();
  model = await writeModelFolder();
  downloads = await mkdtemp(join(tmpdir(), 'downloads-'));
  browser = await launchBrowser(laneBrowser, { downloadDir: downloads });
  page = await openPage(browser, studio.url, messages);
});
afterAll(async () => {
  await browser?.close();
  await studio?.close();
});

/** As the browser tells a page that another tab has come to the front, or that it is seen again. */
const show = (state: 'hidden' | 'visible'): Promise<void> =>
  page.evaluate((value: string) => {
    Object.defineProperty(document, 'visibilityState', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);

const saves = async (): Promise<string[]> => {
  await click(page, 'tab-log');
  const events = await page.$$eval(byTestId('events'), ([list]) => (list as HTMLElement | undefined)?.innerText ?? '');
  return [...events.matchAll(/Saving checkpoint-\d+/g)].map(([text]) => text);
};

const step = async (): Promise<number> => Number.parseInt(await textOf(page, 'run-step'), 10);

it('saves a checkpoint when the page is hidden, once', async () => {
  const args = { max_steps: 240, save_strategy: 'no', logging_steps: 40, learning_rate: 1e-3 };
  await setUpRun(page, studio.url, model, fixtureData('train.csv'), { ...args, enable_jit_checkpoint: true });
  await click(page, 'start-run');
  await waitForText(page, 'run-step', /^([3-9]|\d\d+) \//);
  expect(await saves()).toEqual([]);
  await show('hidden');
  // A page that closes is hidden first, and left then.
  await page.evaluate(() => window.dispatchEvent(new Event('pagehide')));
  await waitForText(page, 'events', /Saving checkpoint-\d+/);
  const saved = await step();
  while ((await step()) < saved + 10) await new Promise((resolve) => setTimeout(resolve, 100));
  await show('visible');
  expect(await saves()).toHaveLength(1);
  await show('hidden');
  await waitForText(page, 'run-status', /completed/);
  const [last, first] = (await saves()).map((text) => Number(text.split('-')[1]));
  expect(last).toBeGreaterThan(first!);
});

it('gives the log as JSONL, CSV and event file', async () => {
  for (const form of ['jsonl', 'csv', 'tensorboard']) {
    await click(page, 'download-log');
    await click(page, `download-log-${form}`);
  }
  let names: string[] = [];
  for (let i = 0; i < 100 && names.length < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    names = (await readdir(downloads)).filter((name) => !/\.(crdownload|part)$/.test(name));
  }
  const read = (pattern: RegExp): Promise<Buffer> =>
    readFile(join(downloads, names.find((name) => pattern.test(name))!));
  const log = (await read(/-log\.jsonl$/)).toString().trim().split('\n');
  expect(log.map((line) => JSON.parse(line).step)).toEqual([40, 80, 120, 160, 200, 240, 240]);
  const [columns, ...rows] = (await read(/-log\.csv$/)).toString().trim().split('\r\n');
  expect(columns).toMatch(/^step,epoch,loss,grad_norm,learning_rate,/);
  expect(rows).toHaveLength(7);
  const events = await read(/^events\.out\.tfevents\.\d+\./);
  expect(events.includes('brain.Event:2')).toBe(true);
  expect(events.toString('latin1').match(/train\/loss/g)).toHaveLength(6);
  expect(messages.filter((message) => message.startsWith('pageerror'))).toEqual([]);
});
