// The HuggingFace Hub as a person uses it, against a server that answers as the Hub does: find, see sizes, download,
// cancel, reload, go on, train with the Hub gone, push, and be told why something can not be had.

import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, ElementHandle, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byTestId, launchBrowser, openPage, serveStudio } from '../setup/browser.ts';
import { FakeHub } from '../setup/fake-hub.ts';
import { fixtureFolder } from '../setup/fixtures.ts';
import { laneBrowser } from '../setup/lane.ts';
import {
  click,
  fixtureData,
  importArguments,
  setUpRun,
  textOf,
  unzipDownload,
  waitForText as waitForTextLong,
  writeModelFolder,
} from '../setup/studio-driver.ts';

const MODEL = 'org/tiny-bert';
const TOKEN = 'hf_TheTokenOfJulia';
const MIB = 1024 * 1024;

const hub = new FakeHub();
let studio: Awaited<ReturnType<typeof serveStudio>>;
let browser: Browser;
let page: Page;
let downloads: string;
const messages: string[] = [];

/** The format allows spaces after the header: the tiny model becomes one of several pieces. */
function padded(safetensors: Buffer, bytes: number): Buffer {
  const length = Number(safetensors.readBigUInt64LE(0));
  const begin = Buffer.alloc(8);
  begin.writeBigUInt64LE(BigInt(length + bytes));
  return Buffer.concat([
    begin,
    safetensors.subarray(8, 8 + length),
    Buffer.alloc(bytes, ' '),
    safetensors.subarray(8 + length),
  ]);
}

async function modelOfFixture() {
  const folder = join(fixtureFolder('trajectory'), 'model');
  const names = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
  const files = await Promise.all(names.map(async (path) => ({ path, content: await readFile(join(folder, path)) })));
  return files.map((file) =>
    file.path.endsWith('.safetensors') ? { ...file, content: padded(file.content, 10 * MIB) } : file,
  );
}

/** A file of a split that lies in two. */
const shard = (number: number, rows: number) => ({
  path: `data/train-0000${number}-of-00002.csv`,
  content: Buffer.from(`text,label\n${`fine words of ${number},calm\nother words,glad\n`.repeat(rows / 2)}`),
});

beforeAll(async () => {
  await hub.listen();
  const files = [...(await modelOfFixture()), { path: 'README.md', content: Buffer.from('# tiny') }];
  hub.add({ kind: 'model', name: MODEL, files, task: 'fill-mask' });
  hub.add({ kind: 'model', name: 'org/gated-bert', files, gated: true });
  const albert = { path: 'config.json', content: Buffer.from('{"model_type": "albert"}') };
  hub.add({ kind: 'model', name: 'org/albert', files: [albert, ...files.filter(({ path }) => path !== albert.path)] });
  const csv = async (name: 'train.csv' | 'validation.csv') => ({
    path: name,
    content: await readFile(fixtureData(name)),
  });
  hub.add({ kind: 'dataset', name: 'org/moods', files: [await csv('train.csv'), await csv('validation.csv')] });
  hub.add({ kind: 'dataset', name: 'org/sharded', files: [shard(0, 30), shard(1, 12)] });
  hub.accounts.set(TOKEN, { name: 'julia', role: 'write' });
  studio = await serveStudio();
  downloads = await mkdtemp(join(tmpdir(), 'downloads-'));
  browser = await launchBrowser(laneBrowser, { downloadDir: downloads });
  page = await openPage(browser, studio.url, messages);
});
afterAll(async () => {
  await browser?.close();
  await studio?.close();
  await hub.close();
});

const waitForText = (from: Page, testId: string, matches: RegExp): Promise<string> =>
  waitForTextLong(from, testId, matches, 60_000);

async function type(testId: string, text: string): Promise<void> {
  const field = (await page.waitForSelector(byTestId(testId), { visible: true })) as ElementHandle<HTMLInputElement>;
  await field.focus();
  await field.evaluate((element) => element.select());
  await page.keyboard.press('Backspace');
  await page.keyboard.type(text);
}

async function openPanel(kind: 'model' | 'dataset'): Promise<void> {
  await page.goto(`${studio.url}/#/new`);
  const button = await page.waitForSelector(byTestId(`hub-open-${kind}`));
  const open = await button!.evaluate((element) => element.getAttribute('aria-expanded'));
  if (open !== 'true') await click(page, `hub-open-${kind}`);
  await page.waitForSelector(byTestId(`hub-panel-${kind}`));
}

async function find(kind: 'model' | 'dataset', words: string): Promise<void> {
  await type(`hub-query-${kind}`, words);
  await page.keyboard.press('Enter');
}

/** All records of a store of the browser's database. */
function recordsOf(
  store: 'downloads' | 'runs' | 'checkpoints' | 'checkpointFiles' | 'log' | 'assets',
): Promise<unknown[]> {
  return page.evaluate(async (name: string) => {
    const open = indexedDB.open('atelier');
    await new Promise((resolve) => {
      open.onsuccess = resolve;
    });
    const request = open.result.transaction(name).objectStore(name).getAll();
    await new Promise((resolve) => {
      request.onsuccess = resolve;
    });
    open.result.close();
    return request.result as unknown[];
  }, store);
}

const storedBytes = async (): Promise<number> => {
  const records = (await recordsOf('downloads')) as { files: { path: string; storedBytes: number }[] }[];
  const files = records.flatMap((record) => record.files);
  return files.find(({ path }) => path === 'model.safetensors')?.storedBytes ?? 0;
};

describe('a model of the Hub', () => {
  it('is found by words; nothing is asked before Find is pressed', async () => {
    await openPanel('model');
    await click(page, 'hub-more-model');
    await type('hub-endpoint', hub.url);
    await type('hub-query-model', 'bert');
    expect(hub.seen).toEqual([]);
    await click(page, 'hub-find-model');
    expect(await waitForText(page, 'hub-hits', /org\/tiny-bert/)).toMatch(/fill-mask/);
    await page.locator(`::-p-text(${MODEL})`).click();
  });

  it('shows its files with sizes, and the commit', async () => {
    const files = await waitForText(page, 'hub-files', /model\.safetensors/);
    expect(files).toMatch(/model\.safetensors\s+10\.6 MB/);
    expect(files).not.toMatch(/README/);
    expect(await textOf(page, 'hub-revision')).toBe(hub.repo('model', MODEL).head.slice(0, 7));
    expect(await textOf(page, 'hub-amount')).toBe('4 files, 10.6 MB');
  });

  it('downloads with progress, and keeps what has come when it is cancelled', async () => {
    hub.faults.stallAfterBytes = 6 * MIB;
    await click(page, 'hub-download');
    await waitForText(page, 'transfer-progress', /Downloading [56]\.\d MB of 10\.6 MB/);
    await click(page, 'transfer-cancel');
    await waitForText(page, 'hub-amount', /of which [56]\.\d MB are in this browser already/);
    expect(await storedBytes()).toBeGreaterThan(5 * MIB);
  });

  it('goes on after a reload in the middle, and is opened', async () => {
    hub.faults.stallAfterBytes = 3 * MIB;
    await click(page, 'hub-download');
    await waitForText(page, 'transfer-progress', /Downloading [89]\.\d MB/);
    await page.reload();
    hub.faults.stallAfterBytes = null;
    await openPanel('model');
    expect(await waitForText(page, 'hub-stored-model', /org\/tiny-bert/)).toMatch(/of 10\.6 MB/);
    await click(page, 'hub-choose');
    const before = await storedBytes();
    await click(page, 'hub-download');
    await waitForText(page, 'model-summary', /BertForSequenceClassification/);
    expect(hub.rangesOf('model.safetensors').at(-1)).toBe(`bytes=${before}-`);
    expect(hub.rangesOf('config.json')).toEqual(['whole']);
  });
});

describe('what can not be had is explained', () => {
  it('gated: where to accept the terms, and that a token is needed', async () => {
    await openPanel('model');
    await find('model', 'org/gated-bert');
    await click(page, 'hub-download');
    expect(await textOf(page, 'error-alert')).toMatch(/gated: its owners want their terms accepted first/);
    const link = await page.$eval(byTestId('hub-page-link'), (anchor) => (anchor as HTMLAnchorElement).href);
    expect(link).toBe(`${hub.url}/org/gated-bert`);
  });

  it('of a family that can not be trained: before its weights come, and nothing is kept', async () => {
    await openPanel('model');
    await find('model', 'org/albert');
    const before = hub.rangesOf('model.safetensors').length;
    await click(page, 'hub-download');
    expect(await waitForText(page, 'error-alert', /albert/)).toMatch(/names "albert"; Atelier can train: bert/);
    expect(hub.rangesOf('model.safetensors').length).toBe(before);
    expect(JSON.stringify(await recordsOf('downloads'))).not.toContain('org/albert');
  });

  it('missing or private', async () => {
    await openPanel('model');
    await find('model', 'org/nothing-there');
    expect(await textOf(page, 'error-alert')).toMatch(/has no model org\/nothing-there, or it is private/);
    await page.waitForSelector(byTestId('hub-token'), { visible: true });
  });
});

describe('data of the Hub', () => {
  it('in shards is one choice, loaded and read as a whole', async () => {
    await openPanel('dataset');
    await find('dataset', 'org/sharded');
    await page.waitForSelector(byTestId('hub-train-file'));
    const options = await page.$$eval(`${byTestId('hub-train-file')} option`, (all) =>
      all.map(({ textContent }) => textContent),
    );
    expect(options).toEqual([expect.stringMatching(/^data\/train-\*-of-00002\.csv \(2 files, /)]);
    expect(await textOf(page, 'hub-amount')).toMatch(/^2 files, /);
    await click(page, 'hub-download');
    await waitForText(page, 'hub-amount', /all in this browser/);
    const section = () => page.$eval('section[aria-label="Data"]', ({ textContent }) => textContent);
    await expect.poll(section, { timeout: 60_000 }).toContain('org/sharded · 42 rows');
  });

  it('files are chosen, loaded and read', async () => {
    await openPanel('dataset');
    await find('dataset', `${hub.url}/datasets/org/moods/viewer`);
    await page.waitForSelector(byTestId('hub-train-file'));
    const chosen = await page.$$eval('select', (all) => all.map(({ value }) => value));
    expect(chosen).toEqual(expect.arrayContaining(['train.csv', 'validation.csv']));
    await click(page, 'hub-download');
    await waitForText(page, 'hub-amount', /all in this browser/);
  });
});

describe('with the Hub gone', () => {
  it('a model and data that were downloaded are used and trained on', async () => {
    await page.reload();
    await hub.close();
    await openPanel('model');
    await click(page, 'hub-choose');
    await click(page, 'hub-use');
    await waitForText(page, 'model-summary', /BertForSequenceClassification/);
    await click(page, 'hub-open-model');
    await click(page, 'hub-open-dataset');
    await click(page, 'hub-choose');
    await click(page, 'hub-use');
    await page.waitForSelector(byTestId('examination'), { timeout: 60_000 });
    await importArguments(page, { max_steps: 4, per_device_train_batch_size: 8, save_steps: 2, logging_steps: 1 });
    await click(page, 'start-run');
    await waitForTextLong(page, 'run-status', /completed/);
  });

  it('the run names the commit, also after a reload', async () => {
    await page.reload();
    await click(page, 'tab-config');
    const shown = await page.$$eval(byTestId('run-origin'), (all) => all.map((element) => element.textContent));
    expect(shown).toEqual([hub.repo('model', MODEL).head, hub.repo('dataset', 'org/moods').head]);
  });

  it('it resumes from a checkpoint, the download deleted: the run has its own copy', async () => {
    const finalId = async () => {
      const stored = (await recordsOf('checkpoints')) as { name: string; checkpointId: string }[];
      return stored.find(({ name }) => name === 'final')?.checkpointId;
    };
    const first = await finalId();
    await page.evaluate(
      (name) =>
        new Promise<void>((resolve) => {
          const open = indexedDB.open('atelier');
          open.onsuccess = () => {
            const transaction = open.result.transaction(['downloads', 'downloadPieces'], 'readwrite');
            transaction.objectStore('downloadPieces').delete(IDBKeyRange.bound([name], [name, []]));
            transaction.objectStore('downloads').delete(name);
            transaction.oncomplete = () => {
              open.result.close();
              resolve();
            };
          };
        }),
      `dataset:org/moods@${hub.repo('dataset', 'org/moods').head}`,
    );
    await click(page, 'tab-checkpoints');
    await page.waitForSelector(byTestId('resume-here'));
    // The oldest checkpoint is the last row.
    await (await page.$$(byTestId('resume-here'))).at(-1)!.click();
    await expect.poll(finalId, { timeout: 60_000 }).not.toBe(first);
    await waitForText(page, 'run-status', /completed/);
    expect(await textOf(page, 'run-step')).toBe('4 / 4');
  });

  it('pushing says that the Hub is not there', async () => {
    await click(page, 'push-checkpoint');
    await type('hub-token', TOKEN);
    await click(page, 'push-start');
    expect(await waitForText(page, 'push-dialog', /can not be reached/)).toMatch(/E-HUB/);
    await hub.listen();
  });
});

describe('pushing', () => {
  it('makes a private repository with the very weights of the download', async () => {
    await type('push-repo', 'moods-bert');
    await click(page, 'push-start');
    expect(await waitForText(page, 'pushed', /julia\/moods-bert/)).toMatch(/It is on the Hub/);
    const repo = hub.repo('model', 'julia/moods-bert');
    expect([repo.private, repo.messages.at(-1)]).toEqual([true, 'End of training']);
    await page.keyboard.press('Escape');
    await page.waitForSelector(byTestId('push-dialog'), { hidden: true });
    await click(page, 'download-checkpoint');
    const zip = await unzipDownload(downloads);
    for (const name of ['model.safetensors', 'config.json', 'tokenizer.json', 'README.md', 'trainer_state.json'])
      expect(Buffer.from(zip.get(name)!).equals(repo.files.get(name)!), name).toBe(true);
    expect(repo.files.has('optimizer.pt')).toBe(false);
    const card = repo.files.get('README.md')!.toString();
    expect(card).toContain(`base_model: ${MODEL}`);
    expect(card).toContain(hub.repo('model', MODEL).head);
  });

  it('the token is nowhere but in requests to the Hub', async () => {
    const kept = await page.evaluate(() =>
      JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)]),
    );
    expect(kept).toContain(hub.url);
    expect(kept).not.toContain(TOKEN);
    for (const store of ['downloads', 'runs', 'checkpointFiles'] as const)
      expect(JSON.stringify(await recordsOf(store)), store).not.toContain(TOKEN);
    expect(messages.join('\n')).not.toContain(TOKEN);
    expect(hub.seen.filter(({ token }) => token !== null).every(({ path }) => !path.startsWith('/store/'))).toBe(true);
    await page.reload();
    await click(page, 'push-checkpoint');
    expect(await page.$eval(byTestId('hub-token'), (field) => (field as HTMLInputElement).value)).toBe('');
    expect(messages.filter((message) => message.startsWith('pageerror'))).toEqual([]);
  });

  it('goes on after a reload in the middle: whole or not at all, and it is pushed again', async () => {
    const push = async (): Promise<void> => {
      await type('hub-token', TOKEN);
      await type('push-repo', 'cut-short');
      await click(page, 'push-start');
    };
    await push();
    await page.reload({ waitUntil: 'load' });
    await click(page, 'push-checkpoint');
    await push();
    await waitForText(page, 'pushed', /julia\/cut-short/);
    const [pushed, whole] = ['julia/cut-short', 'julia/moods-bert'].map((name) => hub.repo('model', name).files);
    expect([...pushed!.keys()].sort()).toEqual([...whole!.keys()].sort());
    expect(pushed!.get('model.safetensors')).toEqual(whole!.get('model.safetensors'));
    // Forgets the token.
    await page.reload({ waitUntil: 'load' });
  });

  describe('while it trains', () => {
    const pushing = {
      push_to_hub: true,
      hub_always_push: true,
      hub_model_id: 'pushed',
      hub_private_repo: true,
      max_steps: 4,
      save_steps: 2,
      per_device_train_batch_size: 8,
    };
    const repo = () => hub.repo('model', 'julia/pushed');
    const secretsIn = async (): Promise<string[]> => {
      const stores = ['runs', 'checkpoints', 'checkpointFiles', 'log', 'assets'] as const;
      const places = await Promise.all(stores.map(recordsOf));
      const storage = await page.evaluate(() => [Object.entries(localStorage), Object.entries(sessionStorage)]);
      return [...places, storage, messages].map((kept) => JSON.stringify(kept)).filter((text) => text.includes(TOKEN));
    };

    it('Start wants an access token first, and takes it from imported arguments without keeping it there', async () => {
      await setUpRun(page, studio.url, await writeModelFolder(), fixtureData('train.csv'), pushing);
      await waitForText(page, 'blockers', /access token of the Hub/);
      await importArguments(page, { ...pushing, hub_token: TOKEN });
      expect(await page.$eval(byTestId('hub-token'), (field) => (field as HTMLInputElement).value)).toBe(TOKEN);
      await page.waitForSelector(byTestId('blockers'), { hidden: true });
    });

    it('every save is pushed, then the final model; the log tells it, and the token is kept nowhere', async () => {
      await click(page, 'start-run');
      await waitForTextLong(page, 'run-status', /completed/);
      expect(repo().private).toBe(true);
      expect(repo().messages.slice(1)).toEqual([
        'Training in progress, step 2',
        'Training in progress, step 4',
        'End of training',
      ]);
      await click(page, 'tab-log');
      const events = await textOf(page, 'events');
      expect(events).toContain('Pushed checkpoint-2 to julia/pushed.');
      expect(events).toContain('Pushed the final model to julia/pushed.');
      expect(await secretsIn()).toEqual([]);
    });

    it('going on after a reload wants the token again', async () => {
      await page.reload();
      await click(page, 'resume-changes');
      await type('change-max_steps', '6');
      await click(page, 'confirm-changes');
      await waitForText(page, 'error-alert', /push_to_hub is on/);
      await type('hub-token', TOKEN);
      await click(page, 'confirm-changes');
      await expect
        .poll(() => repo().messages.slice(4), { timeout: 60_000 })
        .toEqual(['Training in progress, step 6', 'End of training']);
      await waitForText(page, 'run-status', /completed/);
      expect(await secretsIn()).toEqual([]);
    });

    it('with the Hub gone the run comes to its end, and says what was not pushed', async () => {
      await hub.close();
      await click(page, 'resume-changes');
      await type('change-max_steps', '8');
      await click(page, 'confirm-changes');
      await waitForText(page, 'run-step', /8 \/ 8/);
      await waitForTextLong(page, 'run-status', /completed/);
      await click(page, 'tab-log');
      expect(await waitForText(page, 'events', /"End of training" was not pushed/)).toContain('can not be reached');
      await hub.listen();
    });
  });

  it('a download is deleted', async () => {
    await openPanel('model');
    await waitForText(page, 'hub-stored-model', /org\/tiny-bert/);
    const deletes = byTestId('hub-delete');
    const count = (await page.$$(deletes)).length;
    await click(page, 'hub-delete');
    await click(page, 'hub-delete');
    await page.waitForFunction((selector, n) => document.querySelectorAll(selector).length < n, {}, deletes, count);
  });
});
