// Other tasks than classification, as a person does them: the task is told from the data, the run trains, the checkpoint
// is tried, an adapter is taken home alone and merged.

import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byTestId, launchBrowser, openPage, serveStudio } from '../setup/browser.ts';
import { laneBrowser } from '../setup/lane.ts';
import {
  click,
  fill,
  importArguments,
  textOf,
  unzipDownload,
  upload,
  waitFor,
  waitForText,
} from '../setup/studio-driver.ts';

const EXAMPLES = join(import.meta.dirname, '../examples');

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

async function setUp(example: string, data: string, maxLength: number): Promise<void> {
  const folder = join(EXAMPLES, example);
  await page.goto(`${studio.url}/#/`);
  await page.goto(`${studio.url}/#/new`);
  const names = await readdir(join(folder, 'model'));
  await upload(page, 'model-input', ...names.map((name) => join(folder, 'model', name)));
  await waitFor(page, 'model-summary');
  await upload(page, 'data-input', join(folder, data));
  await fill(page, 'max-length', String(maxLength));
  await waitFor(page, 'examination');
}

async function train(args: Record<string, unknown>): Promise<void> {
  await importArguments(page, { per_device_train_batch_size: 4, logging_steps: 1, save_strategy: 'no', ...args });
  await click(page, 'start-run');
  await waitForText(page, 'run-status', /completed/, 300_000);
}

const taskShown = (): Promise<string> =>
  page.$eval(byTestId('task'), (element) => (element as HTMLSelectElement).value);

describe('words with tags', () => {
  it('are told from a CoNLL file, trained and measured by entities', async () => {
    await setUp('token-classification', 'train.conll', 24);
    expect(await taskShown()).toBe('token-classification');
    expect(await textOf(page, 'examination')).toMatch(/B-person/);
    await waitFor(page, 'token-preview');
    expect(await page.$$(`${byTestId('token-preview')} [data-target]`)).not.toHaveLength(0);
    await train({ max_steps: 3, eval_strategy: 'steps', eval_steps: 3, learning_rate: 5e-3 });
    await click(page, 'tab-overview');
    expect(await textOf(page, 'evaluation')).toMatch(/recall\s+[\d.]+/i);
  });

  it('are given to the words of a typed text', async () => {
    await click(page, 'open-try');
    await fill(page, 'predict-text', 'Nora Hill opened the letter');
    await click(page, 'predict-submit');
    await waitForText(page, 'prediction', /Nora[\s\S]*letter/, 30_000);
  });
});

describe('questions', () => {
  it('are answered out of a text', async () => {
    await setUp('question-answering', 'train.jsonl', 40);
    expect(await taskShown()).toBe('question-answering');
    expect(await page.$eval(byTestId('doc-stride'), (input) => (input as HTMLInputElement).value)).toBe('13');
    await train({ max_steps: 2, eval_strategy: 'no' });
    await click(page, 'open-try');
    await fill(page, 'predict-text', 'who came');
    await fill(page, 'predict-text-pair', 'the last ferry came in and nobody was waiting');
    await click(page, 'predict-submit');
    await waitForText(page, 'prediction', /%/, 30_000);
  });
});

describe('a writer with an adapter', () => {
  it('is trained on prompts and completions', async () => {
    await setUp('text-generation-prompts', 'train.jsonl', 24);
    expect(await taskShown()).toBe('text-generation');
    await page.locator(`${byTestId('peft')} ::-p-text(LoRA adapter)`).click();
    await fill(page, 'lora-rank', '4');
    await train({ max_steps: 3, eval_strategy: 'no', learning_rate: 1e-2 });
  });

  it('writes on from a prompt', async () => {
    await click(page, 'open-try');
    await fill(page, 'generate-prompt', 'the harbour ->');
    await click(page, 'generate-submit');
    await waitForText(page, 'generation', /tokens?, [\d.]+ a second/, 120_000);
  });

  it('is taken home as what PEFT opens', async () => {
    await click(page, 'back-to-run');
    await click(page, 'download-checkpoint');
    const files = await unzipDownload(downloads);
    const names = [...files.keys()];
    expect(names).toContain('adapter_model.safetensors');
    expect(names).not.toContain('model.safetensors');
    const config = JSON.parse(new TextDecoder().decode(files.get('adapter_config.json')));
    expect(config).toMatchObject({ peft_type: 'LORA', r: 4, task_type: 'CAUSAL_LM', fan_in_fan_out: true });
    expect(messages.filter((message) => message.startsWith('pageerror'))).toEqual([]);
  });
});
