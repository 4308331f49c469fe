// The browser is killed in the middle of a run. Resumed, it ends with the very bits of a run that was never cut off.

import { createHash } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byTestId, launchBrowser, openPage, serveStudio } from '../setup/browser.ts';
import { laneBrowser } from '../setup/lane.ts';
import { click, fixtureData, setUpRun, textOf, waitForText, writeModelFolder } from '../setup/studio-driver.ts';

/** A fast device must not be done before the browser is killed. */
const STEPS = 200;
const ARGUMENTS = {
  max_steps: STEPS,
  per_device_train_batch_size: 8,
  learning_rate: 1e-3,
  warmup_steps: 5,
  logging_steps: 10,
  save_strategy: 'steps',
  save_steps: 20,
  save_total_limit: 2,
  seed: 5,
};

let studio: Awaited<ReturnType<typeof serveStudio>>;
let browser: Browser;
let profile: string;
let model: string[];
const messages: string[] = [];

beforeAll(async () => {
  studio = await serveStudio();
  profile = await mkdtemp(join(tmpdir(), 'profile-'));
  model = await writeModelFolder({ hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1 });
  browser = await launchBrowser(laneBrowser, { userDataDir: profile });
});
afterAll(async () => {
  await browser?.close();
  await studio?.close();
});

/** SHA-256 of the weights in the newest checkpoint of the run shown, read from the browser's own database. */
async function weightsDigest(page: Page, step: number): Promise<string> {
  const runId = new URL(page.url()).hash.split('/').at(-1)!;
  const bytes = await page.evaluate(
    async (id: string, wanted: number) => {
      const open = indexedDB.open('atelier');
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        open.onsuccess = () => resolve(open.result);
        open.onerror = () => reject(open.error);
      });
      const all = <T>(store: string): Promise<T[]> =>
        new Promise((resolve, reject) => {
          const request = database.transaction(store).objectStore(store).getAll();
          request.onsuccess = () => resolve(request.result as T[]);
          request.onerror = () => reject(request.error);
        });
      const manifests = await all<{ runId: string; name: string; tensors: { name: string; crc32: number }[] }>(
        'checkpoints',
      );
      database.close();
      const manifest = manifests.find(({ runId: run, name }) => run === id && name === `checkpoint-${wanted}`);
      return manifest ? JSON.stringify(manifest.tensors.map(({ name, crc32 }) => [name, crc32])) : '';
    },
    runId,
    step,
  );
  expect(bytes).toContain('classifier.weight');
  expect(bytes).toContain('exp_avg_sq');
  return createHash('sha256').update(bytes).digest('hex');
}

const logOf = async (page: Page): Promise<string[]> => {
  await click(page, 'tab-log');
  return page.$$eval(byTestId('log-row'), (rows) =>
    rows.map((row) => (row as HTMLElement).innerText.replace(/\s+/g, ' ')).filter((text) => text.includes('grad_norm')),
  );
};

describe('resume after the browser was killed', () => {
  let whole: { digest: string; losses: string[] };

  it('a run that is never interrupted', async () => {
    const page = await openPage(browser, studio.url, messages);
    await setUpRun(page, studio.url, model, fixtureData('train.csv'), ARGUMENTS);
    await click(page, 'start-run');
    await waitForText(page, 'run-status', /completed/);
    whole = { digest: await weightsDigest(page, STEPS), losses: await logOf(page) };
    expect(whole.losses.length).toBeGreaterThanOrEqual(8);
    await page.close();
  });

  it('the same run, killed in the middle and resumed, gives the same bits', async () => {
    let page = await openPage(browser, studio.url, messages);
    await setUpRun(page, studio.url, model, fixtureData('train.csv'), ARGUMENTS);
    await click(page, 'start-run');
    await waitForText(page, 'run-step', /^(2[2-9]|[3-9]\d|1[0-4]\d) /);
    const address = page.url();
    const killed = new Promise((resolve) => browser.process()!.once('exit', resolve));
    browser.process()!.kill('SIGKILL');
    await killed;

    browser = await launchBrowser(laneBrowser, { userDataDir: profile });
    page = await openPage(browser, address, messages);
    expect(await waitForText(page, 'run-status', /interrupted/)).toMatch(/interrupted/i);
    expect(await textOf(page, 'resume-run')).toMatch(/step ([2468]0|1[024]0|160)\b/i);
    await click(page, 'resume-run');
    await waitForText(page, 'run-status', /completed/);
    expect(await weightsDigest(page, STEPS)).toBe(whole.digest);
    expect(await logOf(page)).toEqual(whole.losses);
    expect(messages.filter((message) => message.startsWith('pageerror'))).toEqual([]);
  });
});
