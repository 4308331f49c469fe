// What leaves Atelier, opened by the real transformers: a model downloaded from the studio, and the runner's folders.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byTestId, launchBrowser, openPage, serveStudio } from '../setup/browser.ts';
import { fixtureFolder } from '../setup/fixtures.ts';
import { laneBrowser } from '../setup/lane.ts';
import {
  click,
  fill,
  fixtureData,
  setUpRun,
  unzipDownload,
  waitForText,
  writeModelFolder,
} from '../setup/studio-driver.ts';

const run = promisify(execFile);
const TEXTS = ['party with my friend and music', 'late traffic and noise'];

interface Opened {
  readonly probabilities: number[][];
  readonly labels: string[];
  readonly missing: string[];
  readonly unexpected: string[];
}

async function openInPython(folder: string): Promise<Opened> {
  const { stdout } = await run('python3', ['-P', join(import.meta.dirname, 'open_model.py'), folder, ...TEXTS], {
    env: { ...process.env, HF_HUB_OFFLINE: '1' },
  });
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

let shownBefore = '';
/** The prediction card once it shows something else than before. */
async function newPrediction(page: Page): Promise<string> {
  await page.waitForFunction(
    (selector: string, before: string) => {
      const element = document.querySelector(selector);
      return element instanceof HTMLElement && element.innerText.includes('%') && element.innerText !== before;
    },
    { timeout: 60_000 },
    byTestId('prediction'),
    shownBefore,
  );
  shownBefore = await page.$eval(byTestId('prediction'), (element) => (element as HTMLElement).innerText);
  return shownBefore;
}

describe('downloaded from the studio', () => {
  let studio: Awaited<ReturnType<typeof serveStudio>>;
  let browser: Browser;
  let downloads: string;

  beforeAll(async () => {
    studio = await serveStudio();
    downloads = await mkdtemp(join(tmpdir(), 'downloads-'));
    browser = await launchBrowser(laneBrowser, { downloadDir: downloads });
  });
  afterAll(async () => {
    await browser?.close();
    await studio?.close();
  });

  it('transformers opens it, nothing missing, and gives the probabilities that the studio shows', async () => {
    const page = await openPage(browser, studio.url, []);
    await setUpRun(page, studio.url, await writeModelFolder(), fixtureData('train.csv'), {
      max_steps: 6,
      learning_rate: 3e-3,
      save_strategy: 'no',
      logging_steps: 2,
    });
    await click(page, 'start-run');
    await waitForText(page, 'run-status', /completed/);
    await click(page, 'open-try');
    const shown: Record<string, number>[] = [];
    for (const text of TEXTS) {
      await fill(page, 'predict-text', text);
      await click(page, 'predict-submit');
      const prediction = await newPrediction(page);
      shown.push(
        Object.fromEntries(
          [...prediction.matchAll(/(angry|calm|glad)\s+([\d.]+)\s*%/g)].map(([, label, percent]) => [
            label!,
            Number(percent) / 100,
          ]),
        ),
      );
    }
    await click(page, 'back-to-run');
    await click(page, 'download-checkpoint');
    const folder = await mkdtemp(join(tmpdir(), 'downloaded-'));
    for (const [path, bytes] of await unzipDownload(downloads)) await writeFile(join(folder, path), bytes);

    const opened = await openInPython(folder);
    expect([opened.missing, opened.unexpected]).toEqual([[], []]);
    opened.probabilities.forEach((row, text) => {
      for (const [i, probability] of row.entries()) expect(shown[text]![opened.labels[i]!]).toBeCloseTo(probability, 3);
    });
    expect(await readFile(join(folder, 'README.md'), 'utf8')).toContain('learning_rate: 0.003');
  });
});

describe('written by the runner', () => {
  it('transformers opens the final folder and a checkpoint, and HF reads the trainer state', async () => {
    const out = await mkdtemp(join(tmpdir(), 'runner-'));
    const runner = join(import.meta.dirname, '../../src/headless/train.mjs');
    await run(process.execPath, [
      runner,
      '--config',
      join(fixtureFolder('trajectory'), 'run.json'),
      '--output-dir',
      out,
    ]);
    const final = await openInPython(out);
    expect([final.missing, final.unexpected]).toEqual([[], []]);
    const best = JSON.parse(await readFile(join(out, 'trainer_state.json'), 'utf8')).best_model_checkpoint as string;
    expect((await openInPython(join(out, best))).probabilities).toEqual(final.probabilities);
    const script =
      'import sys; from transformers import TrainerState; s = TrainerState.load_from_json(sys.argv[1]); print(s.global_step, len(s.log_history))';
    const { stdout } = await run('python3', ['-P', '-c', script, join(out, best, 'trainer_state.json')]);
    expect(stdout.trim()).toMatch(/^\d+ \d+$/);
  });
});
