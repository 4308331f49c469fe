// A checkpoint from the middle of a run in the studio, downloaded, goes on in HF's Trainer.

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { byTestId, launchBrowser, openPage, serveStudio } from '../setup/browser.ts';
import { laneBrowser } from '../setup/lane.ts';
import { type Entry, expectClose, trainInPython } from '../setup/parity-run.ts';
import { runCommand } from '../setup/run-command.ts';
import {
  click,
  fill,
  fixtureData,
  setUpRun,
  unzipDownload,
  upload,
  waitForText,
  writeModelFolder,
} from '../setup/studio-driver.ts';

const ARGUMENTS = {
  per_device_train_batch_size: 8,
  max_steps: 8,
  learning_rate: 1e-3,
  warmup_steps: 2,
  weight_decay: 0.05,
  lr_scheduler_type: 'cosine',
  logging_steps: 1,
  save_steps: 4,
  seed: 11,
};

let studio: Awaited<ReturnType<typeof serveStudio>>;
let browser: Browser;
let folder: string;

beforeAll(async () => {
  studio = await serveStudio();
  folder = await mkdtemp(join(tmpdir(), 'studio-checkpoint-'));
  browser = await launchBrowser(laneBrowser, { downloadDir: folder });
});
afterAll(async () => {
  await browser?.close();
  await studio?.close();
  await rm(folder, { recursive: true });
});

/** Presses a button in the row of a checkpoint, when no earlier download is in the way. */
async function pressInRow(page: Page, name: string, button: string): Promise<void> {
  for (const path of await readdir(folder)) if (path.endsWith('.zip')) await rm(join(folder, path));
  const rows = await page.$$(byTestId('checkpoint-row'));
  const texts = await Promise.all(rows.map((row) => row.evaluate((element) => element.textContent)));
  const row = rows[texts.findIndex((text) => text.startsWith(name))]!;
  await (await row.$(byTestId(button)))!.click();
}

/** Unpacks what was downloaded into a folder. */
async function unpack(name: string): Promise<Map<string, Uint8Array>> {
  const files = await unzipDownload(folder);
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder, name, path)), { recursive: true });
    await writeFile(join(folder, name, path), bytes);
  }
  return files;
}

async function download(page: Page, name: string): Promise<Map<string, Uint8Array>> {
  await pressInRow(page, name, 'download-checkpoint');
  return unpack(name);
}

it('resumes in Python with the losses that the studio had', async () => {
  const page = await openPage(browser, studio.url, []);
  await setUpRun(page, studio.url, await writeModelFolder(), fixtureData('train.csv'), ARGUMENTS);
  await upload(page, 'validation-input', fixtureData('validation.csv'));
  await fill(page, 'max-length', '16');
  await click(page, 'start-run');
  await waitForText(page, 'run-status', /completed/);
  await click(page, 'tab-checkpoints');
  const middle = await download(page, 'checkpoint-4');
  expect([...middle.keys()].sort()).toEqual([
    'README.md',
    'config.json',
    'model.safetensors',
    'optimizer.pt',
    'scheduler.pt',
    'tokenizer.json',
    'tokenizer_config.json',
    'trainer_state.json',
    'training_args.json',
  ]);
  const end = await download(page, 'checkpoint-8');
  const ours = JSON.parse(new TextDecoder().decode(end.get('trainer_state.json'))).log_history as Entry[];

  const [theirs] = await trainInPython([
    { arguments: { ...ARGUMENTS, output_dir: join(folder, 'python') }, resume_from: join(folder, 'checkpoint-4') },
  ]);
  expectClose(ours, theirs!, { key: 'loss', tolerance: 1e-5, after: 4 });
  expectClose(ours, theirs!, { key: 'learning_rate', tolerance: 1e-12, after: 4 });
  expect(ours.filter((entry) => 'loss' in entry && entry['step']! > 4)).toHaveLength(4);

  await pressInRow(page, 'checkpoint-4', 'continue-elsewhere');
  await click(page, 'continue-elsewhere-download');
  await page.waitForSelector(byTestId('continue-elsewhere-done'));
  await unpack('continued');
  await runCommand('python3', ['-P', join(folder, 'continued/train.py'), '--output-dir', join(folder, 'elsewhere')]);
  const state = JSON.parse(await readFile(join(folder, 'elsewhere/trainer_state.json'), 'utf8'));
  expectClose(ours, state.log_history as Entry[], { key: 'loss', tolerance: 1e-5, after: 4 });
});
