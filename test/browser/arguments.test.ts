// Training arguments brought in as Python source and taken out in every form, in the built studio.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byTestId, launchBrowser, openPage, serveStudio } from '../setup/browser.ts';
import { laneBrowser } from '../setup/lane.ts';
import { click, textOf, upload } from '../setup/studio-driver.ts';

const SCRIPT = `args = TrainingArguments(
    "my-model", learning_rate=3e-5, evaluation_strategy='epoch', # older name
    lr_scheduler_type="cosine_with_min_lr", lr_scheduler_kwargs={"min_lr_rate": 0.1}, optimiser="x",
)`;

let studio: Awaited<ReturnType<typeof serveStudio>>;
let browser: Browser;
let page: Page;
const messages: string[] = [];

beforeAll(async () => {
  studio = await serveStudio();
  browser = await launchBrowser(laneBrowser);
  page = await openPage(browser, studio.url, messages);
  await page.goto(`${studio.url}/#/new`);
});
afterAll(async () => {
  await browser?.close();
  await studio?.close();
});

async function bringIn(text: string, name: string): Promise<void> {
  const file = join(await mkdtemp(join(tmpdir(), 'arguments-')), name);
  await writeFile(file, text);
  await click(page, 'args-import');
  await upload(page, 'args-import-file', file);
  await click(page, 'args-import-apply');
}

async function takeOut(format: string): Promise<string> {
  await click(page, 'args-export');
  await click(page, `args-export-${format}`);
  const text = await textOf(page, 'args-export-text');
  await page.keyboard.press('Escape');
  await page.waitForFunction(
    (selector: string) => document.querySelector(selector) === null,
    {},
    byTestId('args-export-text'),
  );
  return text;
}

const gone = () =>
  page.waitForFunction((selector: string) => !document.querySelector(selector), {}, byTestId('args-import-text'));

describe('training arguments', () => {
  it('come as Python, and what became of them is told', async () => {
    await bringIn(SCRIPT, 'train.py');
    await gone();
    await page.waitForFunction(() => document.body.innerText.includes('What became of the import'));
    const body = await page.$eval('body', (element) => element.innerText);
    expect(body).toContain('evaluation_strategy is an older name; it was read as eval_strategy.');
    expect(body).toContain('optimiser is not a training argument that is known here.');
    expect(body).toContain('Did you mean optim');
  });

  it.each([
    ['json', '"lr_scheduler_type": "cosine_with_min_lr"'],
    ['yaml', 'learning_rate: 3.0e-05'],
    ['python', '    learning_rate=3e-05,'],
    ['command-line', `--lr_scheduler_kwargs '{"min_lr_rate":0.1}'`],
  ])('go as %s', async (format, part) => {
    expect(await takeOut(format)).toContain(part);
  });

  it('come as YAML, whose reader is loaded then', async () => {
    await bringIn('learning_rate: 7e-05\nfp16: yes\n', 'args.yaml');
    await gone();
    expect(await takeOut('command-line')).toBe('python train.py \\\n  --learning_rate 7e-05 \\\n  --fp16');
  });

  it('that can not be read change nothing', async () => {
    await bringIn('TrainingArguments(learning_rate=lr)', 'train.py');
    await page.waitForFunction(() => document.body.innerText.includes('these are no plain values: learning_rate = lr'));
    await page.keyboard.press('Escape');
    await gone();
    expect(await takeOut('yaml')).toContain('learning_rate: 7.0e-05');
    expect(messages.filter((message) => message.startsWith('pageerror'))).toEqual([]);
  });
});
