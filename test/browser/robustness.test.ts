// What goes wrong for people: a second tab, no WebGPU, a full disk, the wrong file.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import type { Browser } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { byTestId, launchBrowser, openPage, serveStudio } from '../setup/browser.ts';
import { laneBrowser } from '../setup/lane.ts';
import { click, fixtureData, setUpRun, textOf, upload, waitForText, writeModelFolder } from '../setup/studio-driver.ts';

let studio: Awaited<ReturnType<typeof serveStudio>>;
let browser: Browser | null = null;
let model: string[];

beforeAll(async () => {
  studio = await serveStudio();
  model = await writeModelFolder();
});
afterEach(async () => {
  await browser?.close();
  browser = null;
});
afterAll(() => studio?.close());

const launch = async (options = {}): Promise<Browser> => {
  browser = await launchBrowser(laneBrowser, options);
  return browser;
};

describe('two tabs', () => {
  it('the second watches the run, and can not start one of its own', async () => {
    const both = await launch();
    const first = await openPage(both, studio.url, []);
    await setUpRun(first, studio.url, model, fixtureData('train.csv'), {
      max_steps: 400,
      save_strategy: 'no',
      logging_steps: 5,
    });
    await click(first, 'start-run');
    await waitForText(first, 'run-step', /^[1-9]\d* \//);

    const second = await openPage(both, first.url(), []);
    await second.waitForSelector(byTestId('watching'), { timeout: 60_000 });
    const seen = await textOf(second, 'run-step');
    await second.waitForFunction(
      (selector: string, before: string) => (document.querySelector(selector) as HTMLElement).innerText !== before,
      { timeout: 60_000 },
      byTestId('run-step'),
      seen,
    );
    expect(await second.$(byTestId('pause-run'))).toBeNull();

    await setUpRun(second, studio.url, model, fixtureData('train.csv'), { max_steps: 4, save_strategy: 'no' });
    await click(second, 'start-run');
    expect(await textOf(second, 'error-alert')).toMatch(/another tab[\s\S]*training/i);

    await first.bringToFront();
    await click(first, 'stop-discard');
    await click(first, 'confirm-stop');
    await waitForText(first, 'run-status', /stopped/);
  });
});

describe('no WebGPU', () => {
  it('says why and how to mend it, and trains all the same', async () => {
    const page = await openPage(await launch({ webgpu: false }), studio.url, []);
    expect(await waitForText(page, 'device-card', /slower/)).toMatch(
      /about:config|chrome:\/\/|hardware acceleration|current Chrome/i,
    );
    await setUpRun(page, studio.url, model, fixtureData('train.csv'), {
      max_steps: 6,
      save_strategy: 'no',
      logging_steps: 2,
      learning_rate: 1e-3,
    });
    await click(page, 'start-run');
    await waitForText(page, 'run-status', /completed/);
    await click(page, 'tab-log');
    const losses = (
      await page.$$eval(byTestId('log-row'), (rows) => rows.map((row) => (row as HTMLElement).innerText))
    ).join('\n');
    expect(losses).toMatch(/loss 1\.\d+/);
  });
});

const PICTURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xd, 0xa, 0x1a, 0xa, 0, 0, 0, 0xd, 0xff, 0xfe);

describe('wrong files', () => {
  const temporary = async (name: string, content: string | Uint8Array): Promise<string> => {
    const path = join(await mkdtemp(join(tmpdir(), 'wrong-')), name);
    await writeFile(path, content);
    return path;
  };

  it('each gives an error that says what and where, and the right file then works', async () => {
    const page = await openPage(await launch(), studio.url, []);
    await page.goto(`${studio.url}/#/new`);
    const albert = await writeModelFolder({ model_type: 'albert' });
    await upload(page, 'model-input', ...albert);
    expect(await waitForText(page, 'error-alert', /albert/)).toMatch(/can train: bert/i);
    await upload(page, 'model-input', model.find((path) => path.endsWith('config.json'))!);
    expect(await waitForText(page, 'error-alert', /safetensors|weights/)).toMatch(/model\.safetensors/);
    await upload(page, 'model-input', ...model);
    await page.waitForSelector(byTestId('model-summary'));
    expect(await page.$(byTestId('error-alert'))).toBeNull();

    await upload(page, 'data-input', await temporary('open.csv', 'text,label\nfine,a\n"never closed,b\nmore,a\n'));
    expect(await waitForText(page, 'error-alert', /open\.csv/)).toMatch(/open\.csv:3/);
    await upload(page, 'data-input', await temporary('empty.csv', ''));
    expect(await waitForText(page, 'error-alert', /empty\.csv/)).toMatch(/empty/i);
    await upload(page, 'data-input', await temporary('picture.png', PICTURE));
    expect(await waitForText(page, 'error-alert', /picture\.png/)).toMatch(/picture|not a text file/i);
    await upload(page, 'data-input', fixtureData('train.csv'));
    await page.waitForSelector(byTestId('examination'));

    await upload(page, 'validation-input', await temporary('other.csv', 'sentence,mood\nfine,a\n'));
    await page.waitForFunction(() =>
      document.body.innerText.includes('other.csv has no column "text". Its columns are sentence, mood.'),
    );
    await click(page, 'remove-validation');
    const quote = 'text,label\nfine,calm\n"never closed,glad\n';
    await upload(page, 'validation-input', await temporary('quote.csv', quote));
    await waitForText(page, 'error-alert', /quote\.csv:3/);
    expect(await textOf(page, 'examination')).toMatch(/rows/);
    await click(page, 'fix-leave-out-bad-rows');
    await page.waitForFunction(() => /Validation: quote\.csv · 1 row/.test(document.body.innerText));
    await click(page, 'remove-validation');
    await upload(page, 'validation-input', await temporary('picture.csv', PICTURE));
    expect(await waitForText(page, 'error-alert', /picture\.csv/)).toMatch(/not a text file|picture/i);
    expect(await textOf(page, 'examination')).toMatch(/rows/);

    await click(page, 'args-import');
    await upload(page, 'args-import-file', await temporary('picture.json', PICTURE));
    await click(page, 'args-import-apply');
    await page.waitForFunction(() => document.querySelector('[data-testid="args-import-text"][aria-invalid="true"]'));
    await page.keyboard.press('Escape');
  });

  it('in place of a backup: told each time, and nothing is stored', async () => {
    const page = await openPage(await launch(), `${studio.url}/#/library`, []);
    await page.waitForSelector(byTestId('restore-run'));
    await page.$eval('input[type=file]', (input) => input.setAttribute('data-testid', 'restore-input'));
    const wrong = await temporary('holiday.zip', zipSync({ 'photos/a.png': PICTURE }));
    for (const _ of ['once', 'again']) {
      await upload(page, 'restore-input', wrong);
      expect(await waitForText(page, 'error-alert', /no backup/)).toMatch(/Nothing was changed/);
      await page.locator(`${byTestId('error-alert')} button[aria-label="Dismiss"]`).click();
      await page.waitForSelector(byTestId('error-alert'), { hidden: true });
    }
    await upload(page, 'restore-input', await temporary('picture.zip', PICTURE));
    await waitForText(page, 'error-alert', /zip/);
    expect(await page.$(byTestId('library-run'))).toBeNull();
  });

  it('dropped on Home: told there', async () => {
    const page = await openPage(await launch(), studio.url, []);
    await upload(page, 'home-input', await temporary('picture.png', PICTURE));
    await waitForText(page, 'error-alert', /picture\.png/);
  });
});

// Only Chromium lets a test make the disk small.
if (laneBrowser === 'chromium') {
  describe('storage full', () => {
    it('pauses, loses nothing, and goes on once room is made', async () => {
      const page = await openPage(await launch(), studio.url, []);
      await setUpRun(page, studio.url, model, fixtureData('train.csv'), {
        max_steps: 30,
        save_strategy: 'steps',
        save_steps: 6,
        logging_steps: 6,
      });
      const session = await page.createCDPSession();
      const quota = (bytes?: number) =>
        session.send('Storage.overrideQuotaForOrigin', {
          origin: studio.url,
          ...(bytes === undefined ? {} : { quotaSize: bytes }),
        });
      // Room for the files of the run and one or two checkpoints of 270 KB. Set before the first write: the browser
      // remembers for a while how much room there was.
      const { usage = 0 } = await page.evaluate(() => navigator.storage.estimate());
      await quota(usage + 700_000);
      await click(page, 'start-run');
      await page.waitForSelector(byTestId('storage-full'), { timeout: 120_000 });
      expect(await textOf(page, 'run-status')).toMatch(/paused/i);
      expect(await textOf(page, 'storage-full')).toMatch(/checkpoint/i);
      await quota();
      await page
        .locator(`${byTestId('storage-full')} ${byTestId('continue-run')}, ${byTestId('continue-run')}`)
        .click();
      await waitForText(page, 'run-status', /completed/);
      await click(page, 'tab-checkpoints');
      const rows = await page.$$eval(byTestId('checkpoint-row'), (found) =>
        found.map((row) => (row as HTMLElement).innerText),
      );
      expect(rows.filter((row) => /checkpoint-(6|12|18|24|30)\b/.test(row)).length).toBeGreaterThanOrEqual(3);
    });
  });
}
