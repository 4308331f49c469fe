// Opens large files through the studio in Chromium, as a person does, and measures time and memory: a CSV of 1 GB, a
// Parquet of 300 MB, each with the process that reads them (Linux: memory is read from /proc). Started by
// `npm run bench -- large-data`; makes its files in a temporary folder and deletes them.

import { once } from 'node:events';
import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { parquetWriteFile } from 'hyparquet-writer';
import type { Browser } from 'puppeteer-core';
import { byTestId, launchBrowser, openPage, serveStudio } from '../setup/browser.ts';
import { upload } from '../setup/studio-driver.ts';

const CSV_BYTES = 1_000_000_000;
const PARQUET_ROWS = 750_000;
const SAMPLE_MS = 50;
const WORDS = 'the ferry came late and nobody was waiting on the pier when evening fell over quiet water'.split(' ');

export async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'large-data-'));
  const studio = await serveStudio();
  try {
    for (const make of [writeCsv, writeParquet]) {
      const path = await make(folder);
      const browser = await launchBrowser('chromium');
      try {
        await measure(browser, studio.url, path);
      } finally {
        await browser.close();
      }
    }
    return 0;
  } finally {
    await studio.close();
    await rm(folder, { recursive: true });
  }
}

/** Some 400 characters that no compression makes small at once: a counter picks the words. */
function textOf(row: number): string {
  let [state, text] = [row + 1, ''];
  while (text.length < 400) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += `${WORDS[state % WORDS.length]} ${state.toString(36)} `;
  }
  return text;
}

async function writeCsv(folder: string): Promise<string> {
  const path = join(folder, 'large.csv');
  const out = createWriteStream(path);
  out.write('text,label\n');
  for (let row = 0, bytes = 0; bytes < CSV_BYTES; row++) {
    const line = `"${textOf(row)}",${row % 4}\n`;
    bytes += line.length;
    if (!out.write(line)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
  return path;
}

async function writeParquet(folder: string): Promise<string> {
  const filename = join(folder, 'large.parquet');
  parquetWriteFile({
    filename,
    codec: 'UNCOMPRESSED',
    rowGroupSize: 10_000,
    columnData: [
      { name: 'text', data: Array.from({ length: PARQUET_ROWS }, (_, row) => textOf(row)), type: 'STRING' },
      { name: 'label', data: Array.from({ length: PARQUET_ROWS }, (_, row) => row % 4), type: 'INT32' },
    ],
  });
  return filename;
}

async function measure(browser: Browser, url: string, path: string): Promise<void> {
  const page = await openPage(browser, `${url}/#/new`, []);
  await page.waitForSelector(byTestId('data-input'));
  const pids = await renderersOf(browser);
  const resident = (): number => pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
  const before = resident();
  let peak = before;
  const sampling = setInterval(() => {
    peak = Math.max(peak, resident());
  }, SAMPLE_MS);
  const start = performance.now();
  await upload(page, 'data-input', path);
  await page.waitForSelector(byTestId('data-preview'), { timeout: 600_000 });
  const seconds = (performance.now() - start) / 1000;
  clearInterval(sampling);
  const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
  const { size } = await stat(path);
  console.log(
    `${path.split('/').at(-1)}: ${megabytes(size)} opened in ${seconds.toFixed(1)} s; ` +
      `the browser's pages with their worker took ${megabytes(before)} before and ${megabytes(peak)} at most`,
  );
}

/** The processes of pages; workers are threads of them. */
async function renderersOf(browser: Browser): Promise<readonly number[]> {
  const session = await browser.target().createCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
}

/** What a process holds in memory; 0 when it has ended. */
function residentBytes(pid: number): number {
  if (!existsSync(`/proc/${pid}/status`)) return 0;
  const kibibytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return 1024 * Number(kibibytes);
}
