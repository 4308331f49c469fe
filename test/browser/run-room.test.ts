// What a person does with a run while it trains and afterwards: change it, fork it, look into it, compare, try, back up,
// sweep; and the whole page in Korean.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { byTestId, launchBrowser, openPage, serveStudio } from '../setup/browser.ts';
import { laneBrowser } from '../setup/lane.ts';
import {
  click,
  downloadedZip,
  fill,
  fixtureData,
  setUpRun,
  textOf,
  upload,
  waitFor,
  waitForText,
  writeModelFolder,
} from '../setup/studio-driver.ts';

let studio: Awaited<ReturnType<typeof serveStudio>>;
let browser: Browser;
let page: Page;
let downloads: string;
let model: string[];
/** Address of the first run. */
let first: string;
const messages: string[] = [];

const ARGS = {
  max_steps: 120,
  logging_steps: 4,
  learning_rate: 1e-3,
  lr_scheduler_type: 'constant',
  eval_strategy: 'steps',
  eval_steps: 40,
  save_strategy: 'steps',
  save_steps: 40,
};

beforeAll(async () => {
  studio = await serveStudio();
  downloads = await mkdtemp(join(tmpdir(), 'downloads-'));
  model = await writeModelFolder();
  browser = await launchBrowser(laneBrowser, { downloadDir: downloads });
  page = await openPage(browser, studio.url, messages);
});
afterAll(async () => {
  await browser?.close();
  await studio?.close();
});

const go = (path: string): Promise<unknown> => page.goto(`${studio.url}/#${path}`);

const texts = (testId: string): Promise<string[]> =>
  page.$$eval(byTestId(testId), (found) => found.map((element) => (element as HTMLElement).innerText));

it('takes another learning rate while it trains, and tells of it', async () => {
  await setUpRun(page, studio.url, model, fixtureData('train.csv'), ARGS);
  await click(page, 'start-run');
  await waitForText(page, 'run-step', /^[1-9]\d* \//);
  first = page.url();
  await click(page, 'tab-overview');
  await fill(page, 'hot-learning_rate', '0.0005');
  await click(page, 'hot-apply');
  await click(page, 'tab-log');
  await waitForText(page, 'events', /learning_rate 0\.001 → 0\.0005/);
  await waitForText(page, 'run-status', /completed/);
  const rates = (await texts('log-row')).join('\n');
  expect(rates).toMatch(/learning_rate (0\.0005|5e-4)/);
});

it('shows after a reload what it answered at each evaluation', async () => {
  await click(page, 'tab-samples');
  await page.reload();
  expect(page.url()).toContain('/samples');
  expect(await waitForText(page, 'samples', /%/)).toMatch(/At every evaluation/);
});

it('opens the rows behind a cell of the confusion matrix', async () => {
  await click(page, 'tab-metrics');
  await waitFor(page, 'confusion-matrix');
  const cells = (await texts('confusion-cell')).map(Number);
  const fullest = cells.indexOf(Math.max(...cells));
  expect(cells[fullest]).toBeGreaterThan(0);
  await page.$$eval(byTestId('confusion-cell'), (found, at) => (found[at] as HTMLElement).click(), fullest);
  await waitFor(page, 'example-row');
  expect(await page.$$(byTestId('example-row'))).toHaveLength(Math.min(25, cells[fullest]!));
});

it('pins a checkpoint, deletes one and takes it back, and forks one into a run that goes on', async () => {
  await click(page, 'tab-checkpoints');
  const before = (await page.$$(byTestId('checkpoint-row'))).length;
  await click(page, 'pin');
  await waitForText(page, 'checkpoint-row', /pinned/);
  await click(page, 'delete-checkpoint');
  await waitFor(page, 'undo-delete');
  expect(await page.$$(byTestId('checkpoint-row'))).toHaveLength(before - 1);
  await click(page, 'undo-delete');
  expect(await page.$$(byTestId('checkpoint-row'))).toHaveLength(before);

  await click(page, 'fork');
  await fill(page, 'fork-name', 'the fork');
  await click(page, 'confirm-fork');
  await page.waitForFunction(
    (address: string) => location.href !== address && /#\/run\//.test(location.href),
    {},
    page.url(),
  );
  await click(page, 'resume-changes');
  await fill(page, 'change-max_steps', '160');
  await click(page, 'confirm-changes');
  await waitForText(page, 'run-step', /\/ 160/);
  await waitForText(page, 'run-status', /completed/);
});

it('lays both beside each other, and says what the second was told', async () => {
  await go('/compare');
  expect(await waitForText(page, 'what-changed', /max_steps/)).toMatch(/120[\s\S]*160/);
  expect(await textOf(page, 'compare-differences')).toContain('max_steps');
  expect(await textOf(page, 'compare-results')).toContain('★');
});

it('shows what the model made of a text before training and after', async () => {
  await page.goto(first);
  await click(page, 'open-try');
  await click(page, 'add-model');
  await fill(page, 'predict-text', 'good');
  await click(page, 'predict-submit');
  await page.waitForFunction(
    (found: string) => document.querySelectorAll(found).length === 2,
    {},
    byTestId('prediction'),
  );
  const [before, after] = await texts('prediction');
  expect(before).toMatch(/%/);
  expect(after).toMatch(/%/);
  expect(after).not.toBe(before);
});

it('leaves as one file, is deleted, and comes back from it', async () => {
  await go('/library');
  await waitFor(page, 'library-run');
  const names = (await texts('library-run')).length;
  await click(page, 'library-run-menu');
  await click(page, 'backup-run');
  const backup = await downloadedZip(downloads);
  await page.evaluate(() => document.querySelector('input[type=file]')?.setAttribute('data-testid', 'restore-input'));
  await upload(page, 'restore-input', backup);
  await waitForText(page, 'run-status', /completed/);
  await click(page, 'tab-checkpoints');
  await waitFor(page, 'checkpoint-row');
  await go('/library');
  await page.waitForFunction(
    (found: string, count: number) => document.querySelectorAll(found).length === count,
    {},
    byTestId('library-run'),
    names + 1,
  );
});

it('lists what was tokenized, and deletes it', async () => {
  await go('/library?show=data');
  await waitForText(page, 'library-feature', /train\.csv/);
  const rows = (await page.$$(byTestId('library-feature'))).length;
  await page.locator(`${byTestId('library-feature')} button`).click();
  await page.waitForFunction(
    (found: string, count: number) => document.querySelectorAll(found).length === count,
    {},
    byTestId('library-feature'),
    rows - 1,
  );
});

it('searches arguments, and goes on with it after a reload', async () => {
  await setUpRun(page, studio.url, model, fixtureData('train.csv'), {
    ...ARGS,
    max_steps: 20,
    eval_steps: 10,
    save_strategy: 'no',
  });
  await page.evaluate(() => {
    location.hash = '#/sweep';
  });
  await waitFor(page, 'sweep-space');
  await fill(page, 'sweep-space', 'learning_rate: 1e-4, 1e-3, 3e-3, 1e-2, 3e-2');
  await page.select(byTestId('sweep-sampler'), 'grid');
  await click(page, 'start-sweep');
  await page.waitForFunction(
    (found: string) => document.querySelectorAll(found).length >= 2,
    { timeout: 120_000 },
    byTestId('trial-row'),
  );
  await page.reload();
  await click(page, 'resume-sweep');
  await waitForText(page, 'sweep-state', /completed/);
  expect(await page.$$(byTestId('trial-row'))).toHaveLength(5);
  expect(await textOf(page, 'best-trial')).not.toBe('');
});

it('speaks Korean, and goes on doing so after a reload', async () => {
  await go('/settings');
  await waitFor(page, 'language');
  await page.select(byTestId('language'), 'ko');
  await page.waitForFunction(() => document.documentElement.lang === 'ko');
  await page.goto(first);
  await page.reload();
  await waitForText(page, 'run-status', /완료/);
  expect(messages.filter((message) => message.startsWith('pageerror'))).toEqual([]);
});
