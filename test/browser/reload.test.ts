// The page reloaded in the middle of what takes long: nothing is lost, nothing is left half made, and it can be done again.
// Training, searches and downloads are interrupted where they are tested.

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
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
  importArguments,
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
/** Address of the sample's run, and the file it was backed up to. */
let run: string;
let backup: string;
const messages: string[] = [];

const CHECKPOINTS = 3;
/** And the model at the end. */
const ROWS = CHECKPOINTS + 1;

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
const count = async (testId: string): Promise<number> => (await page.$$(byTestId(testId))).length;

/** Whole, and without a complaint. */
async function reload(ready: string): Promise<void> {
  await page.reload({ waitUntil: 'load' });
  await waitFor(page, ready);
  expect(await count('error-alert')).toBe(0);
}

async function runsInLibrary(): Promise<number> {
  await go('/library');
  await page.reload({ waitUntil: 'load' });
  await page.waitForFunction(() => /There is no run yet|Actions/.test(document.body.innerText));
  return count('library-run');
}

it('a file that is read: the settings stay, and it is read again', async () => {
  await go('/new');
  await importArguments(page, { learning_rate: 0.00123 });
  const large = join(await mkdtemp(join(tmpdir(), 'large-')), 'large.csv');
  await writeFile(large, `text,label\n${`${'many words '.repeat(20)},x\n`.repeat(300_000)}`);
  await upload(page, 'data-input', large);
  await waitForText(page, 'data-progress', /Reading/);
  await reload('data-input');
  expect(await page.$eval('body', (body) => body.innerHTML)).toContain('0.00123');
  await upload(page, 'model-input', ...model);
  await upload(page, 'data-input', fixtureData('train.csv'));
  await waitFor(page, 'examination');
});

it('a run that is measured: nothing is left behind', async () => {
  await setUpRun(page, studio.url, model, fixtureData('train.csv'), { max_steps: 30, save_strategy: 'no' });
  await click(page, 'measure-run');
  await reload('data-input');
  expect(await runsInLibrary()).toBe(0);
  await setUpRun(page, studio.url, model, fixtureData('train.csv'), { max_steps: 30, save_strategy: 'no' });
  await click(page, 'measure-run');
  expect(await waitForText(page, 'measured', /s a step/)).toMatch(/About/);
});

it('a run that is being prepared: it is kept, and can be begun again', async () => {
  await setUpRun(page, studio.url, model, fixtureData('train.csv'), {
    max_steps: 30,
    save_strategy: 'steps',
    save_steps: 30 / CHECKPOINTS,
  });
  await click(page, 'start-run');
  await page.waitForFunction(() => location.hash.startsWith('#/run/'));
  await reload('run-status');
  await waitForText(page, 'run-status', /interrupted/);
  await click(page, 'resume-run');
  await waitForText(page, 'run-status', /completed/);
  await click(page, 'tab-checkpoints');
  await waitFor(page, 'checkpoint-row');
  expect(await count('checkpoint-row')).toBe(ROWS);
});

it('checkpoints that are packed: the run is as it was, and they are packed again', async () => {
  await trainSample();
  run = page.url();
  await backUp();
  await reload('library-run');
  await page.goto(run);
  await click(page, 'tab-checkpoints');
  await waitFor(page, 'checkpoint-row');
  expect(await count('checkpoint-row')).toBe(ROWS);
  for (const name of await readdir(downloads)) await rm(join(downloads, name));
  await backUp();
  backup = await downloadedZip(downloads);
});

it('a run that is brought back: whole or not at all, and it is brought back again', async () => {
  const before = await runsInLibrary();
  await restore();
  // Some of it is written by now.
  await new Promise((resolve) => setTimeout(resolve, 150));
  const after = await runsInLibrary();
  expect(after - before).toBeOneOf([0, 1]);
  if (after > before) await expectWhole();
  await restore();
  await page.waitForFunction(() => location.hash.startsWith('#/run/'));
  await waitForText(page, 'run-status', /completed/);
  await click(page, 'tab-checkpoints');
  await waitFor(page, 'checkpoint-row');
  expect(await count('checkpoint-row')).toBe(ROWS);
});

it('a fork: whole or not at all, and what it came from stays', async () => {
  const before = await runsInLibrary();
  await page.goto(run);
  await click(page, 'tab-checkpoints');
  await click(page, 'fork');
  await click(page, 'confirm-fork');
  await page.reload({ waitUntil: 'load' });
  const after = await runsInLibrary();
  expect(after - before).toBeOneOf([0, 1]);
  if (after > before) await expectWhole(1);
  await page.goto(run);
  await click(page, 'tab-checkpoints');
  await waitFor(page, 'checkpoint-row');
  expect(await count('checkpoint-row')).toBe(ROWS);
});

it('a text that is tried: the checkpoint answers afterwards', async () => {
  await page.goto(run);
  await click(page, 'open-try');
  await fill(page, 'predict-text', 'what a wonderful day');
  await click(page, 'predict-submit');
  await reload('predict-text');
  await fill(page, 'predict-text', 'what a wonderful day');
  await click(page, 'predict-submit');
  expect(await textOf(page, 'prediction')).toMatch(/%/);
  expect(messages.filter((message) => message.startsWith('pageerror'))).toEqual([]);
});

/** Checkpoints of 34 MB each: long enough to be interrupted. */
async function trainSample(): Promise<void> {
  await go('/');
  await click(page, 'train-sample');
  await waitFor(page, 'examination');
  await importArguments(page, { max_steps: CHECKPOINTS, save_strategy: 'steps', save_steps: 1, eval_strategy: 'no' });
  await click(page, 'start-run');
  await waitForText(page, 'run-status', /completed/);
}

/** The newest run, which came by a copy, has its checkpoints. */
async function expectWhole(rows = ROWS): Promise<void> {
  await page.locator(`${byTestId('library-run')} button`).click();
  await click(page, 'tab-checkpoints');
  await waitFor(page, 'checkpoint-row');
  expect(await count('checkpoint-row')).toBe(rows);
}

/** Of the run that was made last. */
async function backUp(): Promise<void> {
  await go('/library');
  await click(page, 'library-run-menu');
  await click(page, 'backup-run');
}

async function restore(): Promise<void> {
  await go('/library');
  await waitFor(page, 'library-run');
  await page.evaluate(() => document.querySelector('input[type=file]')?.setAttribute('data-testid', 'restore-input'));
  await upload(page, 'restore-input', backup);
}
