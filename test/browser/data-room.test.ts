// What a person does with data before training: files of all kinds and wrong ones with the buttons that mend them, columns
// chosen in their heads, rows left out, lengths, any row looked at, and a large file that is cancelled.

import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byTestId, launchBrowser, openPage, serveStudio } from '../setup/browser.ts';
import { fixtureFolder } from '../setup/fixtures.ts';
import { laneBrowser } from '../setup/lane.ts';
import { click, fill, textOf, upload, waitFor, waitForText, writeModelFolder } from '../setup/studio-driver.ts';

let studio: Awaited<ReturnType<typeof serveStudio>>;
let browser: Browser;
let page: Page;
let folder: string;
const messages: string[] = [];

beforeAll(async () => {
  studio = await serveStudio();
  folder = await mkdtemp(join(tmpdir(), 'data-room-'));
  browser = await launchBrowser(laneBrowser);
  page = await openPage(browser, studio.url, messages);
  await page.goto(`${studio.url}/#/new`);
  await upload(page, 'model-input', ...(await writeModelFolder({ id2label: undefined, label2id: undefined })));
  await waitFor(page, 'model-summary');
});
afterAll(async () => {
  await browser?.close();
  await studio?.close();
});

async function give(name: string, content: string | Uint8Array): Promise<void> {
  await writeFile(join(folder, name), content);
  await upload(page, 'data-input', join(folder, name));
}

const controlValue = (testId: string): Promise<string> =>
  page.$eval(byTestId(testId), (element) => (element as HTMLInputElement).value);
const gone = (testId: string) => page.waitForSelector(byTestId(testId), { hidden: true, timeout: 60_000 });

const ROWS = Array.from({ length: 30 }, (_, i) => `the ferry came ${i},${i % 2 ? 'glad' : 'calm'}`);
const CSV = `text,label\n${ROWS.join('\n')}\n`;

describe('wrong files', () => {
  it.each<[string, string, string | Uint8Array, RegExp, string, RegExp]>([
    [
      'an open quote',
      'quote.csv',
      `${CSV}"never closed,glad\n`,
      /quote\.csv:32: a quote opens here/,
      'leave-out-bad-rows',
      /30 rows/,
    ],
    [
      'a row with too many cells',
      'ragged.csv',
      `${CSV}a,b,c,d\nlast,glad\n`,
      /ragged\.csv:32: the row has 4 cells/,
      'leave-out-bad-rows',
      /31 rows/,
    ],
    [
      'quotes that are meant literally',
      'literal.csv',
      `${CSV}"so" he said,glad\n`,
      /text after its closing quote/,
      'quotes-as-text',
      /31 rows/,
    ],
    [
      'a line that is no JSON',
      'broken.jsonl',
      '{"text": "a", "label": "x"}\n{"text": \n{"text": "b", "label": "y"}\n',
      /broken\.jsonl:2: this is not JSON/,
      'leave-out-bad-rows',
      /2 rows/,
    ],
    [
      'another encoding',
      'latin.csv',
      Buffer.concat([Buffer.from(CSV), Buffer.from('caf\xe9,glad\n', 'latin1')]),
      /latin\.csv:32: byte \d+/,
      'encoding',
      /31 rows/,
    ],
  ])('%s: named with its line, and mended by a button', async (_, name, content, message, fix, after) => {
    await give(name, content);
    expect(await waitForText(page, 'error-alert', message)).toMatch(/Your file was only read, not changed/);
    await page.evaluate(
      (selector: string) => {
        // Of several encodings the last one, which reads any bytes.
        const all = document.querySelectorAll<HTMLButtonElement>(selector);
        all[all.length - 1]!.click();
      },
      byTestId(`fix-${fix}`),
    );
    await gone('error-alert');
    await waitFor(page, 'data-preview');
    expect(await page.$eval('body', (body) => body.innerText)).toMatch(new RegExp(`${name} · ${after.source}`));
  });

  it('rows without a label are left out by a button', async () => {
    await give('unlabelled.csv', `${CSV}no label,\n`);
    await waitForText(page, 'error-alert', /1 of 31 rows have no label/);
    await click(page, 'fix-leave-out-bad-rows');
    await waitForText(page, 'examination', /27 rows/);
    expect(await textOf(page, 'left-out-bad')).toMatch(/can not be used/);
  });
});

describe('files', () => {
  it('Parquet is opened', async () => {
    await give('rows.parquet', await readFile(join(fixtureFolder('parquet'), 'zstd.parquet')));
    await waitForText(page, 'data-preview', /row 0: é/, 60_000);
  });

  it('of a zip a person chooses where the names do not tell', async () => {
    await give('all.zip', zipSync({ 'one.csv': Buffer.from(CSV), 'two.csv': Buffer.from('text,label\na,x\nb,y\n') }));
    await waitForText(page, 'error-alert', /not clear which is for training/);
    await click(page, 'fix-use-file');
    await waitFor(page, 'archive-validation');
    await page.select(byTestId('archive-validation'), 'two.csv');
    await waitForText(page, 'error-alert', /does not occur in the training data/);
  });
});

describe('columns, rows and lengths', () => {
  it('columns are chosen in their heads, with the keyboard', async () => {
    const swapped = ROWS.map((row, i) => `${row},${i}`).join('\n');
    await give('columns.csv', `first,second,third\n${swapped}\n`);
    await waitFor(page, 'data-preview');
    await waitFor(page, 'examination');
    expect([await controlValue('role-of-first'), await controlValue('role-of-second')]).toEqual(['text', 'label']);
    await page.focus(byTestId('role-of-third'));
    await page.keyboard.press('l');
    await page.waitForFunction(
      (selector: string) => (document.querySelector(selector) as HTMLSelectElement).value === '',
      {},
      byTestId('role-of-second'),
    );
    await page.select(byTestId('role-of-second'), 'label');
    await page.waitForFunction(
      (selector: string) => (document.querySelector(selector) as HTMLSelectElement).value === '',
      {},
      byTestId('role-of-third'),
    );
    await waitForText(page, 'label-distribution', /calm[\s\S]*glad/);
  });

  it('repeated rows are found with their lines, and left out', async () => {
    await give('repeated.csv', `${CSV}the ferry came 3,glad\n,calm\n`);
    expect(await waitForText(page, 'finding-duplicates', /same text/)).toMatch(/repeated\.csv:32 as repeated\.csv:5/);
    await waitForText(page, 'finding-empty', /1 row has no text/);
    await click(page, 'leave-out-duplicates');
    await gone('finding-duplicates');
    await click(page, 'leave-out-empty');
    await gone('finding-empty');
    await waitForText(page, 'examination', /27 rows/);
  });

  it('both parts have the same shares where they are to', async () => {
    await click(page, 'stratify');
    await waitForText(page, 'label-distribution', /calm[\s\S]*glad/);
    expect(await textOf(page, 'label-distribution')).toMatch(/calm\s+14 \(52 %\)|calm\s+13 \(48 %\)/);
  });

  it('the longest input is set by what rows need', async () => {
    await waitForText(page, 'length-histogram', /All rows were counted|Counted in/);
    await click(page, 'length-p99');
    await waitForText(page, 'length-histogram', /0\.0 % of the rows are longer/);
    expect(Number(await controlValue('max-length'))).toBeLessThan(20);
  });

  it('any row is shown as the model will see it, found by its text', async () => {
    await fill(page, 'max-length', '5');
    await waitForText(page, 'token-preview', /cut off, struck through/);
    expect(await page.$$(`${byTestId('token-preview')} s`)).not.toHaveLength(0);
    const first = await textOf(page, 'row-where');
    await click(page, 'row-next');
    await page.waitForFunction(
      (selector: string, before: string) => (document.querySelector(selector) as HTMLElement)?.innerText !== before,
      {},
      byTestId('row-where'),
      first,
    );
    await fill(page, 'row-search', 'came 29');
    await click(page, 'row-find');
    expect(await waitForText(page, 'row-where', /repeated\.csv:31|repeated\.csv/)).toMatch(/^repeated\.csv:\d+$/);
    expect(messages.filter((message) => message.startsWith('pageerror'))).toEqual([]);
  });
});

describe('a large file', () => {
  it('shows how far its reading is, and is cancelled', async () => {
    await give('large.csv', `text,label\n${`${'many words '.repeat(20)},x\n`.repeat(400_000)}`);
    await waitForText(page, 'data-progress', /Reading [\d.]+ MB of 89\.2 MB/);
    await click(page, 'data-cancel');
    await gone('data-job');
    await page.waitForSelector(byTestId('data-preview'), { hidden: true });
    await give('small.csv', CSV);
    await waitForText(page, 'examination', /27 rows/);
  });

  it('is examined again after that was cancelled', async () => {
    const long = 'the ferry came late and nobody was there '.repeat(12);
    const rows = Array.from({ length: 200_000 }, (_, i) => `${i} ${long},${i % 2 ? 'glad' : 'calm'}`);
    await give('many.csv', `text,label\n${rows.join('\n')}\n`);
    await waitForText(page, 'data-progress', /Examining: [\d,]+ of [\d,]+ rows/);
    await click(page, 'data-cancel');
    expect(await waitForText(page, 'error-alert', /cancelled/)).toContain('E-CANCELLED');
    await click(page, 'examine-again');
    await waitForText(page, 'examination', /180,000 rows/);
  });
});
