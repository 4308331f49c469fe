// From a fresh page: two clicks train the bundled sample, the curve moves, and the model that comes out knows something.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byTestId, launchBrowser, openPage, serveStudio } from '../setup/browser.ts';
import { laneBrowser } from '../setup/lane.ts';
import { click, importArguments, textOf, unzipDownload, waitForText } from '../setup/studio-driver.ts';

let studio: Awaited<ReturnType<typeof serveStudio>>;
let browser: Browser;
let page: Page;
let downloads: string;
const messages: string[] = [];

beforeAll(async () => {
  studio = await serveStudio();
  downloads = await mkdtemp(join(tmpdir(), 'downloads-'));
  browser = await launchBrowser(laneBrowser, { downloadDir: downloads });
  page = await openPage(browser, studio.url, messages);
});
afterAll(async () => {
  await browser?.close();
  await studio?.close();
});

describe('the sample', () => {
  it('starts with two clicks, the network gone after the page was loaded', async () => {
    await waitForText(page, 'device-card', /webgpu/);
    await page.waitForNetworkIdle({ idleTime: 1000 });
    await page.setOfflineMode(true);
    await click(page, 'train-sample');
    await click(page, 'start-run');
    await waitForText(page, 'run-step', /^[1-9]\d* \//);
    expect(await page.waitForSelector(byTestId('chart-loss'), { timeout: 60_000 })).not.toBeNull();
    expect(await textOf(page, 'run-status')).toMatch(/training|evaluating/i);
  });

  it('pauses, goes on, saves on demand, and stops with what it has learned', async () => {
    await click(page, 'pause-run');
    await waitForText(page, 'run-status', /paused/);
    const step = await textOf(page, 'run-step');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await textOf(page, 'run-step')).toBe(step);
    await click(page, 'continue-run');
    await waitForText(page, 'run-status', /training/);
    await click(page, 'stop-save');
    await waitForText(page, 'run-status', /stopped/);
    await click(page, 'tab-checkpoints');
    expect(await page.$$(byTestId('checkpoint-row'))).not.toHaveLength(0);
    await page.setOfflineMode(false);
  });

  it('a short run to its end: loss falls, accuracy is well above chance, the model can be tried and taken home', async () => {
    await page.goto(`${studio.url}/#/`);
    await click(page, 'train-sample');
    await page.waitForSelector(byTestId('examination'), { timeout: 120_000 });
    await importArguments(page, SHORT_RUN);
    await click(page, 'start-run');
    await waitForText(page, 'run-status', /completed/, 560_000);
    await click(page, 'tab-overview');
    const accuracy = Number((await textOf(page, 'evaluation')).match(/accuracy\s+([\d.]+)/i)![1]);
    // Eight subjects: guessing is right in one of eight.
    expect(accuracy).toBeGreaterThan(0.35);

    await click(page, 'open-try');
    await page
      .locator(byTestId('predict-text'))
      .fill('the waiter brought the soup and the bread, the wine list was lovely.');
    await click(page, 'predict-submit');
    const shown = await waitForText(page, 'prediction', /restaurant[\s\S]*%/);
    const chances = [...shown.matchAll(/(\w+)\s+([\d.]+)\s*%/g)].map(([, label, percent]) => ({
      label,
      percent: Number(percent),
    }));
    expect(chances).toHaveLength(8);
    expect(Math.abs(chances.reduce((sum, { percent }) => sum + percent, 0) - 100)).toBeLessThan(1);
    // After so few steps the first guess may be another; the right one must stand above chance.
    expect(chances.find(({ label }) => label === 'restaurant')!.percent).toBeGreaterThan(100 / 8);

    await click(page, 'back-to-run');
    await click(page, 'download-checkpoint');
    const files = await unzipDownload(downloads);
    expect([...files.keys()].sort()).toEqual([
      'README.md',
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
      'trainer_state.json',
      'training_args.json',
    ]);
    const config = JSON.parse(new TextDecoder().decode(files.get('config.json')));
    expect(Object.values(config.id2label)).toEqual([
      'app',
      'book',
      'course',
      'film',
      'hotel',
      'phone',
      'restaurant',
      'trip',
    ]);
    expect(messages.filter((message) => message.startsWith('pageerror'))).toEqual([]);
  });
});

/** Small enough for an emulated GPU. */
const SHORT_RUN = {
  max_steps: 40,
  per_device_train_batch_size: 16,
  per_device_eval_batch_size: 32,
  learning_rate: 1e-3,
  warmup_steps: 4,
  logging_steps: 10,
  eval_strategy: 'steps',
  eval_steps: 40,
  save_strategy: 'steps',
  save_steps: 40,
};
