// A person's own model and CSV: dropped files, a reload in the middle, resume, and the model taken home as a zip whose
// weights are the stored ones.

import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Crc32 } from '#util/crc32.ts';
import { byTestId, launchBrowser, openPage, serveStudio } from '../setup/browser.ts';
import { fixtureFolder } from '../setup/fixtures.ts';
import { laneBrowser } from '../setup/lane.ts';
import { readTensorsOf } from '../setup/safetensors-file.ts';
import {
  click,
  fill,
  importArguments,
  textOf,
  unzipDownload,
  upload,
  waitFor,
  waitForText,
  writeModelFolder,
} from '../setup/studio-driver.ts';

/** Tweets with four emotions where the data sets for trials lie beside the checkout, else the fixture's sentences. */
const emotion = join(import.meta.dirname, '../../../shared/data/emotion');
const real = existsSync(join(emotion, 'train.csv'));
const data = real ? emotion : fixtureFolder('trajectory');
const files = real
  ? { train: 'train.csv', validation: 'val.csv' }
  : { train: 'train.csv', validation: 'validation.csv' };
const LABELS = real ? ['anger', 'joy', 'optimism', 'sadness'] : ['angry', 'calm', 'glad'];

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

describe(`own data: ${files.train}`, () => {
  it('columns are guessed, labels counted, tokens shown before Start', async () => {
    await page.goto(`${studio.url}/#/new`);
    // A model without named labels takes those of the data.
    await upload(page, 'model-input', ...(await writeModelFolder({ id2label: undefined, label2id: undefined })));
    await page.waitForSelector(byTestId('model-summary'));
    await upload(page, 'data-input', join(data, files.train));
    await page.waitForSelector(byTestId('examination'), { timeout: 60_000 });
    await upload(page, 'validation-input', join(data, files.validation));
    await waitForText(page, 'examination', new RegExp(LABELS.join('[\\s\\S]*')));
    expect(await textOf(page, 'token-preview')).toContain('[CLS]');
    await importArguments(page, {
      max_steps: 64,
      per_device_train_batch_size: 8,
      per_device_eval_batch_size: 64,
      learning_rate: 1e-3,
      logging_steps: 4,
      save_strategy: 'steps',
      save_steps: 8,
      eval_strategy: 'steps',
      eval_steps: 64,
    });
  });

  it('reloaded in the middle, the page comes back to the run and resumes from the checkpoint', async () => {
    await click(page, 'start-run');
    await waitForText(page, 'run-step', /^(9|[1-4]\d) \//);
    await page.reload();
    await waitForText(page, 'run-status', /interrupted/);
    expect(await textOf(page, 'resume-run')).toMatch(/step (8|16|24|32|40|48)\b/i);
    expect(await page.waitForSelector(byTestId('chart-loss'), { timeout: 60_000 })).not.toBeNull();
    await click(page, 'resume-run');
    await waitForText(page, 'run-status', /completed/);
    expect(await textOf(page, 'evaluation')).toMatch(/accuracy/i);
  });

  it('the zip holds a HuggingFace folder with the very weights that are stored', async () => {
    await click(page, 'download-checkpoint');
    const zip = await unzipDownload(downloads);
    expect(Object.values(JSON.parse(new TextDecoder().decode(zip.get('config.json'))).id2label)).toEqual(LABELS);
    expect(JSON.parse(new TextDecoder().decode(zip.get('trainer_state.json'))).global_step).toBe(64);
    const stored = await storedChecksums(page);
    const downloaded = Object.fromEntries(
      [...readTensorsOf(zip.get('model.safetensors')!)].map(([name, bytes]) => {
        const crc = new Crc32();
        crc.update(bytes);
        return [name, crc.digest()];
      }),
    );
    expect(Object.keys(downloaded).length).toBeGreaterThan(30);
    expect(downloaded).toEqual(stored);
  });

  it('a run that is done trains longer, with another rate and batch; what can not be is told and changes nothing', async () => {
    await click(page, 'resume-changes');
    await fill(page, 'change-max_steps', '72');
    await fill(page, 'change-per_device_train_batch_size', '0');
    await click(page, 'confirm-changes');
    await waitFor(page, 'error-alert');
    await fill(page, 'change-per_device_train_batch_size', '4');
    await fill(page, 'change-learning_rate', '5e-4');
    await click(page, 'confirm-changes');
    await waitForText(page, 'run-step', /^(6[5-9]|7\d) \/ 72/);
    await waitForText(page, 'run-status', /completed/);
    await click(page, 'tab-log');
    expect(await textOf(page, 'events')).toContain(
      'Goes on with other arguments: max_steps 64 → 72, per_device_train_batch_size 8 → 4, learning_rate 0.001 → 0.0005.',
    );
    expect(messages.filter((message) => message.startsWith('pageerror'))).toEqual([]);
  });
});

/** Tensor name to checksum, of the model that the run ended with, out of the browser's database. */
function storedChecksums(from: Page): Promise<Record<string, number>> {
  return from.evaluate(async () => {
    const open = indexedDB.open('atelier');
    await new Promise((resolve, reject) => {
      open.onsuccess = resolve;
      open.onerror = () => reject(open.error);
    });
    const request = open.result.transaction('checkpoints').objectStore('checkpoints').getAll();
    await new Promise((resolve, reject) => {
      request.onsuccess = resolve;
      request.onerror = () => reject(request.error);
    });
    open.result.close();
    const final = (request.result as { name: string; tensors: { file: string; name: string; crc32: number }[] }[]).find(
      ({ name }) => name === 'final',
    )!;
    return Object.fromEntries(
      final.tensors.filter(({ file }) => file === 'model.safetensors').map(({ name, crc32 }) => [name, crc32]),
    );
  });
}
